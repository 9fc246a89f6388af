import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderSink } from '../../connectors/render/render-sink.ts';
import { createRestApi, type RestApi } from '../../connectors/rest/api.ts';
import { ConnectError } from '../../core/errors.ts';
import { createKafka, withAdmin } from '../../core/kafka.ts';
import { withPostgres } from '../../core/postgres.ts';
import { waitFor } from '../../core/retry.ts';
import { readMigrations } from '../../migrations/files.ts';
import { httpConnection, knownSecrets } from '../../pipeline/connections.ts';
import { loadProject } from '../../pipeline/load.ts';
import { valueSubject } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { type AvroRecord, loadAvroSchema } from '../../schemas/avro-schema.ts';
import { registerSchema } from '../../schemas/register.ts';
import { createSchemaRegistry } from '../../schemas/registry.ts';
import { frame } from '../../schemas/wire-format.ts';
import { createAvroType } from './avro-type.ts';
import { mutatedProject } from './contract-fixture.ts';
import { goodRecord } from './good-record.ts';
import type { Edit } from './mutations/edit.ts';
import { createTestProject, type TestProject } from './project.ts';
import { restConnect } from './rest-connect.ts';

/** Many small pipelines in one database, each in a schema of its own, each made of the contract fixture with some edits. */
export interface Trials {
  start(edits: readonly Edit[], trial?: Partial<TrialOptions>): Promise<TrialSink>;
  remove(): Promise<void>;
}

export interface TrialOptions {
  /** Records to send, made from good ones. */
  readonly records: readonly AvroRecord[];
  /** Values to send as they are, after the records. */
  readonly raw: readonly Buffer[];
  /** Send before the connector exists. */
  readonly before: boolean;
  /** Parameters of the JDBC URL, beside the package's own. */
  readonly parameters: string;
}

/** A connector with its own topic and table. */
export interface TrialSink {
  readonly stream: StreamDefinition;
  /** Sends more records. */
  send(...records: readonly AvroRecord[]): Promise<void>;
  /** The stack trace of its failed task. Throws TIMEOUT when it does not fail. */
  failure(): Promise<string>;
  /** Rows of its table once there are `count`; columns as text. Fails at once when a task fails. */
  rows(count: number): Promise<Record<string, string | null>[]>;
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** The task's state, the trace if it failed. */
  state(): Promise<{ readonly state: string; readonly trace: string } | undefined>;
}

const TIMEOUT_MS = 90_000;

export async function createTrials(name: string): Promise<Trials> {
  const test = await createTestProject({ name });
  const kafka = { brokers: test.environment.kafka.brokers };
  const producer = createKafka(kafka, 'test').producer();
  await producer.connect();
  const registry = createSchemaRegistry(httpConnection(test.environment.registry, test.secrets));
  const api = createRestApi({
    ...httpConnection(restConnect(test.environment), test.secrets),
    secrets: knownSecrets(test.environment, test.secrets),
  });
  let number = 0;
  return {
    async start(edits, { records = [goodRecord(1)], raw = [], before = false, parameters = '' } = {}) {
      number += 1;
      const schemaName = `trial_${number}`;
      const { stream, schema } = await prepare(test, edits, schemaName);
      const { id } = await registerSchema(registry, { subject: valueSubject(stream), schemaText: schema.text });
      const topic = stream.topic.name;
      await withAdmin(kafka, 'test', (admin) =>
        admin.createTopic({ name: topic, partitions: 1, config: stream.topic.config }),
      );
      const type = createAvroType(schema.raw);
      const names = schema.fields.map((field) => field.name);
      const send = async (values: readonly Buffer[]) => {
        await producer.send({ topic, acks: -1, messages: values.map((value) => ({ key: 'key', value })) });
      };
      const encode = (record: AvroRecord) => frame(id, type.toBuffer(pick(record, names)));
      const first = [...records.map(encode), ...raw];
      const { worker } = test.environment;
      const databaseUrl = `${worker.databaseUrl}${parameters === '' ? '' : `?${parameters}`}`;
      const environment = { ...test.environment, worker: { ...worker, databaseUrl } };
      // As the owner, because these migrations are about tables, and grant nothing.
      const owner = { 'connection.username': test.database.user, 'connection.password': test.database.password };
      const config = { ...renderSink(stream, environment, schema.fields), ...owner, 'tasks.max': '1' };
      if (before) await send(first);
      await api.putConfig(stream.sink.name, config);
      if (!before) await send(first);
      return {
        ...trialSink(test, api, stream, schemaName),
        send: (...more) => send(more.map(encode)),
      };
    },
    async remove() {
      await producer.disconnect();
      await test.remove();
    },
  };
}

