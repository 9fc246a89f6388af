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

/** What of a stream names its sink's group and the topic that it reads. */
export interface SinkTopic {
  readonly sink: Pick<StreamDefinition['sink'], 'name'>;
  readonly topic: Pick<StreamDefinition['topic'], 'name'>;
}

/** Members of a group: one for each task, with a new id each time the task starts. Undefined when Kafka does not say. */
export type GroupMembers = ReadonlySet<string> | undefined;

const CLIENT_ID = 'perps-connect-sinks';

/** The consumer groups of sinks, as Kafka has them. Errors: UNREACHABLE, REFUSED. */
export type SinkGroups = ReturnType<typeof createSinkGroups>;

/** `isOutOfReach`: the brokers cannot be reached. Then nothing is known of any group, and no offset can be set. */
export function createSinkGroups(kafka: KafkaConnection, isOutOfReach: () => boolean = () => false) {
  const ask = async <T>(task: (admin: KafkaAdmin) => Promise<T>, unknown: T): Promise<T> =>
    isOutOfReach() ? unknown : withAdmin(kafka, CLIENT_ID, task);
  return {
    members: (connector: string) => ask((admin) => membersIn(admin, connector), undefined),
    /** Runs a task that asks for the members time and again, over one connection. */
    whileWatching: <T>(connector: string, task: (members: () => Promise<GroupMembers>) => Promise<T>): Promise<T> =>
      isOutOfReach()
        ? task(async () => undefined)
        : withAdmin(kafka, CLIENT_ID, (admin) => task(() => membersIn(admin, connector))),
    /** The partitions that the sink's tasks read between them. Undefined when Kafka does not say. */
    reads: (stream: StreamDefinition): Promise<ReadonlySet<number> | undefined> =>
      ask((admin) => admin.assignedPartitions(sinkGroup(stream), stream.topic.name), undefined).catch(() => undefined),
    /** Where the sink stands in every partition of its topic; empty without the topic. */
    positions: (stream: SinkTopic) => ask(async (admin) => (await positionsIn(admin, stream)) ?? [], []),
    /** Sets the next offsets of a group without members; a partition whose offset is undefined is forgotten. */
    setOffsets: async (stream: SinkTopic, offsets: ReadonlyMap<number, bigint | undefined>): Promise<void> => {
      if (isOutOfReach())
        throw new ConnectError('UNREACHABLE', 'no offsets can be set: the brokers cannot be reached from here');
      await withAdmin(kafka, CLIENT_ID, (admin) => setOffsets(admin, stream, offsets));
    },
  };
}

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
export async function positionsIn(admin: OffsetReader, stream: SinkTopic): Promise<SinkPosition[] | undefined> {
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
  stream: SinkTopic,
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
