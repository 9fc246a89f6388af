import type { OffsetMove, PlannedReset, SinkOffsets } from '../../app/offsets.ts';
import { count, table } from '../format.ts';

/** Each partition with its offsets, and the slot and time of the record that comes next. */
export function offsetLines({ connector, topic, partitions }: SinkOffsets): string[] {
  const header = ['PARTITION', 'COMMITTED', 'END', 'LAG', 'NEXT SLOT', 'NEXT PUBLISHED'];
  const rows = partitions.map(({ partition, committed, end, lag, next }) => [
    `${topic}-${partition}`,
    committed?.toString() ?? 'none',
    end.toString(),
    count(lag),
    next?.slot?.toString() ?? (next === undefined ? '' : '?'),
    next?.publishedAt ?? '',
  ]);
  return [connector, ...table([header, ...rows])];
}

/** Each partition that a reset moves, and what the moves mean. */
export function resetLines({ connector, topic, moves, again, skipped, gaps, effects }: PlannedReset): string[] {
  if (moves.length === 0) return [`= offsets of ${connector}  stand there already`];
  return [
    `~ offsets of ${connector}`,
    ...moves.map((move) => `    ~ ${topic}-${move.partition}  ${move.from} → ${move.to}  (${moveWords(move)})`),
    ...(again === 0n ? [] : [`  ${count(again)} records are upserted again; older deliveries change nothing`]),
    ...(skipped === 0n ? [] : [`  ${count(skipped)} records are left out: they do not reach the table`]),
    ...gaps.map(
      ({ partition, from, to }) =>
        `  records ${from} to ${to} of ${topic}-${partition} were deleted unread: only with --accept-gap`,
    ),
    ...effects.map((effect) => `  ${effect}`),
  ];
}

function moveWords({ again, skipped }: OffsetMove): string {
  if (again > 0n) return `${count(again)} again`;
  return skipped > 0n ? `${count(skipped)} skipped` : 'what lies between has expired';
}
