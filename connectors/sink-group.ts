import { ConnectError } from '../core/errors.ts';
import { type KafkaConnection, withAdmin } from '../core/kafka.ts';
import type { KafkaAdmin } from '../core/kafka-admin.ts';
import { sinkGroup } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** Where a sink stands in one partition whose records are in [low, end). */
export interface SinkPosition {
  readonly partition: number;
  readonly low: bigint;
  readonly end: bigint;
  /** Next offset the sink reads; undefined when it has committed none and so begins with the oldest record. */
  readonly committed: bigint | undefined;
  readonly lag: bigint;
}

/** Members of a group: one for each task, with a new id each time the task starts. Undefined when Kafka does not say. */
export type GroupMembers = ReadonlySet<string> | undefined;

/** The consumer groups of sinks, as Kafka has them. Errors: UNREACHABLE, REFUSED. */
export interface SinkGroups {
  members(connector: string): Promise<GroupMembers>;
  /** Runs a task that asks for the members time and again, over one connection. */
  whileWatching<T>(connector: string, task: (members: () => Promise<GroupMembers>) => Promise<T>): Promise<T>;
  /** The partitions that the sink's tasks read between them. Undefined when Kafka does not say. */
  reads(stream: StreamDefinition): Promise<ReadonlySet<number> | undefined>;
  /** Where the sink stands in every partition of its topic; empty without the topic. */
  positions(stream: StreamDefinition): Promise<readonly SinkPosition[]>;
  /** Sets the next offsets of a group without members; a partition whose offset is undefined is forgotten. */
  setOffsets(stream: StreamDefinition, offsets: ReadonlyMap<number, bigint | undefined>): Promise<void>;
}

const CLIENT_ID = 'perps-connect-sinks';

export const createSinkGroups = (kafka: KafkaConnection): SinkGroups => {
  const ask = <T>(task: (admin: KafkaAdmin) => Promise<T>): Promise<T> => withAdmin(kafka, CLIENT_ID, task);
  return {
    members: (connector) => ask((admin) => membersIn(admin, connector)),
    whileWatching: (connector, task) => ask((admin) => task(() => membersIn(admin, connector))),
    reads: (stream) =>
      ask((admin) => admin.assignedPartitions(sinkGroup(stream), stream.topic.name)).catch(() => undefined),
    positions: (stream) => ask(async (admin) => (await positionsIn(admin, stream)) ?? []),
    setOffsets: (stream, offsets) => ask((admin) => setOffsets(admin, stream, offsets)),
  };
};

/** Where the brokers cannot be reached: nothing is known of any group, and no offset can be set. */
export const unknownGroups: SinkGroups = {
  members: async () => undefined,
  whileWatching: (_connector, task) => task(async () => undefined),
  reads: async () => undefined,
  positions: async () => [],
  setOffsets: async () => {
    throw new ConnectError('UNREACHABLE', 'no offsets can be set: the brokers cannot be reached from here');
  },
};

/** Undefined without permission, or for a group protocol that the client does not know. */
async function membersIn(admin: KafkaAdmin, connector: string): Promise<GroupMembers> {
  try {
    return await admin.groupMembers(sinkGroup({ sink: { name: connector } }));
  } catch {
    return undefined;
  }
}

/** What of Kafka's administration tells offsets. */
export type OffsetReader = Pick<KafkaAdmin, 'ranges' | 'committedOffsets'>;

/**
 * Where the sink stands in every partition of its topic; undefined without the topic. The one source of offsets and lag:
 * records that Kafka has expired are no lag, and an offset beyond the end counts as the end.
 */
export async function positionsIn(admin: OffsetReader, stream: StreamDefinition): Promise<SinkPosition[] | undefined> {
  const topic = stream.topic.name;
  const seen = await admin.ranges(topic);
  if (seen === undefined) return undefined;
  const committed = await admin.committedOffsets(sinkGroup(stream), topic);
  // Meanwhile the topic may have grown, and the sink gone on.
  const isBeyond = seen.some(({ partition, high }) => (committed.get(partition) ?? 0n) > high);
  const ranges = isBeyond ? ((await admin.ranges(topic)) ?? seen) : seen;
  return ranges.map(({ partition, low, high: end }) => {
    const range = { partition, low, end, committed: committed.get(partition) };
    return { ...range, lag: end - nextOffset(range) };
  });
}

/** The record the sink reads next: Kafka may have expired what it had committed, or the topic may be a new one. */
export function nextOffset({ low, end, committed }: Omit<SinkPosition, 'lag'>): bigint {
  const next = committed ?? low;
  if (next < low) return low;
  return next > end ? end : next;
}

/** Kafka forgets offsets of a whole group only, so what is to stay is set again. */
async function setOffsets(
  admin: KafkaAdmin,
  stream: StreamDefinition,
  offsets: ReadonlyMap<number, bigint | undefined>,
): Promise<void> {
  const group = sinkGroup(stream);
  let wanted = offsets;
  if ([...offsets.values()].includes(undefined)) {
    const positions = (await positionsIn(admin, stream)) ?? [];
    const kept = positions.map(({ partition, committed }) => [partition, committed] as const);
    wanted = new Map([...kept, ...offsets]);
    await admin.deleteGroup(group);
  }
  const set = new Map(
    [...wanted].flatMap(([partition, offset]) => (offset === undefined ? [] : [[partition, offset]])),
  );
  if (set.size > 0) await admin.commitOffsets(group, stream.topic.name, set);
}
