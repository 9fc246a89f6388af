/** Where a connector begins that has to be created while offsets of an earlier one are still there. */
export const START_FROM = ['resume', 'earliest', 'latest'] as const;
export type StartFrom = (typeof START_FROM)[number];

/** What the consumer group of a connector that is not there has committed in one partition whose records are in [low, end). */
export interface ObservedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly low: bigint;
  readonly end: bigint;
  readonly committed: bigint | undefined;
}

/** What the choice means for the rows. Offsets outlive a deleted connector; a new one of its name resumes at them. */
export function startEffects(name: string, from: StartFrom, offsets: readonly ObservedOffset[]): string[] {
  const left = offsets.filter(({ committed }) => committed !== undefined);
  switch (from) {
    case 'resume': {
      if (left.length === 0) return [];
      const places = left.map(({ topic, partition, committed }) => `${topic}-${partition}@${committed}`).join(', ');
      return [
        `resumes where an earlier ${name} stopped (${places}): its offsets are still there; --from earliest or --from latest begins elsewhere`,
      ];
    }
    case 'earliest': {
      if (left.length === 0) return [];
      const again = sum(offsets.map(({ low, end, committed }) => clamp(committed ?? low, low, end) - low));
      return [`begins with the oldest record, not where an earlier ${name} stopped: ${records(again)} upserted again`];
    }
    case 'latest': {
      const skipped = sum(offsets.map(({ low, end, committed }) => end - clamp(committed ?? low, low, end)));
      return [`begins with the next record: ${records(skipped)} left out of the table`];
    }
  }
}

/** The offset each partition is to begin at; empty when there is nothing to set. */
export function startOffsets(from: StartFrom, offsets: readonly ObservedOffset[]): ReadonlyMap<number, bigint> {
  if (from === 'resume') return new Map();
  const moved = offsets
    .map(({ partition, low, end, committed }) => ({ partition, committed, to: from === 'earliest' ? low : end }))
    // Without a committed offset a sink begins with the oldest record by itself.
    .filter(({ committed, to }) => (committed === undefined ? from === 'latest' : committed !== to));
  return new Map(moved.map(({ partition, to }) => [partition, to]));
}

const clamp = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const records = (count: bigint): string => (count === 1n ? '1 record is' : `${count} records are`);
