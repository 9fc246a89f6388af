import type { RestartCause } from './event.ts';

/** Restarts of one sink, ms since 1970. */
export interface Restarts {
  /** Since it last ran well. */
  readonly tries: readonly number[];
  /** Within the last hour, whatever became of them. */
  readonly recent: readonly number[];
}

export const NO_RESTARTS: Restarts = { tries: [], recent: [] };

/** When a sink that has failed may be started again. */
export type RestartDecision =
  | { readonly kind: 'now' }
  /** Not before this time, ms since 1970. */
  | { readonly kind: 'pause'; readonly until: number }
  /** Not before the part that is to blame answers again. */
  | { readonly kind: 'part-away' }
  /** A person has to find out. */
  | { readonly kind: 'person' };

export interface FailedSink {
  readonly cause: RestartCause;
  /** Whether the cause may end by itself: a part was away. */
  readonly passes: boolean;
  /** Whether that part answers and can serve now; undefined where no part is to blame. */
  readonly isPartOk: boolean | undefined;
  /** When the part came back, ms since 1970; undefined when it was not seen to be away. */
  readonly partBackAt: number | undefined;
}

const FIRST_PAUSE_MS = 5_000;
/** With a restart of ten seconds after it, rows flow within a minute after a part that answers all the time has been mended: a full disk. */
const LONGEST_PAUSE_MS = 40_000;
const HOUR_MS = 3_600_000;
/** While a part is to blame. */
const TRIES_AN_HOUR = 90;
/** So many tries did not help: somebody should look, while watch goes on. */
export const TRIES_BEFORE_PERSON = 10;
/** Where nobody knows, or what is known does not end by itself. */
const TRIES_WITHOUT_CAUSE = 3;

/** Pause after so many tries that did not help: 5 s, 10 s, 20 s, then 40 s each. */
const pauseMs = (tries: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));

/** Decides about a sink that has failed. `now` in ms since 1970. */
export function decideRestart({ tries, recent }: Restarts, failed: FailedSink, now: number): RestartDecision {
  if (failed.cause === 'sink') return { kind: 'person' };
  if (failed.isPartOk === false) return { kind: 'part-away' };
  const last = tries.at(-1);
  const hasPart = failed.passes && failed.isPartOk !== undefined;
  if (inLastHour(recent, now).length >= TRIES_AN_HOUR) return { kind: 'person' };
  if (!hasPart && tries.length >= TRIES_WITHOUT_CAUSE) return { kind: 'person' };
  if (last === undefined) return { kind: 'now' };
  const { partBackAt } = failed;
  // It was tried while the part was away: that says nothing of now.
  if (hasPart && partBackAt !== undefined && partBackAt > last) return { kind: 'now' };
  const until = last + pauseMs(tries.length);
  return until <= now ? { kind: 'now' } : { kind: 'pause', until };
}

/** More of them say nothing that these do not. */
const KEPT_TRIES = 100;

/** One more. */
export const withTry = ({ tries, recent }: Restarts, now: number): Restarts => ({
  tries: [...tries, now].slice(-KEPT_TRIES),
  recent: [...inLastHour(recent, now), now],
});

/** It runs well again; what it took is still counted within the hour. */
export const withSuccess = ({ recent }: Restarts): Restarts => ({ tries: [], recent });

const inLastHour = (times: readonly number[], now: number): number[] => times.filter((at) => now - at < HOUR_MS);
