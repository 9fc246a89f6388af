import { readFileSync } from 'node:fs';
import type { AclEntry, EachMessagePayload } from 'kafkajs';
import { expect } from 'vitest';
import { ACL_ROLES, type Acl, aclsOf } from '../../connectors/acl/acls.ts';
import { createSinkGroups } from '../../connectors/sink-group.ts';
import { ensureTopics } from '../../connectors/topics.ts';
import { createKafka, type KafkaConnection, withAdmin } from '../../core/kafka.ts';
import { scanTopic } from '../../core/kafka-scan.ts';
import { silentLogger } from '../../core/log.ts';
import type { KnownLetter, SourceTopic } from '../../operate/dead-letters/dead-letter.ts';
import { discardMarks } from '../../operate/dead-letters/discard-marks.ts';
import { letterSource, runLetters } from '../../operate/dead-letters/letter-source.ts';
import { countOpen } from '../../operate/dead-letters/open-records.ts';
import { sinkLock } from '../../operate/lock/while-locked.ts';
import { publishRecords } from '../../operate/publish-records.ts';
import { copyToDeadLetters } from '../../operate/quarantine/copy-to-dead-letters.ts';
import type { StreamSource } from '../../operate/read-records.ts';
import { createCheckpointTail } from '../../operate/watch/checkpoint-tail.ts';
import { keepKafka } from '../../operate/watch/kept-kafka.ts';
import { createLook } from '../../operate/watch/look.ts';
import { loadProject, selectStreams } from '../../pipeline/load.ts';
import { sinkGroup, streamTopics } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { readCheckpoint } from '../../producer/kafka/checkpoint-store.ts';
import { createCluster } from '../../producer/kafka/cluster.ts';
import { createKafkaSender } from '../../producer/kafka/sender.ts';
import { createSchemaRegistry } from '../../schemas/registry.ts';
import { inMemoryWorker } from './in-memory-worker.ts';
import { runInProcess } from './in-process-cli.ts';
import type { SecureBroker } from './secure-broker.ts';

/** An operator whose commands set offsets in Kafka themselves, as on MSK. */
const MSK_OPERATOR = 'msk-operator';
/** A worker that writes what it cannot decode to the dead letters. */
const DLQ_SINK = 'dlq-sink';

/** A user for each role of `connect acl`, and one who has no right. */
export const KAFKA_USERS = [...ACL_ROLES, MSK_OPERATOR, DLQ_SINK, 'nobody'];

const ROOT = process.cwd();
const [stream] = selectStreams(loadProject(ROOT, {}), ['positions']) as [StreamDefinition];
const topics = streamTopics(stream);

/** Gives each user the rights that the command prints, and sees what they suffice for and what they do not. */
export async function expectKafkaRoles(broker: SecureBroker): Promise<void> {
  await grant(broker, await printedAcls());
  const ca = readFileSync(broker.files.ca, 'utf8');
  const as = (username: string): KafkaConnection => ({
    brokers: [broker.scram],
    ssl: { ca },
    sasl: { mechanism: 'scram-sha-512', username, password: broker.usersPassword },
  });
  await deploy(as('deployer'));
  await produce(as('producer'));
  await sink(as('sink'));
  await bury(as(DLQ_SINK));
  await look(as('reader'));
  await operate(as('operator'));
  await setOffsets(as(MSK_OPERATOR));
  await watch(as('watch'));
  await expectRefused(producePartitions(as('nobody')), /has not the right to see topic positions/);
}

/** The answer of `connect acl -o json`, for users that are called like their roles; and rights of other definitions and environments. */
async function printedAcls(): Promise<Map<string, readonly Acl[]>> {
  const { code, stdout } = await runInProcess(['acl', '--only', stream.name, '-o', 'json'], { cwd: ROOT });
  expect(code).toBe(0);
  const { roles } = JSON.parse(stdout) as { roles: { principal: string; acls: Acl[] }[] };
  expect(roles.map(({ principal }) => principal)).toEqual(ACL_ROLES.map((role) => `User:${role}`));
  const dlq = { ...stream, sink: { ...stream.sink, onUndecodable: 'dlq' as const } };
  const rest = { commandsSetOffsets: false, idempotentWrite: false };
  return new Map([
    ...roles.map(({ principal, acls }) => [principal, acls] as const),
    [`User:${MSK_OPERATOR}`, aclsOf('operator', [stream], { ...rest, commandsSetOffsets: true })],
    [`User:${DLQ_SINK}`, aclsOf('sink', [dlq], rest)],
  ]);
}

