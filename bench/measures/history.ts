import { setTimeout as sleep } from 'node:timers/promises';
import { partitionMigration } from '../../app/partition-migration.ts';
import { ConnectError } from '../../core/errors.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { applyPartitions } from '../../operate/partitions/apply-partitions.ts';
import { planOf } from '../../operate/partitions/observe-partitions.ts';
import type { PartitionedStream } from '../../operate/partitions/read-partitions.ts';
import type { Bench, Measure, Result } from '../bench.ts';
import { requireExactRollup } from '../exact-rollup.ts';
import { accountOf, FIRST_DAY, LANES, type StretchCost, upsertOf, writeStretch } from '../long-history.ts';
import { shortNumber } from '../report/plot.ts';
import { msText } from '../report/text.ts';
import { spread } from '../statistics.ts';

const DAYS = 20;
const DAY_MS = 86_400_000;
const SAMPLES = 60;
const ONE_TABLE_KEY = ['position_account', 'signature'];
const KEY = [...ONE_TABLE_KEY, 'block_time'];
const PARTITION = { by: 'block_time', every: 'day', ahead: 3 } as const;

/** One way to keep a history, and what it cost. */
interface Course {
  readonly name: string;
  readonly costs: readonly StretchCost[];
  readonly reads: Readonly<Record<string, number>>;
  /** Other figures, by name. */
  readonly more: Readonly<Record<string, number>>;
}

/** Whether rate, log and reads stay as they are while a history grows: as one table, and partitioned by day. */
export const historyMeasure = (rows: number, ways: readonly ('one' | 'days')[], heldSeconds: number): Measure => ({
  name: 'history',
  async run(bench) {
    const courses: Course[] = [];
    if (ways.includes('days')) courses.push(await partitioned(bench, rows));
    if (ways.includes('one')) courses.push(await oneTable(bench, rows));
    const held = heldSeconds > 0 ? await underSnapshot(bench, heldSeconds) : {};
    return [report(rows, courses, held)];
  },
});

async function partitioned(bench: Bench, rows: number): Promise<Course> {
  const database = await bench.databases.fresh('history', 'ours');
  const stream = partitionedStream(bench);
  await withPostgres(database, async (client) => {
    for (const sql of stepsOf(bench).up) await runStep(client, sql);
    await keep(client, stream, bench.signal, FIRST_DAY + DAYS * DAY_MS, new Date(FIRST_DAY));
  });
  const costs = await fill(bench, database, 'by day', rows, KEY);
  const reads = await timeReads(database);
  const dropped = await dropDay(bench, database, stream, rows);
  await requireExactRollup(database);
  await bench.databases.drop('history');
  return { name: 'by day', costs, reads, more: dropped };
}

async function oneTable(bench: Bench, rows: number): Promise<Course> {
  const database = await bench.databases.fresh('history', 'ours');
  const costs = await fill(bench, database, 'one table', rows, ONE_TABLE_KEY);
  const reads = await timeReads(database);
  const more = await turnOver(bench, database);
  await bench.databases.drop('history');
  return { name: 'one table', costs, reads, more };
}

const partitionedStream = ({ stack: { stream } }: Bench): PartitionedStream => ({
  ...stream,
  table: { ...stream.table, key: KEY, partition: { ...PARTITION, keepDays: DAYS } },
});

/** The statements of the migration that `connect partitions migration` writes. */
function stepsOf(bench: Bench): { readonly up: readonly string[]; readonly down: readonly string[] } {
  const [up = '', down = ''] = partitionMigration(partitionedStream(bench), PARTITION).split('-- Down Migration');
  const steps = (part: string) => part.split(/^(?=-- Step)/m).slice(1);
  return { up: steps(up), down: steps(down) };
}

async function runStep(client: PostgresClient, sql: string): Promise<void> {
  const { rows } = await client.query<{ statement?: string; format?: string }>(sql);
  if (!sql.startsWith('-- Step for each row')) return;
  for (const row of rows) await client.query(row.statement ?? row.format ?? '');
}

async function keep(client: PostgresClient, stream: PartitionedStream, signal: AbortSignal, now: number, since?: Date) {
  const plan = await planOf(client, stream, { now: new Date(now), since });
  return applyPartitions({ client, stream, fallback: plan.found.fallback?.name }, plan.steps, {
    archive: undefined,
    signal,
    patienceMs: 60_000,
    onWait: () => {},
    onStep: () => {},
  });
}

async function fill(
  bench: Bench,
  database: PostgresConnection,
  name: string,
  rows: number,
  key: readonly string[],
): Promise<StretchCost[]> {
  const costs: StretchCost[] = [];
  const size = Math.ceil(rows / SAMPLES / (1_000 * LANES)) * 1_000 * LANES;
  await withWriters(database, async (clients) => {
    for (let from = 0; from < rows; from += size) {
      const to = Math.min(rows, from + size);
      const cost = await writeStretch(clients, { from, to, rowsPerDay: Math.round(rows / DAYS), key }, bench.signal);
      bench.note(
        `history, ${name}: ${shortNumber(to)} rows, ${shortNumber(cost.rowsPerSecond)} rows/s, ${Math.round(cost.walBytesPerRow)} bytes of log a row`,
      );
      costs.push(cost);
    }
  });
  return costs;
}

const withWriters = <T>(
  database: PostgresConnection,
  use: (clients: readonly PostgresClient[]) => Promise<T>,
): Promise<T> => withPostgres(database, (first) => withPostgres(database, (second) => use([first, second])));

