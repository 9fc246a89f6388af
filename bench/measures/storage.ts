import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import type { Bench, Measure, Result } from '../bench.ts';
import { copyChunks, copyLanes } from '../peers/copy.ts';
import { shortNumber } from '../report/plot.ts';
import { barsOf, ratioText } from '../report/text.ts';
import { runRounds } from '../rounds.ts';
import { ratios, spread } from '../statistics.ts';
import { copyOptions, DEFAULT_WORKLOAD, fillTopic, updatesOf, type Workload } from '../workload.ts';

const TOPIC = 'bench-storage';

/** What keeping the views current costs a write, and what a row costs on disk. */
export const storageMeasure: Measure = {
  name: 'storage',
  async run(bench) {
    const workload: Workload = { ...DEFAULT_WORKLOAD, updates: bench.sizes.rows };
    const worst: Workload = { ...workload, profile: 'worst-case' };
    return [await foldCost(bench, workload, worst), await bytesPerRow(bench, workload)];
  },
};

async function foldCost(
  { stack, databases, sizes, signal, note }: Bench,
  flood: Workload,
  worst: Workload,
): Promise<Result> {
  const { schema } = stack;
  const contender = (name: string, workload: Workload, folds: boolean) => {
    const chunks = [...copyChunks(schema, updatesOf(workload), copyOptions(stack))];
    return {
      name,
      run: async () => {
        const database = await databases.fresh('run', 'ours');
        if (!folds)
          await withPostgres(database, (client) => client.query('ALTER TABLE positions DISABLE TRIGGER USER'));
        return workload.updates / (await copyLanes(database, schema, [chunks]));
      },
    };
  };
  const names = ['flood', 'flood, no fold', 'worst case', 'worst case, no fold'] as const;
  const found = await runRounds(
    [
      contender(names[0], flood, true),
      contender(names[1], flood, false),
      contender(names[2], worst, true),
      contender(names[3], worst, false),
    ],
    {
      rounds: sizes.rounds,
      warmUps: 0,
      signal,
      onResult: (name, round, rate) => note(`fold, round ${round}: ${name} ${shortNumber(rate)} rows/s`),
    },
  );
  const of = (name: string) => found.get(name) ?? [];
  const share = { flood: ratios(of(names[0]), of(names[1])), worst: ratios(of(names[2]), of(names[3])) };
  return {
    name: 'fold-cost',
    title: 'What keeping the views current costs',
    method:
      'COPY over one connection, in statements of the sink’s poll size, with the rollup’s triggers on and off. In the worst case every update moves an indexed column.',
    table: {
      header: ['', 'rows/s', 'with ÷ without'],
      rows: names.map((name, at) => [
        name,
        shortNumber(spread(of(name)).median),
        at % 2 === 0 ? ratioText(at === 0 ? share.flood : share.worst) : '',
      ]),
    },
    plot: {
      kind: 'bars',
      title: 'COPY with and without the rollup, rows/s',
      unit: 'rows/s',
      bars: barsOf(names.map((name) => [name, spread(of(name))])),
    },
    figures: { fold_share_flood: share.flood.median, fold_share_worst_case: share.worst.median },
  };
}

async function bytesPerRow(bench: Bench, workload: Workload): Promise<Result> {
  const { stack, databases } = bench;
  const { schema } = stack;
  const chunks = [...copyChunks(schema, updatesOf(workload), copyOptions(stack))];
  const sizes: Record<string, number> = {};
  const database = await databases.fresh('run', 'ours');
  await copyLanes(database, schema, [chunks]);
  const ours = await tableSizes(database);
  sizes['history, heap'] = ours.heap;
  sizes['history, indexes'] = ours.indexes;
  sizes['everything else (fold)'] = ours.others;
  const records = await fillTopic(stack, TOPIC, workload);
  sizes['Kafka, log'] = logBytes(stack.project.root);
  sizes['Kafka, keys and values'] = records;
  const seed = await databases.fresh('run', 'seed');
  await copyLanes(seed, schema, [chunks]);
  const theirs = await tableSizes(seed);
  sizes['seed, heap'] = theirs.heap;
  sizes['seed, indexes'] = theirs.indexes;
  const perRow = Object.entries(sizes).map(([name, bytes]) => ({ name, value: bytes / workload.updates }));
  return {
    name: 'bytes-per-row',
    title: 'Bytes a row',
    method: 'PostgreSQL’s files and Kafka’s log after the same rows, divided by their number.',
    table: { header: ['', 'bytes a row'], rows: perRow.map(({ name, value }) => [name, value.toFixed(0)]) },
    plot: { kind: 'bars', title: 'Bytes a row', unit: 'bytes', bars: perRow },
    figures: {
      bytes_per_row_postgres: (ours.heap + ours.indexes + ours.others) / workload.updates,
      bytes_per_row_seed: (theirs.heap + theirs.indexes) / workload.updates,
      bytes_per_record_kafka: (sizes['Kafka, log'] ?? 0) / workload.updates,
    },
  };
}

async function tableSizes(database: PostgresConnection): Promise<{ heap: number; indexes: number; others: number }> {
  return withPostgres(database, async (client) => {
    const { rows } = await client.query<{ heap: string; indexes: string; others: string }>(
      `SELECT pg_table_size('positions') AS heap, pg_indexes_size('positions') AS indexes,
              coalesce((SELECT sum(pg_total_relation_size(oid)) FROM pg_class
                         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'positions'), 0) AS others`,
    );
    const [row] = rows;
    return { heap: Number(row?.heap), indexes: Number(row?.indexes), others: Number(row?.others) };
  });
}

/** The bytes of the topic's segments; their indexes are allocated ahead and say nothing. */
function logBytes(root: string): number {
  const data = join(root, '.connect', 'data', 'kafka');
  const folders = readdirSync(data).filter((name) => name.replace(/-\d+$/, '') === TOPIC);
  const files = folders.flatMap((folder) => readdirSync(join(data, folder)).map((name) => join(data, folder, name)));
  return files.filter((name) => name.endsWith('.log')).reduce((sum, file) => sum + statSync(file).size, 0);
}
