import type { SinkPosition } from '../../connectors/sink-group.ts';
import type { NextRecord } from '../../operate/offset-positions.ts';
import type { OffsetMove, ResetPlan } from '../../operate/reset-offsets.ts';
import { count, table } from '../format.ts';

/** Where one sink stands, with what is known of the records it reads next. */
export interface SinkOffsets {
  readonly connector: string;
  readonly topic: string;
  readonly partitions: readonly (SinkPosition & { readonly next: NextRecord | undefined })[];
  /** Why the next records could not be read. */
  readonly unread?: string;
}

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
export function planLines(connector: string, topic: string, { moves, again, skipped }: ResetPlan): string[] {
  if (moves.length === 0) return [`= offsets of ${connector}  stand there already`];
  return [
    `~ offsets of ${connector}`,
    ...moves.map((move) => `    ~ ${topic}-${move.partition}  ${move.from} → ${move.to}  (${moveWords(move)})`),
    ...(again === 0n ? [] : [`  ${count(again)} records are upserted again; older deliveries change nothing`]),
    ...(skipped === 0n ? [] : [`  ${count(skipped)} records are left out: they do not reach the table`]),
  ];
}

function moveWords({ again, skipped }: OffsetMove): string {
  if (again > 0n) return `${count(again)} again`;
  return skipped > 0n ? `${count(skipped)} skipped` : 'what lies between has expired';
}
