import { ConnectError } from '../core/errors.ts';
import type { CompatibilityLevel, SchemaRegistry } from './registry.ts';

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
  readonly level?: CompatibilityLevel;
}

/**
 * Puts a schema under its subject: level first, because a registry's default may be NONE and a first version would
 * already be unprotected; then the check; then the registration. A schema that is there is left alone.
 * Errors: REFUSED with the registry's reasons when incompatible; UNREACHABLE.
 */
export async function registerSchema(registry: SchemaRegistry, options: RegisterOptions): Promise<Registration> {
  const { subject, schemaText, level = 'BACKWARD_TRANSITIVE' } = options;
  if ((await registry.compatibility(subject)) !== level) await registry.setCompatibility(subject, level);
  const known = await registry.lookup(subject, schemaText);
  if (known !== undefined) return { subject, ...pick(known), level, outcome: 'unchanged' };
  const verdict = await registry.check(subject, schemaText);
  if (verdict !== undefined && !verdict.compatible) {
    const reasons = verdict.messages.length > 0 ? verdict.messages.join('; ') : 'the registry gives no reason';
    throw new ConnectError('REFUSED', `subject ${subject}: the schema is not ${level} compatible: ${reasons}`, {
      details: { subject, level, messages: verdict.messages },
      hint: 'add optional fields only; to remove or retype a field, define a new stream',
    });
  }
  await registry.register(subject, schemaText);
  const registered = await registry.lookup(subject, schemaText);
  if (registered === undefined) {
    throw new ConnectError(
      'REFUSED',
      `subject ${subject}: registered, but the registry does not find the schema again`,
      {
        details: { subject },
        hint: 'check the registry, then run the command again',
      },
    );
  }
  return { subject, ...pick(registered), level, outcome: 'registered' };
}

const pick = ({ id, version }: { id: number; version: number }) => ({ id, version });