/** Reads the edited project and runs its migrations in a database schema of its own. */
async function prepare(test: TestProject, edits: readonly Edit[], schemaName: string) {
  const project = mutatedProject(edits);
  try {
    const stream = renamed(loadProject(project.root, {}).streams[0], `${schemaName}-${test.suffix}`, schemaName);
    await migrateInto(test, schemaName, project.root);
    return { stream, schema: loadAvroSchema(join(project.root, stream.schema)) };
  } finally {
    project.remove();
  }
}

/** The stream under names of its own, also where a setting repeats one. */
function renamed(stream: StreamDefinition | undefined, name: string, schemaName: string): StreamDefinition {
  if (stream === undefined) throw new Error('the project has no stream');
  const config = Object.entries(stream.sink.config).map(([key, value]) => [
    key,
    value.replaceAll('positions:', `${name}:`),
  ]);
  return {
    ...stream,
    topic: { ...stream.topic, name },
    table: { ...stream.table, name: `${schemaName}.positions` },
    sink: { ...stream.sink, name, config: Object.fromEntries(config) as Record<string, string> },
  };
}

async function migrateInto(test: TestProject, schemaName: string, root: string): Promise<void> {
  await withPostgres(test.database, async (client) => {
    await client.query(`CREATE SCHEMA ${schemaName}; SET search_path TO ${schemaName}`);
    for (const { up, path, steps } of readMigrations(join(root, 'migrations'))) {
      for (const sql of steps.up.length === 0 ? [up] : steps.up.map((step) => step.sql)) {
        await client.query(sql).catch((error: unknown) => {
          throw new Error(`${path}: ${readFileSync(path, 'utf8').slice(0, 200)}`, { cause: error });
        });
      }
    }
  });
}

/** What the schema has and the record does not is null. */
const pick = (record: AvroRecord, names: readonly string[]): AvroRecord =>
  Object.fromEntries(names.map((name) => [name, record[name] ?? null]));

function trialSink(
  test: TestProject,
  api: RestApi,
  stream: StreamDefinition,
  schemaName: string,
): Omit<TrialSink, 'send'> {
  const query = (sql: string): Promise<Record<string, unknown>[]> =>
    withPostgres(test.database, async (client) => {
      await client.query(`SET search_path TO ${schemaName}`);
      return (await client.query<Record<string, unknown>>(sql)).rows;
    });
  const state = async () => {
    const status = await api.status(stream.sink.name);
    const task = status?.tasks[0];
    return task === undefined ? undefined : { state: task.state, trace: task.trace ?? '' };
  };
  return {
    stream,
    query,
    state,
    failure: () =>
      waitFor(
        async () => {
          const now = await state();
          return now?.state === 'FAILED' ? now.trace : undefined;
        },
        { timeoutMs: TIMEOUT_MS, everyMs: 500, what: `the task of ${stream.sink.name} to fail` },
      ),
    rows: (count) =>
      waitFor(
        async () => {
          const now = await state();
          if (now?.state === 'FAILED')
            throw new ConnectError('REFUSED', `the task failed: ${now.trace.slice(0, 2_000)}`);
          const rows = await query('SELECT * FROM positions ORDER BY position_account, slot');
          if (rows.length !== count) return undefined;
          return rows.map((row) =>
            Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === null ? null : String(value)])),
          );
        },
        { timeoutMs: TIMEOUT_MS, everyMs: 500, what: `${count} rows of ${stream.sink.name}` },
      ),
  };
}
