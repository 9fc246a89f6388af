import { ConnectError } from '../../core/errors.ts';
import { type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import type { Bench } from '../bench.ts';
import { partitionSteps } from './by-day.ts';
import { type Course, fill, ONE_TABLE_KEY, timeReads } from './course.ts';
import { runStep } from './migration-steps.ts';

/** One table with the shipped key; at the end it becomes a partitioned one, and one table again. */
export async function oneTable(bench: Bench, rows: number): Promise<Course> {
  const database = await bench.databases.fresh('history', 'ours');
  const costs = await fill(bench, database, 'one table', rows, ONE_TABLE_KEY);
  const reads = await timeReads(database);
  const more = await turnOver(bench, database);
  await bench.databases.drop('history');
  return { name: 'one table', costs, reads, more };
}

/** The table becomes a partitioned one and one table again; every column of every row stays. */
async function turnOver(bench: Bench, database: PostgresConnection) {
  const { up, down } = await partitionSteps(bench);
  return withPostgres(database, async (client) => {
    const rows = async () =>
      (
        await client.query(
          "SELECT count(*) || ' ' || sum(hashtextextended(p::text, 0)::numeric) AS rows FROM positions AS p",
        )
      ).rows[0];
    const before = JSON.stringify(await rows());
    const figures: Record<string, number> = {};
    for (const [name, steps] of [
      ['turn_over', up],
      ['turn_back', down],
    ] as const) {
      const began = performance.now();
      for (const sql of steps) {
        const step = performance.now();
        await runStep(client, sql);
        if (sql.includes('-- Step: the partitions')) figures.turn_over_locked_ms = performance.now() - step;
      }
      figures[`${name}_seconds`] = (performance.now() - began) / 1_000;
      if (JSON.stringify(await rows()) !== before) throw new ConnectError('INTERNAL', `${name} has changed rows`);
      bench.note(`history: ${name} took ${figures[`${name}_seconds`]?.toFixed(1)} s, every column equal`);
    }
    return figures;
  });
}
