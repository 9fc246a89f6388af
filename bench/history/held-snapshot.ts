import { withPostgres } from '../../core/postgres.ts';
import type { Bench } from '../bench.ts';
import { writeStretch } from '../long-history.ts';
import { shortNumber } from '../report/plot.ts';
import { ONE_TABLE_KEY, withWriters } from './course.ts';

const HELD_ROWS = 1_000_000;

/** The rate while a transaction holds a snapshot, against the rate just before. */
export async function underSnapshot(bench: Bench, seconds: number): Promise<Record<string, number>> {
  const database = await bench.databases.fresh('held', 'ours');
  const stretch = { rowsPerDay: 100_000_000, key: ONE_TABLE_KEY };
  const figures = await withWriters(database, async (clients) => {
    await writeStretch(clients, { ...stretch, from: 0, to: HELD_ROWS }, bench.signal);
    const before = await writeStretch(clients, { ...stretch, from: HELD_ROWS, to: HELD_ROWS + 500_000 }, bench.signal);
    return withPostgres(database, async (reader) => {
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM positions LIMIT 1');
      const until = performance.now() + seconds * 1_000;
      let last = before.rowsPerSecond;
      for (let from = HELD_ROWS + 500_000; performance.now() < until; from += 50_000) {
        last = (await writeStretch(clients, { ...stretch, from, to: from + 50_000 }, bench.signal)).rowsPerSecond;
        bench.note(`history, snapshot held: ${shortNumber(last)} rows/s`);
      }
      return { held_snapshot_seconds: seconds, held_snapshot_rate_last_over_before: last / before.rowsPerSecond };
    });
  });
  await bench.databases.drop('held');
  return figures;
}
