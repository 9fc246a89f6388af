import type { SinkHost } from '../connectors/host.ts';
import { connectorKeys } from '../connectors/settings/connector-keys.ts';
import type { ConnectError } from '../core/errors.ts';
import { withPostgres } from '../core/postgres.ts';
import { type MigrationStatus, readMigrationStatus } from '../migrations/runner.ts';
import { httpConnection, readerConnection, type Secrets } from '../pipeline/connections.ts';
import { type Finding, mergeFindings, startOf } from '../pipeline/finding.ts';
import { projectFile, selectStreams } from '../pipeline/load.ts';
import { valueSubject } from '../pipeline/names.ts';
import type { Environment, Project } from '../pipeline/types.ts';
import { observeSubject, type RegisteredSubject } from '../schemas/observe-subject.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import { withoutAllowed } from './allowances.ts';
import { columnOf } from './catalog.ts';
import { loadContracts } from './check.ts';
import { type Contract, sqlPlace } from './contract.ts';
import { connectorDrift, observeConnector, type RunningConnector } from './drift/connector.ts';
import { writeDrift } from './drift/guards.ts';
import { fieldNames, schemaDrift } from './drift/schema.ts';
import { tableDrift } from './drift/table.ts';
import { type LiveDatabase, observeDatabase, queryOf } from './live-database.ts';
import { MIGRATIONS_FOLDER } from './load-contract.ts';
import { addedColumns, selectedFields, writtenFields } from './rendered-sink.ts';
import { toFinding } from './report-places.ts';
import { type KnownFields, rolloutSteps } from './rollout.ts';
import type { BrokenRule } from './rule.ts';

/** What runs of one stream. */
interface Observed {
  readonly database: LiveDatabase;
  /** Files of migrations that have not run. */
  readonly pending: ReadonlySet<string>;
  readonly subject: RegisteredSubject;
  readonly connector: RunningConnector;
}

/**
 * Compares an environment's database, registry and `host` of sinks with what the project's files make of them. Reads only.
 * Every difference is a finding DRIFT_…; a part that does not answer is an error (UNREACHABLE, TIMEOUT), never a finding.
 */
export async function checkLive(
  project: Project,
  environment: Environment,
  { secrets, host }: { readonly secrets: Secrets; readonly host: SinkHost },
  only?: readonly string[],
): Promise<readonly Finding[]> {
  const streams = selectStreams(project, only);
  const { contracts } = await loadContracts(project, streams);
  const database = readerConnection(environment, secrets);
  const registry = createSchemaRegistry(httpConnection(environment.registry, secrets));
  const defined = contracts.map(({ stream }) => stream);
  const live = await withPostgres(database, (client) => observeDatabase(queryOf(client), environment, defined));
  const status = await readMigrationStatus(database, projectFile(project, MIGRATIONS_FOLDER));
  const pending = new Set(status.pending.map(migrationFile));
  const broken: BrokenRule[] = migrationDrift(status, `${database.database} at ${database.host}:${database.port}`);
  for (const contract of contracts) {
    const observed = {
      database: live,
      pending,
      subject: await observeSubject(registry, valueSubject(contract.stream), contract.schema.text),
      connector: await observeConnector(host, contract.stream.sink.name),
    };
    broken.push(...withoutAllowed(contract.stream, [...streamDrift(contract, environment, host.label, observed)]));
  }
  return mergeFindings(broken.map((one) => toFinding(one)));
}

/** A pure function over what was observed. */
function* streamDrift(
  contract: Contract,
  environment: Environment,
  where: string,
  observed: Observed,
): Generator<BrokenRule> {
  const { database, registry } = environment;
  const sink = contract.sinks.find((one) => one.environment.name === environment.name);
  const inDatabase = `the database ${database.name} at ${database.host}:${database.port}`;
  yield* tableDrift(contract, { catalog: observed.database.catalog, pending: observed.pending }, inDatabase);
  yield* writeDrift(contract, environment, observed.database, inDatabase);
  yield* schemaDrift(contract, observed.subject, `the registry at ${new URL(registry.url).host}`);
  if (sink === undefined) return;
  yield* connectorDrift(sink, observed.connector, connectorKeys(), where);
  yield* rolloutDrift(contract, sink.config, observed);
}

