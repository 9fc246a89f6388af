import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPool, type PostgresPool, withPostgres } from '../../../core/postgres.ts';
import { migrate } from '../../../migrations/runner.ts';
import { rebuildRollup } from '../../../operate/rebuild-rollup.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import { eventually } from '../../support/eventually.ts';
import { OFTEN_GENERATIONS } from '../../support/often-generations.ts';
import { PARTITIONED_KEY, partitionedPositions } from '../../support/partitioned-positions.ts';
import { type PositionRow, upsert as upsertOn } from '../../support/position-rows.ts';
import { createWrites, type Write, type WriteOptions } from '../../support/position-writes.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';
import { ROLLUP_DIFFERENCES, viewsOverHistory } from '../../support/rollup-check.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const DEADLOCK = '40P01';

const FORMS = [
  { form: 'one table', prepare: '', key: undefined },
  { form: 'one table, with generations that rise often', prepare: OFTEN_GENERATIONS, key: undefined },
  { form: 'partitions of a day', prepare: partitionedPositions('2026-03-01', 3), key: PARTITIONED_KEY },
];

describe.each(FORMS)('the rollup of a history in $form under several writers at once', ({ prepare, key }) => {
  let test: TestProject;
  let pool: PostgresPool;
  beforeAll(async () => {
    test = await createTestProject({ name: 'fold' });
    await migrate(test.database, { folder: `${test.root}/migrations`, direction: 'up' });
    pool = createPool(test.database, 5);
    await pool.query(prepare);
    await pool.query(viewsOverHistory());
  });
  afterAll(async () => {
    await pool?.end();
    await test?.remove();
  });
  beforeEach(() => pool.query('TRUNCATE positions RESTART IDENTITY'));

  const upsert = (rows: readonly Partial<PositionRow>[]) => upsertOn(rows, key);
  const differences = async () => (await pool.query(ROLLUP_DIFFERENCES)).rows;

  const rollupDifferences = async () =>
    (
      await pool.query(`
        (TABLE position_days EXCEPT ALL TABLE position_days_from_history)
        UNION ALL (TABLE position_days_from_history EXCEPT ALL TABLE position_days)`)
    ).rows;

  /** Runs each writer's statements on a connection of its own; returns how many transactions ended in a deadlock and ran again. */
  async function write(writers: readonly (readonly (readonly Write[])[])[]): Promise<number> {
    let deadlocks = 0;
    await Promise.all(
      writers.map(async (transactions) => {
        const client = await pool.connect();
        try {
          for (const statements of transactions) {
            for (let done = false; !done; ) {
              try {
                await client.query('BEGIN');
                for (const { text, values } of statements) await client.query(text, [...values]);
                await client.query('COMMIT');
                done = true;
              } catch (error) {
                await client.query('ROLLBACK');
                if ((error as { code?: string }).code !== DEADLOCK) throw error;
                deadlocks += 1;
              }
            }
          }
        } finally {
          client.release();
        }
      }),
    );
    return deadlocks;
  }

  function transactions(seed: number, options: WriteOptions, count: number, statements: number): Write[][] {
    const next = createWrites(seededRandom(seed), { ...options, key });
    return Array.from({ length: count }, () => Array.from({ length: statements }, next));
  }

  it.each([11, 12])('of different positions loses nothing and never deadlocks (seed %d)', async (seed) => {
    const writers = ['A', 'B'].map((writer, at) =>
      transactions(seed * 10 + at, { accounts: [1, 2, 3, 4].map((n) => `${writer}${n}`), writer }, 20, 5),
    );
    expect(await write(writers)).toBe(0);
    expect(await differences()).toEqual([]);
  });

  it.each([21, 22, 23])('of the same positions loses nothing (seed %d)', async (seed) => {
    const accounts = ['P1', 'P2', 'P3', 'P4'];
    const writers = [1, 2].map((at) =>
      transactions(seed * 10 + at, { accounts, writer: `w${at}`, byHand: true }, 30, 1),
    );
    await write(writers);
    expect(await differences()).toEqual([]);
  });

  it('of new states of the same positions never deadlocks, whatever order they write in', async () => {
    const state = (writer: string, n: number) => ({
      position_account: `P${n % 7}`,
      signature: `${writer}-${n}`,
      slot: n % 50,
      kafka_offset: n,
      block_time: `2026-03-0${1 + (n % 5)} 12:00:00`,
    });
    const writers = ['a', 'b', 'c'].map((writer, at) =>
      Array.from({ length: 20 }, (_, tx) =>
        Array.from({ length: 3 }, (_statement, part) =>
          upsert(Array.from({ length: 12 }, (_row, row) => state(writer, (tx * 36 + part * 12 + row) * (at + 3)))),
        ),
      ),
    );
    expect(await write(writers)).toBe(0);
    expect(await differences()).toEqual([]);
  });

  it('of two corrections by hand of one position leaves its current row, whichever day each of them takes away', async () => {
    const account = 'Corrected';
    const state = (day: number) => ({
      position_account: account,
      signature: `of ${day}`,
      slot: day,
      block_time: `2026-03-0${day} 12:00:00`,
    });
    await write([[[upsert([1, 2, 3].map(state))]]]);
    const [first, second] = [await pool.connect(), await pool.connect()];
    const deleted = (day: number) => `DELETE FROM positions WHERE position_account = '${account}' AND slot = ${day}`;
    try {
      await first.query(`BEGIN; ${deleted(2)}; SET CONSTRAINTS ALL IMMEDIATE`);
      const ended = second.query(deleted(3));
      await eventually(
        async () =>
          expect((await pool.query("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).rowCount).toBe(1),
        { timeoutMs: 10_000 },
      );
      await first.query('COMMIT');
      await ended;
    } finally {
      await first.query('ROLLBACK');
      first.release();
      second.release();
    }
    const { rows } = await pool.query('SELECT slot, is_current FROM position_days WHERE position_account = $1', [
      account,
    ]);
    expect(rows).toEqual([{ slot: '1', is_current: true }]);
    expect(await differences()).toEqual([]);
  });

  it('of the first states of new positions at the same moment fails for none of them', async () => {
    for (let round = 0; round < 8; round += 1) {
      const states = (writer: string) =>
        Array.from({ length: 1_000 }, (_, n) => ({
          position_account: `New${round}-${n}`,
          signature: `${writer}${n}`,
          slot: n,
          block_time: '2026-03-01 12:00:00',
        }));
      expect(await write([[[upsert(states('a'))]], [[upsert(states('b'))]], [[upsert(states('c'))]]])).toBe(0);
    }
    expect(await differences()).toEqual([]);
  });

  it('of the first states of a new position at another isolation level fails, or there is one current row', async () => {
    const state = (account: string, signature: string, slot: number) =>
      upsert([{ position_account: account, signature, slot, block_time: '2026-03-01 12:00:00' }]);
    for (const level of ['REPEATABLE READ', 'SERIALIZABLE']) {
      const account = `Level ${level}`;
      const late = await pool.connect();
      try {
        await late.query(`BEGIN ISOLATION LEVEL ${level}`);
        await late.query('SELECT FROM positions LIMIT 1');
        // Others open it, and go on until its first version has left the first generation.
        for (let slot = 1; slot <= 200; slot += 1) await write([[[state(account, `first${slot}`, slot)]]]);
        const { text, values } = state(account, 'late', 500);
        await late.query(text, values);
        await expect(late.query('COMMIT')).rejects.toMatchObject({ code: '40001' });
      } finally {
        await late.query('ROLLBACK');
        late.release();
      }
      const { rows } = await pool.query(
        'SELECT slot, generation > 0 AS moved FROM position_days WHERE position_account = $1',
        [account],
      );
      expect(rows).toEqual([{ slot: '200', moved: true }]);
    }
    expect(await differences()).toEqual([]);
  });

  it('looks up each position by itself, also with plans that were made on empty tables', async () => {
    const client = await pool.connect();
    try {
      const fetched = async () => {
        await client.query('SELECT pg_stat_force_next_flush()');
        const { rows } = await client.query(
          `SELECT (seq_tup_read + idx_tup_fetch)::int AS rows FROM pg_stat_user_tables WHERE relname = 'position_days'`,
        );
        return Number(rows[0]?.rows);
      };
      // Of the days, the last moves the mark, and the slots of the others are older than the current row.
      const batches = ['01', '01', '02', '01'].map((day, batch) =>
        upsert(
          Array.from({ length: 1_000 }, (_, n) => ({
            position_account: `Each${n}`,
            signature: `each${batch}`,
            slot: [20, 10, 30, 5][batch] ?? 0,
            block_time: `2026-03-${day} 12:00:00`,
          })),
        ),
      );
      const before = await fetched();
      for (const { text, values } of batches) await client.query(text, values);
      expect((await fetched()) - before).toBeLessThan(batches.length * 1_000 * 20);
    } finally {
      client.release();
    }
    expect(await differences()).toEqual([]);
  });

  it('reads the rows of a commit alone, also with an index of the time and plans that were made on empty tables', async () => {
    await pool.query('CREATE INDEX positions_by_time ON positions (block_time)');
    const client = await pool.connect();
    try {
      const read = async () => {
        await client.query('SELECT pg_stat_force_next_flush()');
        const { rows } = await client.query(
          `SELECT sum(idx_tup_read)::int AS rows FROM pg_stat_user_indexes WHERE relname LIKE 'positions%'`,
        );
        return Number(rows[0]?.rows);
      };
      // Every fourth commit holds states of the day before, and goes by days.
      const commits = Array.from({ length: 60 }, (_, commit) =>
        upsert(
          Array.from({ length: 25 }, (_, n) => ({
            position_account: `Few${(commit * 25 + n) % 40}`,
            signature: `few${commit}`,
            slot: commit,
            block_time: `2026-03-0${commit % 4 === 3 ? 1 : 2} 12:00:00`,
          })),
        ),
      );
      const before = await read();
      for (const { text, values } of commits) await client.query(text, values);
      expect((await read()) - before).toBeLessThan(commits.length * 25 * 6);
    } finally {
      client.release();
      await pool.query('DROP INDEX positions_by_time');
    }
    expect(await differences()).toEqual([]);
  });

  it('raises a generation where a page is full of versions that somebody may still see, and keeps it when a day ends', async () => {
    const state = (day: number, slot: number) =>
      upsert([
        { position_account: 'Long', signature: `${slot}`, slot, block_time: `2026-03-0${day} 12:00:00` },
        { position_account: 'Other', signature: `${slot}`, slot, block_time: `2026-03-0${day} 12:00:00` },
      ]);
    const generations = async () =>
      (await pool.query('SELECT generation FROM position_days WHERE is_current ORDER BY position_account')).rows.map(
        ({ generation }) => Number(generation),
      );
    const states = (from: number) => Array.from({ length: 150 }, (_, n) => [state(1, from + n)]);
    await write([states(0)]);
    const begun = await generations();
    const reader = await pool.connect();
    try {
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM positions LIMIT 1');
      await write([states(150)]);
      const before = await generations();
      // Less than 50 such versions are on a page.
      for (const [at, generation] of before.entries()) expect(generation - (begun[at] ?? 0)).toBeGreaterThan(2);
      await write([[[state(2, 300)]]]);
      expect(await generations()).toEqual(before.map((generation) => generation + 1));
    } finally {
      await reader.query('ROLLBACK');
      reader.release();
    }
    expect((await pool.query('SELECT DISTINCT generation FROM position_days WHERE NOT is_current')).rows).toEqual([
      { generation: 0 },
    ]);
    expect(await differences()).toEqual([]);
  });

  it('does not make a sink wait while old history of the same positions is deleted', async () => {
    const accounts = Array.from({ length: 50 }, (_, n) => `P${n}`);
    const day = (number: number, signature: string) =>
      upsert(
        accounts.map((account, n) => ({
          position_account: account,
          signature,
          slot: number * 1_000 + n,
          block_time: `2026-03-0${number} 12:00:00`,
        })),
      );
    await write([[[day(1, 'old')], [day(2, 'older')], [day(3, 'today')]]]);
    const deleting = await pool.connect();
    try {
      await deleting.query('BEGIN');
      await deleting.query("DELETE FROM positions WHERE block_time < '2026-03-03'");
      // Derives the rollup now, and keeps every lock until the commit.
      await deleting.query('SET CONSTRAINTS ALL IMMEDIATE');
      const { text, values } = day(4, 'new');
      const sink = await pool.connect();
      try {
        await sink.query("SET lock_timeout = '2s'");
        await sink.query(text, values);
      } finally {
        await sink.query('RESET lock_timeout');
        sink.release();
      }
      await deleting.query('COMMIT');
    } finally {
      deleting.release();
    }
    expect(await differences()).toEqual([]);
    expect((await pool.query('SELECT DISTINCT day::text FROM position_days ORDER BY 1')).rows).toEqual([
      { day: '2026-03-03 00:00:00' },
      { day: '2026-03-04 00:00:00' },
    ]);
  });

  it('keeps its days after a prune, while sinks write', async () => {
    const accounts = ['P1', 'P2', 'P3', 'P4'];
    const batch = (seed: number, writer: string) => transactions(seed, { accounts, writer }, 30, 1);
    await write([batch(51, 'before')]);
    await pool.query(`SELECT keep_history_from('positions', '2026-03-03')`);
    try {
      const writing = write([batch(52, 'one'), batch(53, 'two')]);
      const deleted = await pool.query(`DELETE FROM positions WHERE block_time < '2026-03-03'`);
      await writing;
      expect(deleted.rowCount).toBeGreaterThan(0);
      expect(await rollupDifferences()).toEqual([]);
      const { rows } = await pool.query(`SELECT count(*)::int AS days FROM position_days WHERE day < '2026-03-03'`);
      expect(rows).toEqual([{ days: accounts.length * 2 }]);
    } finally {
      await pool.query('TRUNCATE history_ranges');
    }
  });

  it('is rebuilt beside a sink that brings new positions, and neither ends in a deadlock', async () => {
    const [stream] = selectStreams(test.project, ['positions']);
    const rollup = stream?.table.fold;
    if (stream === undefined || rollup === undefined) throw new Error('positions has no rollup');
    const known = (writer: string) =>
      upsert(
        Array.from({ length: 300 }, (_, n) => ({
          position_account: `Known${n}`,
          signature: `${writer}`,
          slot: writer.length,
          block_time: '2026-03-01 12:00:00',
        })),
      );
    await write([[[known('a')]]]);
    await pool.query(`DELETE FROM position_days WHERE position_index >= 0`);
    const fresh = (round: number) =>
      upsert([
        ...Array.from({ length: 50 }, (_, n) => ({ position_account: `Fresh${round}-${n}`, signature: 'f', slot: 1 })),
        { position_account: `Known${round}`, signature: 'later', slot: 10 },
      ]);
    const writing = write([Array.from({ length: 30 }, (_, round) => [fresh(round)])]);
    await withPostgres(test.database, (client) => rebuildRollup({ stream, rollup, client, chunkMs: 0 }));
    expect(await writing).toBe(0);
    expect(await differences()).toEqual([]);
  });

  it('is rebuilt beside them: what was damaged is right, and no update is missed or counted twice', async () => {
    const [stream] = selectStreams(test.project, ['positions']);
    const rollup = stream?.table.fold;
    if (stream === undefined || rollup === undefined) throw new Error('positions has no rollup');
    const accounts = Array.from({ length: 40 }, (_, n) => `P${n}`);
    const batch = (seed: number, writer: string) => transactions(seed, { accounts, writer }, 40, 1);
    await write([batch(31, 'before')]);
    await pool.query(`UPDATE position_days SET margin = margin + 1 WHERE position_account IN ('P1', 'P2')`);
    await pool.query(`DELETE FROM position_days WHERE position_account IN ('P3', 'P4') AND NOT is_current`);
    expect(await differences()).not.toEqual([]);

    const rebuild = () =>
      withPostgres(test.database, (client) => rebuildRollup({ stream, rollup, client, chunkMs: 0 }));
    const writing = write([batch(32, 'one'), batch(33, 'two')]);
    const reports = [await rebuild(), await rebuild()];
    await writing;
    expect(await differences()).toEqual([]);
    expect(reports[0]?.wrong).toBeGreaterThan(0);
    expect(reports[1]?.wrong).toBe(0);
  });
});
