import { withPostgres } from '../../core/postgres.ts';
import type { Bench } from '../bench.ts';
import { requireExactRollup } from '../exact-rollup.ts';
import { writeStretch } from '../long-history.ts';
import { shortNumber } from '../report/plot.ts';
import { takeSnapshot } from '../snapshot.ts';
import { partitionedHistory } from './by-day.ts';
import { PARTITIONED_KEY, withWriters } from './course.ts';

const ROWS_PER_DAY = 1_000_000;
/** More than a server writes in half an hour. */
const DAYS = 60;

/**
 * The rate while a transaction holds a snapshot, against the rate just before: a day's rows at a time, its first commits with a new row of the
 * rollup for each position. The history is partitioned by day, so that its growth costs nothing and only the snapshot is seen.
 */
export async function underSnapshot(bench: Bench, seconds: number): Promise<Record<string, number>> {
  const database = await partitionedHistory(bench, 'held', DAYS);
  const rates: number[] = [];
  const figures = await withWriters(database, async (clients) => {
    const writeDay = async (day: number) => {
      const [from, to] = [day * ROWS_PER_DAY, (day + 1) * ROWS_PER_DAY];
      const stretch = { from, to, rowsPerDay: ROWS_PER_DAY, key: PARTITIONED_KEY };
      const { rowsPerSecond, walBytesPerRow } = await writeStretch(clients, stretch, bench.signal);
      bench.note(
        `history, snapshot ${day < 2 ? 'not ' : ''}held: ${shortNumber(to)} rows, ${shortNumber(rowsPerSecond)} rows/s, ${Math.round(walBytesPerRow)} bytes of log a row`,
      );
      return rowsPerSecond;
    };
    await writeDay(0);
    const before = await writeDay(1);
    return withPostgres(database, async (reader) => {
      await takeSnapshot(reader);
      const until = performance.now() + seconds * 1_000;
      for (let day = 2; performance.now() < until && day < DAYS; day += 1) rates.push(await writeDay(day));
      return {
        held_snapshot_seconds: seconds,
        held_snapshot_rows: rates.length * ROWS_PER_DAY,
        held_snapshot_rate_last_over_before: (rates.at(-1) ?? Number.NaN) / before,
        held_snapshot_rate_lowest_over_before: Math.min(...rates) / before,
      };
    });
  });
  await requireExactRollup(database);
  await bench.databases.drop('held');
  return figures;
}