/** Kafka's numbers for its words. */
const TYPES = { Topic: 2, Group: 3, Cluster: 4 };
const PATTERNS = { Literal: 3, Prefixed: 4 };
const OPERATIONS = {
  Read: 3,
  Write: 4,
  Create: 5,
  Delete: 6,
  Alter: 7,
  Describe: 8,
  DescribeConfigs: 10,
  IdempotentWrite: 12,
};

async function grant({ admin: address }: SecureBroker, of: ReadonlyMap<string, readonly Acl[]>): Promise<void> {
  const admin = createKafka({ brokers: [address] }, 'test').admin();
  await admin.connect();
  const acl = [...of].flatMap(([principal, acls]) =>
    acls.flatMap(({ resourceType, resourceName, patternType, operations }) =>
      operations.map(
        (operation): AclEntry => ({
          principal,
          host: '*',
          permissionType: 3,
          resourceType: TYPES[resourceType],
          resourceName,
          resourcePatternType: PATTERNS[patternType],
          operation: OPERATIONS[operation],
        }),
      ),
    ),
  );
  await admin.createAcls({ acl });
  await admin.disconnect();
}

const expectRefused = (doing: Promise<unknown>, message: RegExp) =>
  expect(doing).rejects.toMatchObject({ code: 'REFUSED', message: expect.stringMatching(message) });

const read = async (kafka: KafkaConnection, topic: string, clientId = 'perps-connect-test'): Promise<number> => {
  let count = 0;
  const onRecords = async (records: readonly unknown[]): Promise<void> => {
    count += records.length;
  };
  await scanTopic(kafka, { topic, clientId, onRecords });
  return count;
};

/** A login without a right to write anything gets no producer id. */
const NO_WRITE = /^Kafka did not take records for |\(Cluster authorization failed\)$/;
const record = (name: string) => ({ partition: 0, key: Buffer.from(name), value: Buffer.from(name), headers: {} });
const write = (kafka: KafkaConnection, topic: string): Promise<bigint[]> =>
  publishRecords(kafka, { topic, clientId: 'perps-connect-test', records: [record('x')] });

async function deploy(kafka: KafkaConnection): Promise<void> {
  const outcomes = await withAdmin(kafka, 'perps-connect-topics', (admin) => ensureTopics(admin, stream, 1));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['created', 'created', 'created', 'created']);
  const other = { ...stream, topic: { ...stream.topic, name: 'others' } };
  await expectRefused(
    withAdmin(kafka, 'perps-connect-topics', (admin) => ensureTopics(admin, other, 1)),
    /others/,
  );
}

const clusterOf = (connection: KafkaConnection) =>
  createCluster({ connection, clientId: 'connect-producer-positions', compression: 'none', logger: silentLogger });
const producePartitions = (kafka: KafkaConnection) => clusterOf(kafka).partitions([topics.data]);

async function produce(kafka: KafkaConnection): Promise<void> {
  const names = [topics.data, topics.rejected, topics.checkpoint];
  const sender = await createKafkaSender({ cluster: clusterOf(kafka), topics: names, logger: silentLogger });
  for (const topic of names) {
    await sender.send([{ topic, key: Buffer.from('key'), value: Buffer.from('{}'), headers: {} }]);
  }
  await sender.close();
  expect(await readCheckpoint(kafka, stream, { clientId: 'connect-producer-positions' })).toBeUndefined();
  await expectRefused(read(kafka, topics.deadLetter, 'connect-producer-positions'), /see topic positions\.dlq/);
  await expectRefused(read(kafka, topics.data, 'connect-producer-positions'), /read topic positions/);
  await expectRefused(write(kafka, topics.deadLetter), NO_WRITE);
}

/** A worker's producer of dead letters, where the definition says that there is one. */
async function bury(kafka: KafkaConnection): Promise<void> {
  await write(kafka, topics.deadLetter);
  await expectRefused(write(kafka, topics.data), NO_WRITE);
}

