import type { SinkGroups, SinkPosition } from '../../connectors/sink-group.ts';

/** The consumer group of one sink, in memory. */
export interface InMemoryGroups extends SinkGroups {
  /** Members from now on; undefined: Kafka does not say. */
  setMembers(members: ReadonlySet<string> | undefined): void;
  /** Commits an offset as the sink itself does. */
  commit(partition: number, offset: bigint): void;
  forget(partition: number): void;
  /** What is committed now, by partition. */
  committed(): Record<number, bigint | undefined>;
}

/** `ends`: where each partition of the topic ends; nothing is committed yet. */
export function inMemoryGroups(ends: readonly bigint[] = []): InMemoryGroups {
  let members: ReadonlySet<string> | undefined = new Set();
  const committed = new Map<number, bigint>();
  const positions = (): SinkPosition[] =>
    ends.map((end, partition) => {
      const offset = committed.get(partition);
      return { partition, low: 0n, end, committed: offset, lag: end - (offset ?? 0n) };
    });
  return {
    members: async () => members,
    whileWatching: (_connector, task) => task(async () => members),
    positions: async () => positions(),
    async setOffsets(_stream, offsets) {
      if ((members?.size ?? 0) > 0) throw new Error('Kafka sets no offsets of a group that has members');
      for (const [partition, offset] of offsets)
        if (offset === undefined) committed.delete(partition);
        else committed.set(partition, offset);
    },
    setMembers(now) {
      members = now;
    },
    commit: (partition, offset) => void committed.set(partition, offset),
    forget: (partition) => void committed.delete(partition),
    committed: () => Object.fromEntries(committed),
  };
}

/** So many members, each time the same. */
export const numberedMembers = (count: number): ReadonlySet<string> =>
  new Set(Array.from({ length: count }, (_, index) => `member-${index}`));
