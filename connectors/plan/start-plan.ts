import type { StreamDefinition } from '../../pipeline/types.ts';
import type { SinkPosition } from '../sink-group.ts';

/** Where a connector begins that has to be created while offsets of an earlier one are still there. */
export const START_FROM = ['resume', 'earliest', 'latest'] as const;
export type StartFrom = (typeof START_FROM)[number];

/** What the choice means for the rows. Offsets outlive a deleted connector; a new one of its name resumes at them. */
export function startEffects(
  { sink: { name }, topic }: Pick<StreamDefinition, 'sink' | 'topic'>,
  from: StartFrom,
  offsets: readonly SinkPosition[],
): string[] {
  const places = committedPlaces(topic.name, offsets);
  switch (from) {
    case 'resume': {
      if (places === '') return [];
      return [
        `resumes where an earlier ${name} stopped (${places}): its offsets are still there; --from earliest or --from latest begins elsewhere`,
      ];
    }
    case 'earliest': {
      if (places === '') return [];
      const again = sum(offsets.map(({ low, end, committed }) => clamp(committed ?? low, low, end) - low));
      return [`begins with the oldest record, not where an earlier ${name} stopped: ${records(again)} upserted again`];
    }
    case 'latest': {
      const skipped = sum(offsets.map(({ low, end, committed }) => end - clamp(committed ?? low, low, end)));
      return [`begins with the next record: ${records(skipped)} left out of the table`];
    }
  }
}

/** `positions-0@17, positions-1@4`: where a group stands that has committed offsets; empty for none. */
export const committedPlaces = (topic: string, offsets: readonly SinkPosition[]): string =>
  offsets
    .filter(({ committed }) => committed !== undefined)
    .map(({ partition, committed }) => `${topic}-${partition}@${committed}`)
    .join(', ');

/** Where a new sink begins in one partition of its topic, and what its group had committed there before. */
export interface StartOffset {
  readonly partition: number;
  readonly to: bigint;
  readonly before: bigint | undefined;
}

/** The offsets that have to be set before a sink begins; empty when there is nothing to set. */
export function startOffsets(from: StartFrom, offsets: readonly SinkPosition[]): StartOffset[] {
  if (from === 'resume') return [];
  return (
    offsets
      .map(({ partition, low, end, committed }) => ({
        partition,
        before: committed,
        to: from === 'earliest' ? low : end,
      }))
      // Without a committed offset a sink begins with the oldest record by itself.
      .filter(({ before, to }) => (before === undefined ? from === 'latest' : before !== to))
  );
}

const clamp = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);
const sum = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const records = (count: bigint): string => (count === 1n ? '1 record is' : `${count} records are`);
