import { keyMigration } from '../../app/key-migration.ts';
import { withPostgres } from '../../core/postgres.ts';
import type { Bench } from '../bench.ts';
import { type Course, fill, ONE_TABLE_KEY, timeReads } from './course.ts';
import { runStep, stepsOf } from './migration-steps.ts';

const KEY = ['slot', ...ONE_TABLE_KEY];

/** One table whose key begins with the slot, made by the statements that `connect key migration` writes, with a hash index on the signature. */
export async function slotFirst(bench: Bench, rows: number): Promise<Course> {
  const database = await bench.databases.fresh('history', 'ours');
  const { up } = stepsOf(
    keyMigration({
      table: bench.stack.stream.table.name,
      key: KEY,
      former: { name: 'idx_unique_signature_position', columns: ONE_TABLE_KEY, definition: '' },
      lookups: [{ column: 'signature', method: 'hash' }],
    }),
  );
  await withPostgres(database, async (client) => {
    for (const sql of up) await runStep(client, sql);
  });
  const costs = await fill(bench, database, 'slot first', rows, KEY);
  const reads = await timeReads(database);
  await bench.databases.drop('history');
  return { name: 'slot first', costs, reads, more: {} };
}
