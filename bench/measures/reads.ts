import { createPool, type PostgresConnection, type PostgresPool, withPostgres } from '../../core/postgres.ts';
import type { Bench, Measure, Result } from '../bench.ts';
import { copyChunks, copyLanes } from '../peers/copy.ts';
import { shortNumber } from '../report/plot.ts';
import { msText } from '../report/text.ts';
import { SEED_INDEXES, SEED_VIEWS } from '../seed-views.ts';
import { slope, spread } from '../statistics.ts';
import { copyOptions, DEFAULT_WORKLOAD, updatesOf, type Workload } from '../workload.ts';

interface Query {
  /** Part of the figures' names. */
  readonly name: string;
  readonly text: (schema: string) => string;
  /** Parameters of one of many executions, so that no page is always the same. */
  readonly values: (owner: string) => readonly unknown[];
  readonly times: number;
}

const QUERIES: readonly Query[] = [
  {
    name: 'current_by_owner',
    text: (schema) => `SELECT * FROM ${schema}.current_positions WHERE owner = $1`,
    values: (owner) => [owner],
    times: 200,
  },
  {
    name: 'statistics_by_owner',
    text: (schema) => `SELECT * FROM ${schema}.user_statistics WHERE owner = $1`,
    values: (owner) => [owner],
    times: 200,
  },
  {
    name: 'daily_by_owner_month',
    text: (schema) =>
      `SELECT * FROM ${schema}.daily_pnl_snapshots WHERE owner = $1 AND snapshot_day >= '2026-01-01' AND snapshot_day < '2026-02-01'`,
    values: (owner) => [owner],
    times: 100,
  },
  {
    name: 'current_all',
    text: (schema) => `SELECT count(*) FROM (SELECT * FROM ${schema}.current_positions OFFSET 0) AS all_rows`,
    values: () => [],
    times: 5,
  },
];
/** The seed's views take seconds: a few executions say enough, and fewer the longer they take. */
const BUDGET_MS = 2_000;
/** Owners whose pages are counted; of a slow query, one is enough. */
const PAGE_OWNERS = 9;
const SLOW_MS = 100;
/** Executions that are not counted: they plan and fill caches. */
const WARM_UPS = 3;

/** The median time of one query on a history of so many rows. */
export interface Reading {
  readonly query: string;
  readonly side: 'ours' | 'seed';
  readonly rows: number;
  readonly ms: number;
  /** Pages of 8 KiB that one execution looks at: what other work on the machine cannot change. */
  readonly pages: number;
}

/** A database filled to one size. */
interface History {
  readonly rows: number;
  readonly pool: PostgresPool;
}

/** What reading costs as history grows, through our views and through the seed's own definitions; the sizes take turns. */
export const readsMeasure: Measure = {
  name: 'reads',
  async run(bench) {
    const histories: History[] = [];
    try {
      // The largest first: making the next one writes to disk what it has left to be written.
      for (const rows of bench.sizes.histories.toReversed()) {
        bench.note(`reads: making a history of ${shortNumber(rows)} rows`);
        const database = await bench.databases.fresh(nameOf(rows), 'ours');
        await fillHistory(bench, database, rows);
        histories.unshift({ rows, pool: createPool(database, 1) });
      }
      return [readsResult(await readAll(bench, histories))];
    } finally {
      for (const { rows, pool } of histories) {
        await pool.end();
        await bench.databases.drop(nameOf(rows));
      }
    }
  },
};

const nameOf = (rows: number): string => `reads_${shortSize(rows)}`;

/** Two updates a slot: ten million of them span three weeks. The owners are the same at every size. */
async function fillHistory({ stack }: Bench, database: PostgresConnection, rows: number): Promise<void> {
  const { schema } = stack;
  const workload: Workload = { ...DEFAULT_WORKLOAD, updates: rows, updatesPerSlot: 2 };
  await copyLanes(database, schema, [copyChunks(schema, updatesOf(workload), copyOptions(stack))]);
  await withPostgres(database, (client) => client.query('VACUUM (ANALYZE)'));
}

