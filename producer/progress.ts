/** Updates a second over the last few seconds, from counts taken now and then. */
export function createRateMeter(windowMs = 3_000, now: () => number = Date.now) {
  const samples: { at: number; count: number }[] = [];
  return {
    /** Takes the count so far; returns the rate since the oldest sample within the window. */
    sample(count: number): number {
      const at = now();
      samples.push({ at, count });
      while (samples.length > 2 && at - (samples[1]?.at ?? at) >= windowMs) samples.shift();
      const oldest = samples[0];
      if (oldest === undefined || at <= oldest.at) return 0;
      return ((count - oldest.count) * 1_000) / (at - oldest.at);
    },
  };
}