/** A worker's consumer; its group commits. */
async function sink(kafka: KafkaConnection): Promise<void> {
  const consumer = createKafka(kafka, 'worker').consumer({ groupId: sinkGroup(stream) });
  await consumer.connect();
  await consumer.subscribe({ topic: topics.data, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const eachMessage = async ({ partition, message }: EachMessagePayload): Promise<void> => {
      const offset = String(BigInt(message.offset) + 1n);
      await consumer.commitOffsets([{ topic: topics.data, partition, offset }]);
      resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  await expectRefused(write(kafka, topics.data), NO_WRITE);
  await expectRefused(write(kafka, topics.deadLetter), NO_WRITE);
  await expect(read(kafka, topics.data)).rejects.toThrow(/the group .* or the login may not see it/);
}

const lettersOf = async (source: StreamSource, topic: SourceTopic): Promise<readonly KnownLetter[]> =>
  (await runLetters(letterSource(source, topic), () => false)).letters;

/** What reading commands do. */
async function look(kafka: KafkaConnection): Promise<void> {
  const source = { stream, kafka };
  expect(await lettersOf(source, 'dlq')).toHaveLength(1);
  expect(await lettersOf(source, 'rejected')).toHaveLength(1);
  expect(await discardMarks(source).read()).toEqual(new Map());
  expect(await read(kafka, topics.data)).toBe(1);
  const committed = (await createSinkGroups(kafka).positions(stream)).filter((one) => one.committed === 1n);
  expect(committed).toHaveLength(1);
  await expectRefused(write(kafka, topics.checkpoint), NO_WRITE);
}

async function operate(kafka: KafkaConnection): Promise<void> {
  const source = { stream, kafka };
  const held = await sinkLock(source).take('test', { timeoutMs: 20_000 });
  await held.require();
  const [letter] = await letterSource(source, 'dlq').load(await lettersOf(source, 'dlq'));
  if (letter === undefined) throw new Error('there is no dead letter');
  await discardMarks(source).write(new Map([[letter.recordId, { of: letter.name, reason: 'test', at: '2026-01-01' }]]));
  expect(await countOpen(source, { rejected: 1n, deadLetters: 1n }, { each: 'record' })).toMatchObject({
    deadLetters: 0n,
  });
  await write(kafka, topics.data);
  const culprit = {
    record: { ...letter.record, partition: 1, offset: 7n },
    kind: 'does-not-decode',
    reason: 'test',
  } as const;
  const moved = await copyToDeadLetters(source, [culprit], { failures: [], neighbours: 0 });
  expect(moved).toMatchObject([{ isNew: true }]);
  await held.release();
  await expectRefused(write(kafka, topics.rejected), NO_WRITE);
  await expectRefused(
    withAdmin(kafka, 'test', (admin) => admin.growTopic(topics.data, stream.topic.partitions + 1)),
    /add partitions/,
  );
}

async function setOffsets(kafka: KafkaConnection): Promise<void> {
  const groups = createSinkGroups(kafka);
  await groups.setOffsets(stream, new Map([[0, 0n]]));
  await groups.setOffsets(
    stream,
    new Map(Array.from({ length: stream.topic.partitions }, (_one, index) => [index, undefined])),
  );
  expect((await groups.positions(stream)).every(({ committed }) => committed === undefined)).toBe(true);
}

/** A look of watch and its lock; a restart is no business of Kafka's. */
async function watch(connection: KafkaConnection): Promise<void> {
  const kafka = keepKafka(connection);
  const tail = createCheckpointTail(kafka, [stream]);
  const lock = sinkLock({ stream, kafka: connection }, tail.claims(stream, 'sink'));
  const { look: lookOnce } = createLook({
    streams: [stream],
    host: inMemoryWorker().host,
    kafka,
    tail,
    database: { host: '127.0.0.1', port: 1, database: 'perps', user: 'perps', password: 'x' },
    registry: createSchemaRegistry({ url: 'http://127.0.0.1:1' }),
  });
  const { parts, streams } = await lookOnce();
  expect(parts.brokers).toEqual({ ok: true });
  expect(streams[0]).toMatchObject({ missingTopics: [], gaps: [], open: { rejected: 1n, deadLetters: 1n } });
  expect(streams[0]?.retentionUsed).toBe(0);
  const held = await lock.take('connect watch', { timeoutMs: 20_000 });
  await held.require();
  await held.release();
  await tail.close();
  kafka.close();
  await expectRefused(read(connection, topics.data), /read topic positions/);
  await expectRefused(write(connection, topics.data), NO_WRITE);
  await expectRefused(write(connection, topics.deadLetter), NO_WRITE);
  await expect(createSinkGroups(connection).setOffsets(stream, new Map([[0, 0n]]))).rejects.toThrow(
    /^Kafka did not set offsets of group connect-positions-sink within 15 s/,
  );
  const forget = withAdmin(connection, 'test', (admin) => admin.deleteGroup('connect-positions-sink'));
  await expectRefused(forget, /delete group connect-positions-sink/);
}
