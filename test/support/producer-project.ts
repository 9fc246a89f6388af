import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensureTopics } from '../../connectors/topics.ts';
import { type KafkaConnection, withAdmin } from '../../core/kafka.ts';
import { headerText } from '../../core/kafka-headers.ts';
import { type ScannedRecord, scanTopic } from '../../core/kafka-scan.ts';
import { silentLogger } from '../../core/log.ts';
import { canonicalRecord } from '../../operate/canonical.ts';
import { httpConnection } from '../../pipeline/connections.ts';
import { selectStreams } from '../../pipeline/load.ts';
import { rejectedTopic, valueSubject } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { ResumePoint } from '../../producer/kafka/checkpoint.ts';
import { readCheckpoint } from '../../producer/kafka/checkpoint-store.ts';
import type { ProducerSummary } from '../../producer/run-statistics.ts';
import { type RunStreamOptions, runStream } from '../../producer/run-stream.ts';
import type { OracleEntry } from '../../producer/simulator/oracle.ts';
import { createRecordDecoder } from '../../schemas/record-decoder.ts';
import { registerSchema } from '../../schemas/register.ts';
import { createSchemaRegistry } from '../../schemas/registry.ts';
import { positionSchema } from './position-feed.ts';
import { createTestProject, type TestProject } from './project.ts';

/** One record of the stream's topic, decoded: canonical text by column. */
export interface PublishedRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string | undefined;
  readonly row: Readonly<Record<string, string | null>>;
}

export interface RejectedUpdate {
  readonly key: string | undefined;
  readonly bytes: Buffer;
  readonly header: (name: string) => string | undefined;
}

/** A test project with topics and schema, and what a test of the producer does with it. */
export interface ProducerProject {
  readonly project: TestProject;
  readonly stream: StreamDefinition;
  readonly kafka: KafkaConnection;
  /** Runs the producer on a feed until that feed ends its stream. */
  run(address: string, options?: Partial<RunStreamOptions>): Promise<ProducerSummary>;
  published(): Promise<PublishedRecord[]>;
  rejected(): Promise<RejectedUpdate[]>;
  checkpoint(): Promise<ResumePoint | undefined>;
}

const CLIENT = 'producer-test';

export async function createProducerProject(
  name: string,
  options: { readonly register?: boolean; readonly topics?: boolean } = {},
): Promise<ProducerProject> {
  const project = await createTestProject({ name });
  const { environment, secrets, root } = project;
  const kafka: KafkaConnection = { brokers: environment.kafka.brokers };
  const [stream] = selectStreams(project.project, ['positions']);
  if (stream === undefined) throw new Error('the project has no stream "positions"');
  const registry = httpConnection(environment.registry, secrets);
  if (options.topics !== false) await withAdmin(kafka, CLIENT, (admin) => ensureTopics(admin, stream, 1));
  if (options.register !== false) {
    const schemaText = readFileSync(join(root, stream.schema), 'utf8');
    await registerSchema(createSchemaRegistry(registry), { subject: valueSubject(stream), schemaText });
  }
  const scan = async <T>(topic: string, each: (record: ScannedRecord) => Promise<T> | T): Promise<T[]> => {
    const found: T[] = [];
    await scanTopic(kafka, {
      topic,
      clientId: CLIENT,
      onRecords: async (records) => {
        for (const record of records) found.push(await each(record));
      },
    });
    return found;
  };
  const decoder = createRecordDecoder(registry);
  return {
    project,
    stream,
    kafka,
    run: (address, more = {}) =>
      runStream({
        stream,
        root,
        kafka,
        registry,
        feed: { address, tls: false },
        logger: silentLogger,
        endWithFeed: true,
        ...more,
      }),
    published: () =>
      scan(stream.topic.name, async ({ partition, offset, key, value }) => ({
        partition,
        offset,
        key: key?.toString(),
        row: canonicalRecord(positionSchema.fields, await decoder.decode(value ?? Buffer.alloc(0))),
      })),
    rejected: () =>
      scan(rejectedTopic(stream), ({ key, value, headers }) => ({
        key: key?.toString(),
        bytes: value ?? Buffer.alloc(0),
        header: (header) => headerText(headers, header),
      })),
    checkpoint: () => readCheckpoint(kafka, stream, { clientId: CLIENT }),
  };
}

/** What a simulated feed has sent. */
export async function readOracleEntries(path: string): Promise<OracleEntry[]> {
  const entries: OracleEntry[] = [];
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (line !== '') entries.push(JSON.parse(line) as OracleEntry);
  }
  return entries;
}

/** More differences than this say no more. */
const SHOWN = 20;

const identity = (row: Readonly<Record<string, string | null>>): string => `${row.position_account} ${row.signature}`;

/**
 * What is wrong between the oracle and the topics, as text: updates that are missing, unequal or out of their key's order,
 * records nobody sent, refusals that are missing. Repeated deliveries are no difference.
 */
export function differences(
  oracle: readonly OracleEntry[],
  published: readonly PublishedRecord[],
  rejected: readonly RejectedUpdate[],
): string[] {
  const found: string[] = [];
  const wanted = new Map(
    oracle.filter(({ expect }) => expect === 'row').map((entry) => [identity(entry.update), entry]),
  );
  const seen = new Set<string>();
  const lastSeq = new Map<string, bigint>();
  const partitionOfKey = new Map<string, number>();
  const inLogOrder = published.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
  for (const { key = '', partition, row } of inLogOrder) {
    const id = identity(row);
    const entry = wanted.get(id);
    if (entry === undefined) {
      found.push(`nobody sent ${id}`);
      continue;
    }
    if (partitionOfKey.get(key) !== undefined && partitionOfKey.get(key) !== partition) {
      found.push(`key ${key} is in several partitions`);
    }
    partitionOfKey.set(key, partition);
    if (seen.has(id)) continue;
    seen.add(id);
    for (const [column, value] of Object.entries(entry.update)) {
      if (row[column] !== value) found.push(`${entry.seq} ${column}: ${row[column]} instead of ${value}`);
    }
    const seq = BigInt(entry.seq);
    if (seq < (lastSeq.get(key) ?? 0n)) found.push(`${entry.seq} of key ${key} came after ${lastSeq.get(key)}`);
    lastSeq.set(key, seq);
  }
  for (const [id, { seq }] of wanted) if (!seen.has(id)) found.push(`${seq} is missing: ${id}`);
  const refused = new Set(rejected.map(({ bytes }) => bytes.toString('base64')));
  const expectedRefusals = oracle.length - wanted.size;
  if (refused.size !== expectedRefusals) found.push(`${refused.size} refused instead of ${expectedRefusals}`);
  return found.length > SHOWN ? [...found.slice(0, SHOWN), `and ${found.length - SHOWN} more`] : found;
}
