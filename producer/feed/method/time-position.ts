import type { MethodPosition } from './position-kind.ts';

/**
 * A feed that replays nothing. Its marks are the times at which messages came, ms since 1970, and its order is that of arrival in the
 * topic. From the last message before a break to the first subscription after it, updates may be lost.
 */
export function createTimePosition(heard: string | undefined, now: () => number = Date.now): MethodPosition {
  const start = heard === undefined ? Number.NaN : Date.parse(heard);
  let last = Number.isNaN(start) ? undefined : BigInt(start);

  return {
    get slot() {
      return last;
    },
    take() {
      const at = BigInt(now());
      if (last === undefined || at > last) last = at;
      return undefined;
    },
    resume: () => undefined,
    subscribed() {
      if (last === undefined) return undefined;
      return { from: isoOf(last), to: new Date(now()).toISOString() };
    },
    place: (mark) => ({ kind: 'none', heard: isoOf(mark) }),
  };
}

const isoOf = (mark: bigint): string => new Date(Number(mark)).toISOString();
