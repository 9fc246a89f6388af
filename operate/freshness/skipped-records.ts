import type { SinkPosition } from '../../connectors/sink-group.ts';
import { GAP_FORMS, type Gap, type GapMark } from '../gaps.ts';
import { createMarks } from '../marks.ts';
import type { StreamSource } from '../read-records.ts';

/** Key prefix of marks about records that a sink does not read, because somebody has set its offsets behind them. */
export const SKIPPED = 'skipped';

/** What a sink that begins with the next record does not read. */
export const unreadRecords = (positions: readonly SinkPosition[]): Gap[] =>
  positions.flatMap(({ partition, end, lag }) => (lag === 0n ? [] : [{ partition, from: end - lag, to: end - 1n }]));

/** Records it before it happens, for whoever says up to where the table is complete. Errors: UNREACHABLE, REFUSED. */
export async function recordSkipped(source: StreamSource, skipped: readonly Gap[]): Promise<void> {
  if (skipped.length === 0) return;
  const at = new Date().toISOString();
  const marks = skipped.map(({ partition, from, to }) => {
    const mark = { partition, from: from.toString(), to: to.toString(), at };
    return [`${partition}/${from}`, mark] as const;
  });
  await createMarks<GapMark>(source, SKIPPED, GAP_FORMS).write(new Map(marks));
}