async function readAll({ note }: Bench, histories: readonly History[]): Promise<Reading[]> {
  const owners = new Map<History, readonly string[]>();
  for (const history of histories) owners.set(history, await someOwners(history));
  const readings: Reading[] = [];
  for (const side of ['ours', 'seed'] as const) {
    if (side === 'seed') for (const { pool } of histories) await addSeed(pool);
    for (const query of QUERIES) {
      for (const history of histories) {
        const names = owners.get(history) ?? [];
        const schema = side === 'ours' ? 'public' : 'seed';
        const ms = await timeQuery(history.pool, query, schema, names);
        const pages = await pagesOf(history.pool, query, schema, names.slice(0, ms < SLOW_MS ? PAGE_OWNERS : 1));
        note(`reads: ${shortNumber(history.rows)} rows, ${side}: ${query.name} ${msText(ms)} ms, ${pages} pages`);
        readings.push({ query: query.name, side, rows: history.rows, ms, pages });
      }
    }
  }
  return readings;
}

async function someOwners({ pool }: History): Promise<string[]> {
  const { rows } = await pool.query<{ owner: string }>(
    'SELECT owner FROM current_positions GROUP BY owner ORDER BY md5(owner) LIMIT 200',
  );
  return rows.map(({ owner }) => owner);
}

async function addSeed(pool: PostgresPool): Promise<void> {
  for (const sql of [...SEED_VIEWS, ...SEED_INDEXES, 'VACUUM (ANALYZE) positions']) await pool.query(sql);
}

/** The median of several executions, as the client sees them. */
async function timeQuery(pool: PostgresPool, query: Query, schema: string, owners: readonly string[]): Promise<number> {
  const times: number[] = [];
  const name = `${schema}_${query.name}`;
  const began = performance.now();
  for (let at = -WARM_UPS; at < query.times; at += 1) {
    const owner = owners[(at + WARM_UPS) % owners.length] as string;
    const started = performance.now();
    await pool.query({ name, text: query.text(schema), values: [...query.values(owner)] });
    const ms = performance.now() - started;
    if (at >= 0 || ms > BUDGET_MS / 4) times.push(ms);
    if (performance.now() - began > BUDGET_MS && times.length > 0) break;
  }
  return spread(times).median;
}

/** The median over a few owners, from the executor's own count. */
async function pagesOf(pool: PostgresPool, query: Query, schema: string, owners: readonly string[]): Promise<number> {
  const counts: number[] = [];
  for (const owner of owners) {
    const { rows } = await pool.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)
       ${query.text(schema)}`,
      [...query.values(owner)],
    );
    const plan = rows[0]?.['QUERY PLAN'][0].Plan ?? {};
    counts.push((plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0));
  }
  return spread(counts).median;
}

export function readsResult(readings: readonly Reading[]): Result {
  const sizes = [...new Set(readings.map(({ rows }) => rows))];
  const series = QUERIES.flatMap(({ name }) =>
    (['ours', 'seed'] as const).map((side) => ({
      name: side === 'ours' ? name : `${name}, seed`,
      key: side === 'ours' ? name : `seed_${name}`,
      points: readings
        .filter((reading) => reading.query === name && reading.side === side)
        .map(({ rows, ms, pages }) => ({ size: rows, cost: ms, pages })),
    })),
  );
  return {
    name: 'reads',
    title: 'Reading the views as history grows',
    method:
      'The median time of a query as a client on the same machine sees it, prepared, over different owners; the sizes take turns. The owners are the same at every size, but positions close and others open, so that an owner has more of them in a longer history, and each may lie on a page of its own. “seed” is the seed’s own view definition on the same history, with the seed’s indexes. Slope: 0 is flat in history, 1 grows with it. Pages: of 8 KiB, that one execution looks at; other work on the machine changes times, not these.',
    table: {
      header: ['ms · pages', ...sizes.map((rows) => `${shortNumber(rows)} rows`), 'slope'],
      rows: series.map(({ name, points }) => [
        name,
        ...points.map(({ cost, pages }) => `${msText(cost)} · ${pages}`),
        slope(points).toFixed(2),
      ]),
    },
    plot: {
      kind: 'lines',
      title: 'Reading the views, ms',
      unit: 'ms',
      xUnit: 'rows of history',
      logarithmic: true,
      lines: series.map(({ name, points }) => ({
        name,
        points: points.map(({ size, cost }) => [size, cost] as const),
      })),
    },
    figures: Object.fromEntries(
      series.flatMap(({ key, points }) => [
        ...points.map(({ size, cost }) => [`${key}_ms_${shortSize(size)}`, cost] as const),
        ...points.map(({ size, pages }) => [`${key}_pages_${shortSize(size)}`, pages] as const),
        [`${key}_slope`, slope(points)] as const,
      ]),
    ),
  };
}

const shortSize = (rows: number): string => (rows >= 1e6 ? `${rows / 1e6}m` : `${rows / 1e3}k`);
