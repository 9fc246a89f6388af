import { join } from 'node:path';
import type { DeployResult, DeployWait } from '../../connectors/host.ts';
import { renderSink } from '../../connectors/render/render-sink.ts';
import { createRestApi, type RestApi } from '../../connectors/rest/api.ts';
import { createRestHost } from '../../connectors/rest/host.ts';
import type { SinkConfig } from '../../connectors/sink-config.ts';
import { createSinkGroups, type SinkGroups } from '../../connectors/sink-group.ts';
import { ensureTopics } from '../../connectors/topics.ts';
import type { SinkEvent } from '../../connectors/wait/wait.ts';
import { createKafka, withAdmin } from '../../core/kafka.ts';
import { withPostgres } from '../../core/postgres.ts';
import { migrate } from '../../migrations/runner.ts';
import { httpConnection, knownSecrets } from '../../pipeline/connections.ts';
import { projectFile, selectStreams } from '../../pipeline/load.ts';
import { valueSubject } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { type AvroRecord, loadAvroSchema } from '../../schemas/avro-schema.ts';
import { registerSchema } from '../../schemas/register.ts';
import { createSchemaRegistry } from '../../schemas/registry.ts';
import { frame } from '../../schemas/wire-format.ts';
import { createAvroType } from './avro-type.ts';
import { goodRecord } from './good-record.ts';
import { createTestProject, type Elsewhere, type TestProject } from './project.ts';
import { restConnect } from './rest-connect.ts';

/** A project whose table and subject exist, ready for its sink. */
export interface SinkFixture {
  readonly test: TestProject;
  readonly stream: StreamDefinition;
  readonly api: RestApi;
  readonly groups: SinkGroups;
  readonly config: SinkConfig;
  /** Plans, and deploys that plan with short settling; keeps the events. */
  deploy(changes?: DeployChanges): Promise<DeployResult & { events: SinkEvent[] }>;
  /** Sends `count` good updates, numbered from `from`, each for a position of its own. */
  produce(count: number, from?: number): Promise<void>;
  send(messages: readonly { readonly key: string; readonly value: Buffer }[]): Promise<void>;
  produceBytes(key: string, value: Buffer): Promise<void>;
  /** A good update with changes, framed; past the producer and its checks. */
  encode(number: number, changes?: AvroRecord): Buffer;
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Deletes all records of the topic, as retention does. */
  expire(): Promise<void>;
}

/** What a test changes of a deploy. */
export interface DeployChanges extends Partial<DeployWait> {
  /** The cluster that is deployed to. */
  readonly api?: RestApi;
  /** The cluster as the plan sees it. Default: the same. */
  readonly plannedBy?: RestApi;
  readonly config?: SinkConfig;
  readonly stream?: StreamDefinition;
}

export async function createSinkFixture(name: string, elsewhere?: Elsewhere): Promise<SinkFixture> {
  const test = await createTestProject({ name, elsewhere });
  const [stream] = selectStreams(test.project, ['positions']);
  if (stream === undefined) throw new Error('no stream positions');
  await migrate(test.database, { folder: join(test.root, 'migrations'), direction: 'up' });
  const schema = loadAvroSchema(projectFile(test.project, stream.schema));
  const registry = createSchemaRegistry(httpConnection(test.environment.registry, test.secrets));
  const { id } = await registerSchema(registry, { subject: valueSubject(stream), schemaText: schema.text });
  const type = createAvroType(schema.raw);
  const config = renderSink(stream, test.environment, schema.fields);
  const api = createRestApi({
    ...httpConnection(restConnect(test.environment), test.secrets),
    secrets: knownSecrets(test.environment, test.secrets),
  });
  const kafka = { brokers: test.environment.kafka.brokers };
  const groups = createSinkGroups(kafka);
  await withAdmin(kafka, 'test', (admin) => ensureTopics(admin, stream, 1));

  const send: SinkFixture['send'] = async (messages) => {
    const producer = createKafka(kafka, 'test').producer();
    await producer.connect();
    try {
      await producer.send({ topic: stream.topic.name, acks: -1, messages: [...messages] });
    } finally {
      await producer.disconnect();
    }
  };

  return {
    test,
    stream,
    api,
    groups,
    config,
    async deploy({
      api: target = api,
      plannedBy = target,
      config: other = config,
      stream: changed = stream,
      ...wait
    } = {}) {
      const events: SinkEvent[] = [];
      const onEvent = (event: SinkEvent) => void events.push(event);
      const desired = { stream: changed, config: other, from: 'resume' } as const;
      const { entries } = await createRestHost(plannedBy, groups).plan(desired);
      const result = await createRestHost(target, groups).deploy(desired, entries, {
        timeoutMs: 60_000,
        settleMs: 1_000,
        onEvent,
        ...wait,
      });
      return { ...result, events };
    },
    produce: (count, from = 0) =>
      send(
        Array.from({ length: count }, (_, index) => {
          const record = goodRecord(from + index);
          return { key: String(record.position_account), value: frame(id, type.toBuffer(record)) };
        }),
      ),
    send,
    produceBytes: (key, value) => send([{ key, value }]),
    encode: (number, changes = {}) => frame(id, type.toBuffer(goodRecord(number, changes))),
    async expire() {
      const admin = createKafka(kafka, 'test').admin();
      await admin.connect();
      try {
        const { name: topic } = stream.topic;
        const ends = await admin.fetchTopicOffsets(topic);
        const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
        await admin.deleteTopicRecords({ topic, partitions });
      } finally {
        await admin.disconnect();
      }
    },
    query: (sql) => withPostgres(test.database, async (client) => (await client.query(sql)).rows),
  };
}
