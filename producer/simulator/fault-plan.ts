import type { FeedSettings } from './feed-settings.ts';

/** Where in a feed the updates stand that no table can hold. */
export type FaultPlan = ReturnType<typeof planFaults>;

/** In a feed without end, a given number of faulty updates stand this far apart. */
const ENDLESS_SPACING = 1_000;

/** `updates` is the number of all updates; Infinity for no end. */
export function planFaults({
  updates,
  faulty = 0,
  faultyEvery,
}: Pick<FeedSettings, 'faulty' | 'faultyEvery'> & { readonly updates: number }) {
  const most = faultyEvery === undefined ? faulty : Number.POSITIVE_INFINITY;
  const spread = updates === Number.POSITIVE_INFINITY ? ENDLESS_SPACING : updates / faulty;
  const spacing = faultyEvery ?? spread;
  // Each stands in the middle of its share of the feed.
  /** The place of the n-th one (n from 0) in the feed, from 1; Infinity when there is no n-th. */
  const placeOf = (n: number): number => (n < most ? Math.floor((n + 0.5) * spacing) + 1 : Number.POSITIVE_INFINITY);
  return {
    placeOf,
    /** How many there are among the first `count` updates. */
    among(count: number): number {
      if (most === 0) return 0;
      let n = Math.min(most, Math.max(0, Math.floor(count / spacing - 0.5)));
      while (n < most && placeOf(n) <= count) n += 1;
      return n;
    },
  };
}
