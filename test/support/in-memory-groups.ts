import { type GroupMembers, nextOffset, type SinkGroups, type SinkPosition } from '../../connectors/sink-group.ts';

/** The consumer groups of sinks, in memory. Without a name, a method is about `positions-sink`. */
export interface InMemoryGroups extends SinkGroups {
  /** Members of every group from now on; undefined: Kafka does not say. */
  setMembers(members: GroupMembers | ((connector: string) => GroupMembers)): void;
  /** Commits an offset as the sink itself does. */
  commit(partition: number, offset: bigint, connector?: string): void;
  forget(partition: number, connector?: string): void;
  /** Kafka deletes the records before this offset. */
  expire(partition: number, before: bigint): void;
  /** What is committed now, by partition. */
  committed(connector?: string): Record<number, bigint>;
}

const SINK = 'positions-sink';

/** `ends`: where each partition of the topic ends; nothing is committed yet. */
export function inMemoryGroups(ends: readonly bigint[] = []): InMemoryGroups {
  let membersOf: (connector: string) => GroupMembers = () => new Set();
  const groups = new Map<string, Map<number, bigint>>();
  const lows = new Map<number, bigint>();
  const group = (connector: string): Map<number, bigint> => {
    const found = groups.get(connector) ?? new Map<number, bigint>();
    groups.set(connector, found);
    return found;
  };
  const positions = (connector: string): SinkPosition[] =>
    ends.map((end, partition) => {
      const committed = group(connector).get(partition);
      const range = { partition, low: lows.get(partition) ?? 0n, end, committed };
      return { ...range, lag: end - nextOffset(range) };
    });
  return {
    members: async (connector) => membersOf(connector),
    whileWatching: (connector, task) => task(async () => membersOf(connector)),
    reads: async ({ topic }) => new Set(Array.from({ length: topic.partitions }, (_, partition) => partition)),
    positions: async ({ sink }) => positions(sink.name),
    async setOffsets({ sink }, offsets) {
      if ((membersOf(sink.name)?.size ?? 0) > 0) throw new Error('Kafka sets no offsets of a group that has members');
      for (const [partition, offset] of offsets)
        if (offset === undefined) group(sink.name).delete(partition);
        else group(sink.name).set(partition, offset);
    },
    setMembers(now) {
      membersOf = typeof now === 'function' ? now : () => now;
    },
    commit: (partition, offset, connector = SINK) => void group(connector).set(partition, offset),
    forget: (partition, connector = SINK) => void group(connector).delete(partition),
    expire: (partition, before) => void lows.set(partition, before),
    committed: (connector = SINK) => Object.fromEntries(group(connector)),
  };
}

/** So many members, each time the same. */
export const numberedMembers = (count: number): ReadonlySet<string> =>
  new Set(Array.from({ length: count }, (_, index) => `member-${index}`));
