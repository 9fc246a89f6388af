import { nextOffset, type SinkPosition } from '../../connectors/sink-group.ts';

/** How a sink goes on. */
export interface Progress {
  /** Records that wait. */
  readonly lag: bigint;
  /** Records that were committed since the first look. */
  readonly committedRecords: bigint;
  /** How long records have waited without a commit, s; 0 while none waits. */
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

/** Where a sink that records wait for has stood since when, for a watch that comes after. */
export interface Standstill {
  /** ms since 1970. */
  readonly since: number;
  /** Next offsets, by partition. */
  readonly next: readonly (readonly [partition: number, next: string])[];
}

/** Follows the offsets of one sink from look to look. `at` in ms since 1970. */
export function createProgress() {
  const committed = new Map<number, bigint>();
  const ends = new Map<number, End[]>();
  let lags: { readonly at: number; readonly lag: bigint }[] = [];
  let committedRecords = 0n;
  let movedAt: number | undefined;

  const noteCommit = (position: SinkPosition): bigint => {
    const { partition } = position;
    const next = nextOffset(position);
    const before = committed.get(partition) ?? next;
    committed.set(partition, next);
    // Somebody may have set it back.
    return next > before ? next - before : 0n;
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

  const standsAt = (): Standstill['next'] =>
    [...committed].map(([partition, next]) => [partition, next.toString()] as const);

  function take(positions: readonly SinkPosition[], at: number): Progress {
    const moved = positions.reduce((sum, position) => sum + noteCommit(position), 0n);
    const lag = positions.reduce((sum, position) => sum + position.lag, 0n);
    committedRecords += moved;
    if (movedAt === undefined || moved > 0n || lag === 0n) movedAt = at;
    const oldest = Math.min(at, ...positions.map((position) => oldestAt(position, at)));
    lags = [...lags.filter((one) => at - one.at <= GROWTH_MS), { at, lag }];
    const first = lags[0];
    const isGrowing = first !== undefined && at - first.at >= GROWTH_MS * 0.9 && lag > first.lag;
    return {
      lag,
      committedRecords,
      commitAgeSeconds: (at - movedAt) / 1000,
      oldestSeconds: (at - oldest) / 1000,
      isGrowing,
    };
  }

  return {
    take,
    standstill: (): Standstill | undefined =>
      movedAt === undefined ? undefined : { since: movedAt, next: standsAt() },
    /** Goes on from where another watch has seen the sink, if it still stands there. After the first look. */
    resume({ since, next }: Standstill): void {
      const isThere = JSON.stringify(next) === JSON.stringify(standsAt());
      if (isThere && movedAt !== undefined) movedAt = Math.min(movedAt, since);
    },
  };
}