function* rolloutDrift(
  contract: Contract,
  config: Readonly<Record<string, string>>,
  { database: { catalog }, pending, subject, connector }: Observed,
): Generator<BrokenRule> {
  const { table, schema, stream } = contract;
  const written = contract.written.map(({ name }) => name);
  const added = [...addedColumns(config).keys()];
  const runningConfig = connector.sink?.config;
  const live = table === undefined ? undefined : catalog.relations[table.name];
  const desired: KnownFields = {
    migration: new Set([...written, ...added]),
    schema: new Set(schema.fields.map(({ name }) => name)),
    connector: new Set([...written, ...added]),
  };
  const running: KnownFields = {
    migration: new Set(
      [...desired.migration].filter((name) => live !== undefined && columnOf(live, name) !== undefined),
    ),
    schema: new Set(subject.latest === undefined ? [] : fieldNames(subject.latest.schema)),
    connector: new Set(runningConfig === undefined ? [] : writtenFields(runningConfig, selectedFields(runningConfig))),
  };
  const steps = rolloutSteps(desired, running);
  const path = `${stream.name}.rollout`;
  for (const { step, fields, command } of steps.filter(({ overdue }) => overdue)) {
    yield {
      rule: 'DRIFT_ROLLOUT',
      path,
      places: [step === 'migration' ? sqlPlace(contract, stream.table.name) : schema.place],
      message: `the ${step} for ${fields.join(', ')} is missing, but a later step has already been done`,
      remedy: step === 'migration' ? migrationRemedy(contract, fields, pending) : `\`${command}\` now`,
    };
  }
  // Of a part that is not there at all another finding tells.
  const isThere = live !== undefined && subject.latest !== undefined && runningConfig !== undefined;
  if (isThere && steps.length > 0 && steps.every(({ overdue }) => !overdue)) {
    const fields = [...new Set(steps.flatMap((step) => step.fields))].sort();
    yield {
      rule: 'DRIFT_ROLLOUT',
      path,
      places: [schema.place],
      message: `not everywhere yet: ${fields.join(', ')}`,
      remedy: `in this order: ${steps.map(({ command }) => `\`${command}\``).join(', ')}`,
      severity: 'note',
    };
  }
}

/** What brings columns that a later step needs: a pending migration, where one makes them. */
function migrationRemedy(
  { migrated, stream }: Contract,
  fields: readonly string[],
  pending: ReadonlySet<string>,
): string {
  const unmade = fields.filter((field) => !pending.has(migrated.places[`${stream.table.name}.${field}`]?.file ?? ''));
  if (unmade.length === 0) return '`connect migrate up` now';
  return `no pending migration makes ${unmade.join(', ')}: add one, then \`connect migrate up\``;
}

const migrationFile = (name: string): string => `${MIGRATIONS_FOLDER}/${name}.sql`;

function migrationDrift(
  { pending, problem }: MigrationStatus & { readonly problem?: ConnectError | undefined },
  where: string,
): BrokenRule[] {
  const finding = (path: string, file: string, message: string, remedy: string): BrokenRule => ({
    rule: 'DRIFT_MIGRATION',
    path,
    places: [startOf(file)],
    message,
    remedy,
  });
  if (problem !== undefined) {
    const remedy = problem.hint ?? 'put the files back as they ran';
    return [finding(MIGRATIONS_FOLDER, MIGRATIONS_FOLDER, problem.message, remedy)];
  }
  return pending.map((name) => {
    const file = migrationFile(name);
    return finding(file, file, `migration ${name} has not run on the database ${where}`, 'run `connect migrate up`');
  });
}
