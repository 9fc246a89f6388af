import { ensureTopics } from '../connectors/topics.ts';
import { createKafka, withAdmin } from '../core/kafka.ts';
import { retry } from '../core/retry.ts';
import { projectFile } from '../pipeline/load.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { partitionOf } from '../producer/kafka/partition.ts';
import { createRecordEncoder } from '../producer/record/encoder.ts';
import { createMarket } from '../producer/simulator/market/market.ts';
import type { ProfileName } from '../producer/simulator/market/profiles.ts';
import { Timeline } from '../producer/simulator/timeline.ts';
import { type AvroRecord, loadAvroSchema } from '../schemas/avro-schema.ts';
import type { CopyOptions } from './peers/copy.ts';
import type { BenchStack } from './stack.ts';

export interface Workload {
  readonly profile: ProfileName;
  readonly updates: number;
  readonly seed: number;
  /** Updates in a slot of 400 ms: the fewer, the more days a history spans. */
  readonly updatesPerSlot: number;
  readonly owners: number;
  readonly positionsPerOwner: number;
}

export const DEFAULT_WORKLOAD: Workload = {
  profile: 'flood',
  updates: 200_000,
  seed: 42,
  updatesPerSlot: 200,
  owners: 1_000,
  positionsPerOwner: 5,
};

const FIRST_SLOT = 312_000_000n;
const START_MS = Date.UTC(2026, 0, 1, 23, 52);

/** The updates of a workload, slot by slot: what the simulator would send. */
export function* slots(workload: Workload): Generator<readonly AvroRecord[]> {
  const { seed, updates, updatesPerSlot } = workload;
  const timeline = new Timeline({ seed, firstSlot: FIRST_SLOT, startMs: START_MS, updatesPerSlot });
  const market = createMarket(workload);
  for (let made = 0; made < updates; ) {
    const slot = timeline.next();
    const records = market.next(slot, Math.min(slot.updates, updates - made));
    made += records.length;
    yield records;
  }
}

/** The same, one by one. */
export function* updatesOf(workload: Workload): Generator<AvroRecord> {
  for (const records of slots(workload)) yield* records;
}

/** One record as it goes to Kafka, encoded beforehand. */
export interface EncodedRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly partition: number;
}

/** A busy broker may not know a topic yet that it has just created. */
const NOT_YET = { attempts: 6, baseMs: 250, maxMs: 2_000, when: isNotYet };

function isNotYet(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ((at as { type?: unknown }).type === 'UNKNOWN_TOPIC_OR_PARTITION') return true;
  }
  return false;
}

/** All topics of a stream under another name, and its subject. */
export async function prepareStream(stack: BenchStack, stream: StreamDefinition): Promise<void> {
  await retry(() => withAdmin(stack.kafka, 'perps-connect-bench', (admin) => ensureTopics(admin, stream, 1)), NOT_YET);
  await stack.register(stream);
}

/** A topic with the partitions and settings of the stream's. */
export async function createTopic({ kafka, stream }: BenchStack, name: string): Promise<void> {
  const { partitions, config } = stream.topic;
  const topic = { name, partitions, replicationFactor: 1, config };
  await retry(() => withAdmin(kafka, 'perps-connect-bench', (admin) => admin.createTopic(topic)), NOT_YET);
}

/** Records of a request to Kafka: large, because filling a topic is not what is measured. */
const FILL_BATCH = 2_000;

/** What decides the bytes of a record; plain data, so that it can be handed to another process. */
export interface EncodingSource {
  readonly schemaPath: string;
  readonly schemaId: number;
  readonly keyField: string;
  readonly partitions: number;
}

export const encodingSource = ({ project, stream, schemaId }: BenchStack): EncodingSource => ({
  schemaPath: projectFile(project, stream.schema),
  schemaId,
  keyField: stream.topic.key,
  partitions: stream.topic.partitions,
});

/** The workload as the producer of this package would encode it. */
export function* encoded(source: EncodingSource, workload: Workload): Generator<EncodedRecord> {
  const { schemaId, keyField, partitions } = source;
  const encode = createRecordEncoder(loadAvroSchema(source.schemaPath), schemaId);
  for (const records of slots(workload)) {
    for (const record of records) {
      const key = Buffer.from(String(record[keyField]));
      yield { key, value: encode(record), partition: partitionOf(key, partitions) };
    }
  }
}

/** Creates the topic and writes the workload into it. Returns the bytes of keys and values. */
export async function fillTopic(stack: BenchStack, topic: string, workload: Workload): Promise<number> {
  await createTopic(stack, topic);
  const producer = createKafka(stack.kafka, 'perps-connect-bench').producer({
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  let bytes = 0;
  try {
    let messages: EncodedRecord[] = [];
    const flush = async () => {
      if (messages.length > 0) await producer.send({ topic, acks: -1, messages });
      messages = [];
    };
    for (const record of encoded(encodingSource(stack), workload)) {
      messages.push(record);
      bytes += record.key.length + record.value.length;
      if (messages.length === FILL_BATCH) await flush();
    }
    await flush();
  } finally {
    await producer.disconnect();
  }
  return bytes;
}

/** How COPY takes the rows of a stream: in statements as large as the sink's polls. */
export const copyOptions = ({ stream }: BenchStack, only?: readonly number[]): CopyOptions => ({
  rowsPerStatement: stream.sink.maxPollRecords,
  keyField: stream.topic.key,
  partitions: stream.topic.partitions,
  ...(only === undefined ? {} : { only }),
});
