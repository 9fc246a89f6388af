import { nextOffset, type SinkPosition } from '../../connectors/sink-group.ts';

/** How a sink goes on. */
export interface Progress {
  /** Records that wait. */
  readonly lag: bigint;
  /** Records that were committed since the first look. */
  readonly committedRecords: bigint;
  /** How long records of one partition have waited without a commit, s, of the partition where that is longest; 0 while none waits. */
  readonly commitAgeSeconds: number;
  /** How long the oldest record that waits has been in the topic, s, as far back as we have looked; 0 while none waits. */
  readonly oldestSeconds: number;
  /** Whether more records have come than were committed since ten minutes ago. */
  readonly isGrowing: boolean;
}

/** So many ends of a partition are remembered; beyond that, every second is forgotten. */
const KEPT_ENDS = 1_000;
const GROWTH_MS = 600_000;

interface End {
  readonly at: number;
  readonly end: bigint;
}

/** Where a sink stands in one partition, and since when (ms since 1970), for a watch that comes after. */
export interface Standstill {
  readonly partition: number;
  readonly next: string;
  readonly since: number;
}

/** Follows the offsets of one sink from look to look. `at` in ms since 1970. */
export function createProgress() {
  const committed = new Map<number, { readonly next: bigint; readonly since: number }>();
  const ends = new Map<number, End[]>();
  let lags: { readonly at: number; readonly lag: bigint }[] = [];
  let committedRecords = 0n;

  /** Returns since when the sink stands there while records wait. */
  const noteCommit = (position: SinkPosition, at: number): number => {
    const { partition, lag } = position;
    const next = nextOffset(position);
    const before = committed.get(partition);
    const stands = before !== undefined && before.next === next && lag > 0n;
    // Somebody may have set it back.
    if (before !== undefined && next > before.next) committedRecords += next - before.next;
    const since = stands ? before.since : at;
    committed.set(partition, { next, since });
    return since;
  };

  /** When the oldest unread record of a partition was first seen in it. */
  const oldestAt = (position: SinkPosition, at: number): number => {
    const { partition } = position;
    const next = nextOffset(position);
    const known = (ends.get(partition) ?? []).filter(({ end }) => end > next);
    if (known.at(-1)?.end !== position.end && position.lag > 0n) known.push({ at, end: position.end });
    ends.set(partition, known.length > KEPT_ENDS ? known.filter((_end, index) => index % 2 === 0) : known);
    return known[0]?.at ?? at;
  };

  function take(positions: readonly SinkPosition[], at: number): Progress {
    const standsSince = Math.min(at, ...positions.map((position) => noteCommit(position, at)));
    const lag = positions.reduce((sum, position) => sum + position.lag, 0n);
    const oldest = Math.min(at, ...positions.map((position) => oldestAt(position, at)));
    lags = [...lags.filter((one) => at - one.at <= GROWTH_MS), { at, lag }];
    const first = lags[0];
    const isGrowing = first !== undefined && at - first.at >= GROWTH_MS * 0.9 && lag > first.lag;
    return {
      lag,
      committedRecords,
      commitAgeSeconds: (at - standsSince) / 1000,
      oldestSeconds: (at - oldest) / 1000,
      isGrowing,
    };
  }

  return {
    take,
    standstill: (): Standstill[] =>
      [...committed].map(([partition, { next, since }]) => ({ partition, next: next.toString(), since })),
    /** Goes on from where another watch has seen the sink, where it still stands there. After the first look. */
    resume(known: readonly Standstill[]): void {
      for (const { partition, next, since } of known) {
        const now = committed.get(partition);
        if (now?.next.toString() === next) committed.set(partition, { ...now, since: Math.min(now.since, since) });
      }
    },
  };
}
