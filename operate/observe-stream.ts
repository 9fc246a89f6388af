import type { ObservedMigrations } from '../connectors/plan/migration-plan.ts';
import type { ObservedSubject } from '../connectors/plan/subject-plan.ts';
import type { PostgresConnection } from '../core/postgres.ts';
import { readMigrationStatus } from '../migrations/runner.ts';
import { valueSubject } from '../pipeline/names.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import { checkAgainstRegistry } from '../schemas/compatibility/check-against-registry.ts';
import { DEFAULT_LEVEL, strictest } from '../schemas/compatibility/level.ts';
import { observeSubject } from '../schemas/observe-subject.ts';
import type { SchemaRegistry } from '../schemas/registry.ts';

/** How the registry stands to a stream's schema, whose text is given. Errors: what the registry throws. */
export async function observeSchema(
  registry: SchemaRegistry,
  project: Project,
  stream: StreamDefinition,
  schemaText: string,
): Promise<ObservedSubject> {
  const { latest, known, level: ownLevel } = await observeSubject(registry, valueSubject(stream), schemaText);
  const level = strictest(DEFAULT_LEVEL, ownLevel ?? DEFAULT_LEVEL);
  if (latest === undefined) return { level, problems: [] };
  if (known !== undefined) return { latest: latest.version, known, level, problems: [] };
  const findings = await checkAgainstRegistry(project, [stream], registry);
  const problems = findings
    .filter(({ severity }) => severity === 'error')
    .map(({ file, line, column, message }) => `${file}:${line}:${column}  ${message}`);
  return { latest: latest.version, level, problems };
}

/** A history that is not that of the files is something to plan around, not a failure of planning. */
export async function observeMigrations(database: PostgresConnection, folder: string): Promise<ObservedMigrations> {
  const { applied, pending, problem } = await readMigrationStatus(database, folder);
  return { applied: applied.map(({ name }) => name), pending, problem: problem?.message };
}
