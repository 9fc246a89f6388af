import { ConnectError } from '../core/errors.ts';
import { checkAvroHistory } from './compatibility/avro.ts';
import { parseAvro } from './compatibility/avro-parse.ts';
import { type CompatibilityLevel, DEFAULT_LEVEL, strictest } from './compatibility/level.ts';
import { registeredVersions } from './compatibility/registered-versions.ts';
import type { SchemaRegistry } from './registry.ts';

/** What `registerSchema` did: `level` is what the subject is held to from now on. */
export interface Registration {
  readonly subject: string;
  readonly id: number;
  readonly version: number;
  readonly level: CompatibilityLevel;
  readonly outcome: 'registered' | 'unchanged';
}

export interface RegisterOptions {
  readonly subject: string;
  readonly schemaText: string;
  /** Where the text comes from, for messages. */
  readonly file?: string | undefined;
  /** The least that the subject is held to; a stricter level that somebody has set stays. Default BACKWARD_TRANSITIVE. */
  readonly level?: CompatibilityLevel | undefined;
}

/**
 * Puts a schema under its subject: level first, because a registry's default may be NONE and a first version would
 * already be unprotected; then the checks; then the registration. A schema that is there is left alone.
 * Errors: REFUSED with every reason when incompatible; INVALID_DEFINITION for what is no Avro schema; UNREACHABLE.
 */
export async function registerSchema(registry: SchemaRegistry, options: RegisterOptions): Promise<Registration> {
  const { subject, schemaText } = options;
  const level = await holdTo(registry, subject, options.level ?? DEFAULT_LEVEL);
  const known = await registry.lookup(subject, schemaText);
  if (known !== undefined) return { subject, ...pick(known), level, outcome: 'unchanged' };
  await refuseIncompatible(registry, options, level);
  await registry.register(subject, schemaText);
  const registered = await registry.lookup(subject, schemaText);
  if (registered === undefined) {
    throw new ConnectError(
      'REFUSED',
      `subject ${subject}: registered, but the registry does not find the schema again`,
      { details: { subject }, hint: 'check the registry, then run the command again' },
    );
  }
  return { subject, ...pick(registered), level, outcome: 'registered' };
}

async function holdTo(
  registry: SchemaRegistry,
  subject: string,
  least: CompatibilityLevel,
): Promise<CompatibilityLevel> {
  const current = await registry.compatibility(subject);
  const level = current === undefined ? least : strictest(current, least);
  if (level === current) return level;
  try {
    await registry.setCompatibility(subject, level);
  } catch (error) {
    // When two set a subject's first level at once, Apicurio refuses one of them. The level is set all the same.
    if ((await registry.compatibility(subject)) !== level) throw error;
  }
  return level;
}

/** Our own check comes first: registries let a decimal's changed scale pass, and some give no reasons. */
async function refuseIncompatible(
  registry: SchemaRegistry,
  { subject, schemaText, file = subject }: RegisterOptions,
  level: CompatibilityLevel,
): Promise<void> {
  const newer = parseAvro({ text: schemaText, file });
  const findings = checkAvroHistory(await registeredVersions(registry, subject), newer, level);
  const problems = findings.filter(({ severity }) => severity === 'error');
  const verdict = problems.length > 0 ? undefined : await registry.check(subject, schemaText);
  if (problems.length === 0 && verdict?.compatible !== false) return;
  const reasons = verdict?.messages ?? [];
  throw new ConnectError(
    'REFUSED',
    `subject ${subject}: the schema is not ${level} compatible${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`,
    {
      details: {
        subject,
        level,
        problems: problems.map(({ line, column, message, against }) => ({
          file,
          line,
          column,
          message: against === undefined ? message : `${message} (${against})`,
        })),
        ...(reasons.length > 0 ? { reasons } : {}),
      },
      hint: 'add optional fields only; to remove or retype a field, define a new stream',
    },
  );
}

const pick = ({ id, version }: { id: number; version: number }) => ({ id, version });