/** Median times in ms as a client sees them, over positions and owners of different days. */
async function timeReads(database: PostgresConnection): Promise<Record<string, number>> {
  const queries: Readonly<Record<string, string>> = {
    current_by_owner: `SELECT * FROM current_positions WHERE owner = ${accountOf('o', '$1::int')}`,
    month_by_owner: `SELECT * FROM daily_pnl_snapshots
      WHERE owner = ${accountOf('o', '$1::int')} AND snapshot_day >= '2026-01-01' AND snapshot_day < '2026-02-01'`,
    history_page: `SELECT * FROM positions WHERE position_account = ${accountOf('p', '$1::int * 4')} ORDER BY slot DESC LIMIT 100`,
  };
  return withPostgres(database, async (client) => {
    await client.query('ANALYZE positions, position_days');
    const found: Record<string, number> = {};
    for (const [name, text] of Object.entries(queries)) {
      const times: number[] = [];
      for (let at = -5; at < 100; at += 1) {
        const began = performance.now();
        const { rowCount } = await client.query({ name, text, values: [1_000 + (at + 5) * 37] });
        if (rowCount === 0) throw new ConnectError('INTERNAL', `${name} finds no row`);
        if (at >= 0) times.push(performance.now() - began);
      }
      found[name] = spread(times).median;
    }
    return found;
  });
}

/** Lets the oldest day go while two writers go on: how long it took, and what a commit waited at most. */
async function dropDay(bench: Bench, database: PostgresConnection, stream: PartitionedStream, rows: number) {
  const stop = new AbortController();
  const commits: number[] = [];
  let seconds = 0;
  await withWriters(database, async (clients) => {
    const writing = clients.map(async (client, lane) => {
      for (let from = rows; !stop.signal.aborted; from += 1_000 * LANES) {
        const began = performance.now();
        await client.query(upsertOf({ from, lane, rowsPerDay: Math.round(rows / DAYS), key: KEY }));
        commits.push(performance.now() - began);
      }
    });
    try {
      await sleep(5_000, undefined, { signal: bench.signal });
      const began = performance.now();
      const steps = await withPostgres(database, (client) =>
        keep(client, stream, bench.signal, FIRST_DAY + (DAYS + 1) * DAY_MS),
      );
      seconds = (performance.now() - began) / 1_000;
      if (!steps.some(({ outcome }) => outcome === 'dropped')) throw new ConnectError('INTERNAL', 'no day was dropped');
      await sleep(5_000, undefined, { signal: bench.signal });
    } finally {
      stop.abort();
      await Promise.all(writing);
    }
  });
  return { drop_day_seconds: seconds, drop_day_longest_commit_ms: Math.max(...commits) };
}

/** The table becomes a partitioned one and one table again; every column of every row stays. */
async function turnOver(bench: Bench, database: PostgresConnection) {
  const { up, down } = stepsOf(bench);
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

const HELD_ROWS = 1_000_000;

/** The rate while a transaction holds a snapshot, against the rate just before. */
async function underSnapshot(bench: Bench, seconds: number): Promise<Record<string, number>> {
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

function report(rows: number, courses: readonly Course[], held: Readonly<Record<string, number>>): Result {
  const third = (costs: readonly StretchCost[], which: 'first' | 'last'): StretchCost[] => {
    const size = Math.max(1, Math.floor(costs.length / 3));
    return which === 'first' ? costs.slice(0, size) : costs.slice(-size);
  };
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
  const rate = (costs: readonly StretchCost[]) => 1 / mean(costs.map(({ rowsPerSecond }) => 1 / rowsPerSecond));
  const wal = (costs: readonly StretchCost[]) => mean(costs.map(({ walBytesPerRow }) => walBytesPerRow));
  const figures: Record<string, number> = { history_rows: rows, ...held };
  for (const { name, costs, reads, more } of courses) {
    const key = name.replaceAll(' ', '_');
    const all = {
      rows_per_s_first: rate(third(costs, 'first')),
      rows_per_s_last: rate(third(costs, 'last')),
      rate_last_over_first: rate(third(costs, 'last')) / rate(third(costs, 'first')),
      wal_bytes_per_row_first: wal(third(costs, 'first')),
      wal_bytes_per_row_last: wal(third(costs, 'last')),
      ...Object.fromEntries(Object.entries(reads).map(([query, ms]) => [`${query}_ms`, ms])),
      ...more,
    };
    for (const [figure, value] of Object.entries(all)) figures[`history_${key}_${figure}`] = value;
  }
  return {
    name: 'history',
    title: `A history of ${shortNumber(rows)} rows`,
    method: `${DAYS} days, 20,000 positions alive at a time. Two writers upsert 1,000 rows a commit, as fast as they can, with the rollup and all indexes; the server makes the rows itself. \`shared_buffers\` is PostgreSQL's default, 128 MB. Thirds of the rows, by time. A day is dropped while the writers go on.`,
    table: {
      header: ['figure', 'value'],
      rows: Object.entries(figures).map(([name, value]) => [name, value < 100 ? msText(value) : shortNumber(value)]),
    },
    plot: {
      kind: 'lines',
      title: 'Rows a second as a history grows',
      unit: 'rows/s',
      xUnit: 'rows',
      logarithmic: false,
      lines: courses.map(({ name, costs }) => ({
        name,
        points: costs.map((cost) => [cost.rows, Math.round(cost.rowsPerSecond)] as const),
      })),
    },
    figures,
  };
}
