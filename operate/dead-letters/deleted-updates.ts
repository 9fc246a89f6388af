import type { PartitionRange } from '../../core/kafka-admin.ts';
import { rejectedTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { formatPlace } from '../record-place.ts';
import type { DiscardMark } from './discard-marks.ts';

/** The first offset that the rejected topic still has, by partition: Kafka has deleted as many refused updates before it. */
export type FirstOffsets = ReadonlyMap<number, bigint>;

export const firstOffsets = (ranges: readonly PartitionRange[] = []): FirstOffsets =>
  new Map(ranges.map(({ partition, low }) => [partition, low]));

export const deletedUpdates = (first: FirstOffsets): bigint => [...first.values()].reduce((sum, low) => sum + low, 0n);

/** The id of the mark that says of everything before an offset that it need not reach the table. */
const markId = (partition: number): string => `deleted-${partition}`;

/** Marks for everything that Kafka has deleted. */
export const deletedMarks = (
  stream: StreamDefinition,
  first: FirstOffsets,
  word: Pick<DiscardMark, 'reason' | 'at'>,
): Map<string, DiscardMark> =>
  new Map(
    [...first].flatMap(([partition, offset]) => {
      const of = formatPlace({ topic: rejectedTopic(stream), partition, offset });
      return offset === 0n ? [] : [[markId(partition), { of, ...word }] as const];
    }),
  );

/**
 * Refused updates that Kafka has deleted before anybody replayed or discarded them. Of several copies only one has a name in the
 * marks, so it may say more than there were, and never less. `handled`: the names of those with marks.
 */
export function unhandledDeleted(
  stream: StreamDefinition,
  first: FirstOffsets,
  discarded: ReadonlyMap<string, DiscardMark>,
  handled: Iterable<string>,
): bigint {
  const names = new Set(handled);
  const offsetIn = (name: string | undefined, partition: number): bigint | undefined => {
    const prefix = `${rejectedTopic(stream)}-${partition}@`;
    const digits = name?.startsWith(prefix) === true ? name.slice(prefix.length) : '';
    return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
  };
  let open = 0n;
  for (const [partition, low] of first) {
    const from = offsetIn(discarded.get(markId(partition))?.of, partition) ?? 0n;
    if (from >= low) continue;
    const named = [...names].filter((name) => {
      const offset = offsetIn(name, partition);
      return offset !== undefined && offset >= from && offset < low;
    });
    const left = low - from - BigInt(named.length);
    open += left > 0n ? left : 0n;
  }
  return open;
}
