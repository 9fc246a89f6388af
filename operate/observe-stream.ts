import type { Admin } from 'kafkajs';
import type { ObservedMigrations } from '../connectors/plan/migration-plan.ts';
import type { DesiredStream, ObservedStream } from '../connectors/plan/plan.ts';
import type { ObservedOffset } from '../connectors/plan/start-plan.ts';
import type { ObservedSubject } from '../connectors/plan/subject-plan.ts';
import type { ConnectTarget } from '../connectors/targets/target.ts';
import { observeTopics } from '../connectors/topics.ts';
import type { PostgresConnection } from '../core/postgres.ts';
import { readMigrationStatus } from '../migrations/runner.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import { checkAgainstRegistry } from '../schemas/compatibility/check-against-registry.ts';
import { DEFAULT_LEVEL, strictest } from '../schemas/compatibility/level.ts';
import { observeSubject } from '../schemas/observe-subject.ts';
import type { SchemaRegistry } from '../schemas/registry.ts';
import { positionsIn } from './offset-positions.ts';

export interface ObservedParts {
  readonly project: Project;
  readonly stream: StreamDefinition;
  readonly desired: DesiredStream;
  /** Text of the project's schema. */
  readonly schemaText: string;
  readonly admin: Admin;
  readonly registry: SchemaRegistry;
  readonly target: ConnectTarget;
}

/** Looks at everything a plan compares, at once. Changes nothing. Errors: what the parts throw; all of them must answer. */
export async function observeStream(parts: ObservedParts): Promise<ObservedStream> {
  const { desired, admin, target } = parts;
  const { name } = desired.connector;
  const [topics, subject, config, status] = await Promise.all([
    observeTopics(
      admin,
      desired.topics.map((topic) => topic.name),
    ),
    subjectOf(parts),
    target.config(name),
    target.status(name),
  ]);
  if (config !== undefined) return { topics, subject, connector: { config, state: status?.state }, offsets: [] };
  const offsets = await observeOffsets(admin, parts.stream);
  return { topics, subject, connector: undefined, offsets };
}

/** What the group of a connector that is not there has left behind: a new connector of its name resumes there. */
export async function observeOffsets(admin: Admin, stream: StreamDefinition): Promise<ObservedOffset[]> {
  const topic = stream.topic.name;
  const positions = (await positionsIn(admin, stream)) ?? [];
  return positions.map(({ partition, low, end, committed }) => ({ topic, partition, low, end, committed }));
}

async function subjectOf(parts: ObservedParts): Promise<ObservedSubject> {
  const { project, stream, desired, schemaText, registry } = parts;
  const { latest, known, level: ownLevel } = await observeSubject(registry, desired.subject, schemaText);
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
