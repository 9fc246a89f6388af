import { setTimeout as sleep } from 'node:timers/promises';
import { partitionMigration } from '../../app/partition-migration.ts';
import { findKeyChange } from '../../contract/key-change.ts';
import { ConnectError } from '../../core/errors.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { applyPartitions } from '../../operate/partitions/apply-partitions.ts';
import { planOf } from '../../operate/partitions/observe-partitions.ts';
import type { PartitionedStream } from '../../operate/partitions/read-partitions.ts';
import type { Bench } from '../bench.ts';
import { requireExactRollup } from '../exact-rollup.ts';
import { FIRST_DAY, LANES, upsertOf } from '../long-history.ts';
import { type Course, DAYS, fill, PARTITIONED_KEY, timeReads, withWriters } from './course.ts';
import { type MigrationSteps, runStep, stepsOf } from './migration-steps.ts';

const DAY_MS = 86_400_000;
const PARTITION = { by: 'block_time', every: 'day', ahead: 3 } as const;

/** A table with a partition for each day; at the end the oldest day is dropped while writers go on. */
export async function byDay(bench: Bench, rows: number): Promise<Course> {
  const database = await partitionedHistory(bench, 'history', DAYS);
  const stream = partitionedStream(bench);
  const costs = await fill(bench, database, 'by day', rows, PARTITIONED_KEY);
  const reads = await timeReads(database);
  const dropped = await dropDay(bench, database, stream, rows);
  await requireExactRollup(database);
  await bench.databases.drop('history');
  return { name: 'by day', costs, reads, more: dropped };
}

/** A fresh database with partitions for so many days. */
export async function partitionedHistory(bench: Bench, name: string, days: number): Promise<PostgresConnection> {
  const database = await bench.databases.fresh(name, 'ours');
  await withPostgres(database, async (client) => {
    for (const sql of (await partitionSteps(bench)).up) await runStep(client, sql);
    const now = FIRST_DAY + days * DAY_MS;
    await keep(client, partitionedStream(bench, days), bench.signal, now, new Date(FIRST_DAY));
  });
  return database;
}

/** The stream with partitions of a day, and a key that begins with the slot. */
export const partitionedStream = ({ stack: { stream } }: Bench, keepDays = DAYS): PartitionedStream => ({
  ...stream,
  table: { ...stream.table, key: PARTITIONED_KEY, partition: { ...PARTITION, keepDays } },
});

/** The steps that `connect partitions migration` writes. */
export async function partitionSteps(bench: Bench): Promise<MigrationSteps> {
  const stream = partitionedStream(bench);
  return stepsOf(partitionMigration(stream, PARTITION, await findKeyChange(bench.stack.project, stream)));
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

/** Lets the oldest day go while two writers go on: how long it took, and what a commit waited at most. */
async function dropDay(bench: Bench, database: PostgresConnection, stream: PartitionedStream, rows: number) {
  const stop = new AbortController();
  const commits: number[] = [];
  let seconds = 0;
  await withWriters(database, async (clients) => {
    const writing = clients.map(async (client, lane) => {
      for (let from = rows; !stop.signal.aborted; from += 1_000 * LANES) {
        const began = performance.now();
        await client.query(upsertOf({ from, lane, rowsPerDay: Math.round(rows / DAYS), key: PARTITIONED_KEY }));
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
