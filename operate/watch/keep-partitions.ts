import { ConnectError } from '../../core/errors.ts';
import { type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { type AppliedStep, applyPartitions } from '../partitions/apply-partitions.ts';
import type { Archive } from '../partitions/archive.ts';
import { planOf } from '../partitions/observe-partitions.ts';
import type { PartitionStep } from '../partitions/plan-partitions.ts';
import type { PartitionedStream } from '../partitions/read-partitions.ts';

export interface PartitionKeeperOptions {
  readonly database: PostgresConnection;
  readonly archive: Archive | undefined;
  readonly signal: AbortSignal;
  /** Hears what was done, where something was. */
  readonly onKept: (stream: PartitionedStream, steps: readonly AppliedStep[]) => void;
}

const HOUR_MS = 3_600_000;
/** What has failed is tried again after so long. */
const AGAIN_MS = 300_000;
/** For each lock: the rest waits for the next hour, and the sink's rows do not. */
const PATIENCE_MS = 60_000;
/** More rows are not moved out of the default partition by itself: what would write there waits meanwhile. */
const MOST_MOVED = 20_000n;

/** Keeps the partitions of streams: at once, and then each hour, which is at midnight as well. Nothing waits for it. */
export function createPartitionKeeper({ database, archive, signal, onKept }: PartitionKeeperOptions) {
  /** When each stream is due again, ms since 1970. */
  const dueAt = new Map<string, number>();
  const failures = new Map<string, string>();
  let work: Promise<void> | undefined;

  async function keep(stream: PartitionedStream, at: number): Promise<void> {
    try {
      await withPostgres(database, async (client) => {
        const { steps, found } = await planOf(client, stream, { now: new Date(at) });
        const { mine, left } = split(steps);
        const source = { client, stream, fallback: found.fallback?.name };
        const ignore = () => {};
        const options = { archive, signal, patienceMs: PATIENCE_MS, onWait: ignore, onStep: ignore };
        const applied = mine.length === 0 ? [] : await applyPartitions(source, mine, options);
        if (applied.length > 0) onKept(stream, applied);
        requireAllKept(applied, left);
      });
      failures.delete(stream.name);
      dueAt.set(stream.name, nextHour(at));
    } catch (error) {
      failures.set(stream.name, ConnectError.from(error).message);
      dueAt.set(stream.name, Math.min(at + AGAIN_MS, nextHour(at)));
    }
  }

  return {
    /** Begins what is due at this time, ms since 1970. */
    begin(streams: readonly PartitionedStream[], at: number): void {
      const due = streams.filter(({ name }) => (dueAt.get(name) ?? 0) <= at);
      if (work !== undefined || due.length === 0) return;
      work = (async () => {
        for (const stream of due) await keep(stream, at);
      })().finally(() => {
        work = undefined;
      });
    },
    /** Why the partitions of a stream could not be kept the last time. */
    failureOf: (stream: string): string | undefined => failures.get(stream),
    /** Ends when nothing is under way. Returns whether something was. */
    async settled(): Promise<boolean> {
      const isWorking = work !== undefined;
      await work;
      return isWorking;
    },
  };
}

const nextHour = (at: number): number => (Math.floor(at / HOUR_MS) + 1) * HOUR_MS;

/** What is done without a person, and the partitions that are left to one. */
function split(steps: readonly PartitionStep[]) {
  const left = steps.filter(({ kind, rows }) => kind === 'create' && rows > MOST_MOVED);
  const names = new Set(left.map(({ name }) => name));
  return { mine: steps.filter(({ name }) => !names.has(name)), left };
}

function requireAllKept(applied: readonly AppliedStep[], left: readonly PartitionStep[]): void {
  const errors = applied.flatMap(({ error }) => (error === undefined ? [] : [error]));
  if (left.length > 0) {
    const rows = left.reduce((sum, step) => sum + step.rows, 0n);
    errors.push(
      `${rows} rows of the default partition are more than watch moves: pause the sink, and apply it yourself`,
    );
  }
  if (errors.length > 0) throw new ConnectError('REFUSED', errors.join('; '));
}
