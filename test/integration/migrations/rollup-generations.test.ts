import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withPostgres } from '../../../core/postgres.ts';
import { migrate } from '../../../migrations/runner.ts';
import { createWrites } from '../../support/position-writes.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const NAME = '0012_rollup_generations';
const DEADLOCK = '40P01';

let test: TestProject;
let folder: string;
beforeAll(async () => {
  test = await createTestProject({ name: 'generations' });
  folder = join(test.root, 'migrations');
  const later = readdirSync(folder).filter((file) => Number(file.slice(0, 4)) > Number(NAME.slice(0, 4)));
  for (const file of later) rmSync(join(folder, file));
  await migrate(test.database, { folder, direction: 'up' });
});
afterAll(() => test.remove());

const query = (sql: string) => withPostgres(test.database, (client) => client.query(sql));

/** Runs the newest migration, ended before each of its steps once. */
async function interrupted(direction: 'up' | 'down'): Promise<number> {
  const seen = new Set<number>();
  for (;;) {
    try {
      await migrate(test.database, {
        folder,
        direction,
        count: 1,
        onStep: ({ number }) => {
          if (seen.has(number)) return;
          seen.add(number);
          throw new Error('ended');
        },
      });
      return seen.size;
    } catch (error) {
      if (!(error as Error).message.includes('ended')) throw error;
    }
  }
}

it('goes up and down while sinks write, ended before each step, and the rollup is exact each time', async () => {
  const stop = new AbortController();
  let commits = 0;
  const write = (writer: string, seed: number) =>
    withPostgres(test.database, async (client) => {
      const next = createWrites(seededRandom(seed), { accounts: ['P1', 'P2', 'P3', 'P4', writer], writer });
      while (!stop.signal.aborted) {
        const { text, values } = next();
        await client.query(text, [...values]).catch((error: { code?: string }) => {
          if (error.code !== DEADLOCK) throw error;
        });
        commits += 1;
      }
    });
  /** Behind a reader the step that takes the tables waits, and sinks wait behind it. */
  const read = () =>
    withPostgres(test.database, async (client) => {
      while (!stop.signal.aborted) {
        await client.query('BEGIN; SELECT FROM position_days LIMIT 1');
        await sleep(150);
        await client.query('COMMIT');
      }
    });
  const writing = Promise.all([write('a', 1), write('b', 2), read()]);
  try {
    await query('CREATE VIEW days_of_mine AS SELECT position_account, day, slot FROM position_days');
    const counts: number[] = [];
    for (const direction of ['down', 'up', 'down', 'up'] as const) {
      const before = commits;
      expect(await interrupted(direction)).toBeGreaterThan(2);
      const { rows } = await query(`
        (TABLE position_days EXCEPT ALL TABLE position_days_from_history)
        UNION ALL (TABLE position_days_from_history EXCEPT ALL TABLE position_days)`);
      expect(rows, direction).toEqual([]);
      counts.push(commits - before);
    }
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect((await query('SELECT FROM days_of_mine')).rowCount).toBeGreaterThan(0);
  } finally {
    stop.abort();
    await writing;
  }
  expect((await query('SELECT FROM pg_index WHERE NOT indisvalid')).rowCount).toBe(0);
});
