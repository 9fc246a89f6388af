import type { Wait } from '../connectors/wait/wait.ts';
import { waitFor } from '../core/retry.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { readCheckpoint } from '../producer/kafka/checkpoint-store.ts';
import type { Session } from './session.ts';

/** What has become of a topic's readers and writers after it has grown. */
export interface Growth {
  readonly topic: string;
  readonly partitions: number;
  /** `unknown`: Kafka does not say which partitions the sink's tasks have. `held`: it does not run. */
  readonly sink: 'reads all' | 'held' | 'unknown';
  /** `none`: no producer has written a checkpoint lately. `older`: one has, of a version that does not see growth. `unknown`: out of reach. */
  readonly producer: 'writes to all' | 'none' | 'older' | 'unknown';
}

/** Where nobody reaches the brokers to see it. */
export const unknownGrowth = ({ name, partitions }: StreamDefinition['topic']): Growth => ({
  topic: name,
  partitions,
  sink: 'unknown',
  producer: 'unknown',
});

/** A running producer writes a checkpoint twice a second while its feed moves. */
const RUNNING_MS = 60_000;
const EVERY_MS = 1_000;

/**
 * Waits until the sink reads every partition of a topic that has grown, and until a running producer writes to all of them: each
 * looks every 30 s. Errors: TIMEOUT, UNREACHABLE.
 */
export async function waitForGrowth(session: Session, stream: StreamDefinition, wait: Wait): Promise<Growth> {
  const { name: topic, partitions } = stream.topic;
  const bounds = { everyMs: EVERY_MS, timeoutMs: wait.timeoutMs, signal: wait.signal };
  const sink = await waitFor(() => sinkAfter(session, stream), {
    ...bounds,
    what: `${stream.sink.name} to read all ${partitions} partitions of ${topic}`,
  });
  const producer = await waitFor(() => producerAfter(session, stream), {
    ...bounds,
    what: `the producer of ${stream.name} to write to all ${partitions} partitions of ${topic}`,
  });
  return { topic, partitions, sink, producer };
}

async function sinkAfter(session: Session, stream: StreamDefinition): Promise<Growth['sink'] | undefined> {
  const observed = await (await session.host()).observe(stream.sink.name);
  if (observed?.state !== 'RUNNING') return 'held';
  const reads = await session.groups.reads(stream);
  if (reads === undefined) return 'unknown';
  return reads.size >= stream.topic.partitions ? 'reads all' : undefined;
}

async function producerAfter(
  { kafka, signal }: Session,
  stream: StreamDefinition,
): Promise<Growth['producer'] | undefined> {
  const checkpoint = await readCheckpoint(kafka, stream, { clientId: 'perps-connect-deploy', signal });
  const age = Date.now() - Date.parse(checkpoint?.at ?? '');
  // Without a time it is no number, and no producer has been seen.
  if (!(age < RUNNING_MS)) return 'none';
  if (checkpoint?.partitions === undefined) return 'older';
  return checkpoint.partitions >= stream.topic.partitions ? 'writes to all' : undefined;
}
