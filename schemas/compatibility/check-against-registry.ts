import { readFileSync } from 'node:fs';
import { ConnectError } from '../../core/errors.ts';
import { type Finding, hasErrors, mergeFindings, startOf } from '../../pipeline/finding.ts';
import { projectFile } from '../../pipeline/load.ts';
import { valueSubject } from '../../pipeline/names.ts';
import type { Project, StreamDefinition } from '../../pipeline/types.ts';
import type { SchemaRegistry } from '../registry.ts';
import { checkAvroHistory } from './avro.ts';
import { parseAvro } from './avro-parse.ts';
import { newSubject } from './check-against-git.ts';
import { type CompatibilityLevel, DEFAULT_LEVEL, strictest } from './level.ts';
import { registeredVersions } from './registered-versions.ts';

/**
 * Avro schemas of these streams in the working tree against every version a registry has. Without a `level` the default
 * counts, or a stricter one that the registry holds the subject to. Changes nothing in the registry.
 * Errors: INVALID_DEFINITION for a file that does not parse; UNREACHABLE, TIMEOUT, REFUSED from the registry.
 */
export async function checkAgainstRegistry(
  project: Project,
  streams: readonly StreamDefinition[],
  registry: SchemaRegistry,
  level?: CompatibilityLevel,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const stream of streams) {
    const subject = valueSubject(stream);
    const text = readFileSync(projectFile(project, stream.schema), 'utf8');
    const newer = parseAvro({ text, file: stream.schema });
    const versions = await registeredVersions(registry, subject);
    // The registry itself must not be asked about an unknown subject: some answer "compatible", some 404.
    if (versions.length === 0) findings.push(newSubject(stream, 'the registry'));
    const asked = level ?? strictest(DEFAULT_LEVEL, (await registry.compatibility(subject)) ?? DEFAULT_LEVEL);
    const ours = checkAvroHistory(versions, newer, asked);
    findings.push(...ours);
    if (asked !== 'NONE' && !hasErrors(ours)) findings.push(...(await secondOpinion(registry, stream, text)));
  }
  return mergeFindings(findings);
}

/** What passes here and the registry would refuse is better known now than when it is registered. */
async function secondOpinion(registry: SchemaRegistry, stream: StreamDefinition, text: string): Promise<Finding[]> {
  const subject = valueSubject(stream);
  const reasons = await refusal(registry, subject, text);
  if (reasons === undefined) return [];
  return [
    {
      rule: 'REGISTRY_REFUSES',
      path: '/',
      ...startOf(stream.schema),
      message: `the registry would refuse this schema for subject ${subject}: ${reasons}`,
      remedy: 'see which level the registry holds the subject to; `schemas register` sets ours',
      severity: 'error',
      against: 'the registry',
    },
  ];
}

async function refusal(registry: SchemaRegistry, subject: string, text: string): Promise<string | undefined> {
  try {
    const verdict = await registry.check(subject, text);
    return verdict === undefined || verdict.compatible
      ? undefined
      : verdict.messages.join('; ') || 'it gives no reason';
  } catch (error) {
    // Confluent's API: 422 is a schema the registry cannot compare, which it would not register either.
    if (error instanceof ConnectError && error.details.status === 422) return error.message;
    throw error;
  }
}
