import type { Claim, ClaimRecord } from './claim.ts';

/** A moment by two clocks: one that people set, and one that nobody sets but that may stand still while a machine sleeps. */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

export const now = (): Moment => ({ wall: Date.now(), steady: performance.now() });

/** At least so many ms have passed. Who waits for another's claim to expire counts these. */
export const atLeastSince = (then: Moment, moment: Moment): number =>
  Math.max(0, Math.min(moment.wall - then.wall, moment.steady - then.steady));

/** At most so many ms have passed. Who holds a claim counts these. */
export const atMostSince = (then: Moment, moment: Moment): number =>
  Math.max(moment.wall - then.wall, moment.steady - then.steady);

interface LiveClaim {
  readonly id: string;
  readonly claim: Claim;
  readonly ticket: bigint;
  readonly offset: bigint;
  /** When its latest record was read here. */
  readonly seen: Moment;
}

/** The claims that have not ended, as one reader of the log knows them. */
export type LiveClaims = ReturnType<typeof createLiveClaims>;

/**
 * No two machines need agree about the time: a claim has expired for a reader who has seen no new record of it for its time to
 * live, by the reader's own clock.
 */
export function createLiveClaims(clock: () => Moment) {
  const live = new Map<string, LiveClaim>();
  /** A late renewal does not bring a claim back. */
  const ended = new Set<string>();
  return {
    apply(records: readonly ClaimRecord[]): void {
      for (const { id, offset, claim } of records) {
        if (claim === undefined) {
          ended.add(id);
          live.delete(id);
        } else if (!ended.has(id)) {
          const ticket = live.get(id)?.ticket ?? (claim.ticket === undefined ? offset : BigInt(claim.ticket));
          live.set(id, { id, claim, ticket, offset, seen: clock() });
        }
      }
    },
    /** Who holds: the oldest live claim. */
    holder(): LiveClaim | undefined {
      return [...live.values()].sort((a, b) => (a.ticket < b.ticket ? -1 : 1))[0];
    },
    has: (id: string): boolean => live.has(id),
    /** Claims that were not renewed in time. */
    expired: (): LiveClaim[] =>
      [...live.values()].filter(({ seen, claim }) => atLeastSince(seen, clock()) >= claim.ttlMs),
  };
}
