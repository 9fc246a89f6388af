import { ConnectError } from '../../core/errors.ts';
import type { PostgresClient } from '../../core/postgres.ts';
import { quoteIdentifier } from '../canonical.ts';
import { type Archive, runArchive } from './archive.ts';
import { createPartition } from './create-partition.ts';
import { detachPartition, dropLeft } from './leave-partition.ts';
import { leftMarkText } from './left-mark.ts';
import type { PartitionStep } from './plan-partitions.ts';
import type { PartitionedStream } from './read-partitions.ts';
import { type LockedResult, type LockPatience, underShortLocks } from './short-locks.ts';

/** What became of one partition. */
export interface AppliedStep {
  readonly name: string;
  /** `detached`: it has left its table, and waits for its archive. */
  readonly outcome: 'created' | 'dropped' | 'detached';
  /** Rows moved out of the default partition, or that went, by the planner's estimate. */
  readonly rows: bigint;
  /** The longest that locks were held on the table or on its default partition. */
  readonly lockedMs: number;
  /** Of the transaction that took most. */
  readonly attempts: number;
  /** Why it is only detached. */
  readonly error?: string | undefined;
}

export interface ApplyOptions extends LockPatience {
  readonly archive: Archive | undefined;
  readonly onStep: (step: AppliedStep) => void;
}

export interface ApplySources {
  readonly client: PostgresClient;
  readonly stream: PartitionedStream;
  /** Name of the default partition. */
  readonly fallback: string | undefined;
}

/** Does what a plan says, step by step. Errors: NOT_READY when another one is at it, or a lock is not to be had; INTERRUPTED. */
export async function applyPartitions(
  { client, stream, fallback }: ApplySources,
  steps: readonly PartitionStep[],
  { archive, onStep, ...patience }: ApplyOptions,
): Promise<AppliedStep[]> {
  const applied: AppliedStep[] = [];
  const done = (step: AppliedStep): void => {
    applied.push(step);
    onStep(step);
  };
  const within = (tables: readonly string[], task: (locked: () => void) => Promise<void>) =>
    underShortLocks(client, tables, patience, task);
  await takeTurn(client, stream);
  for (const step of steps) {
    if (patience.signal.aborted) throw new ConnectError('INTERRUPTED', 'interrupted between two partitions');
    if (step.kind === 'create') {
      const tables = fallback === undefined ? [stream.table.name] : [fallback, stream.table.name];
      const held = await within(tables, (locked) => createPartition(client, stream, step, fallback, locked));
      done({ name: step.name, outcome: 'created', rows: step.rows, ...cost(held) });
      continue;
    }
    const isAttached = step.kind === 'leave';
    const waitsForArchive = isAttached ? archive !== undefined : step.waitsForArchive;
    const tables = [stream.table.name, step.name, ...(fallback === undefined ? [] : [fallback])];
    const leaving = { ...step, fallback, waitsForArchive };
    const detached = isAttached
      ? await within(tables, (locked) => detachPartition(client, stream, leaving, locked))
      : undefined;
    const error = await archiveFailure(client, stream, leaving, { archive, signal: patience.signal });
    if (error !== undefined) {
      done({ name: step.name, outcome: 'detached', rows: step.rows, ...cost(detached), error });
      continue;
    }
    const dropped = await within([step.name], (locked) => dropLeft(client, step.name, locked));
    done({ name: step.name, outcome: 'dropped', rows: step.rows, ...cost(detached ?? dropped) });
  }
  return applied;
}

const cost = (held: LockedResult<void> | undefined) => ({
  lockedMs: held?.lockedMs ?? 0,
  attempts: held?.attempts ?? 1,
});

/** Two of them at once would meet in the same names. The lock goes with the session. */
async function takeTurn(client: PostgresClient, { table }: PartitionedStream): Promise<void> {
  const { rows } = await client.query<{ taken: boolean }>(
    `SELECT pg_try_advisory_lock(hashtext('perps-connect partitions'), hashtext($1)) AS taken`,
    [table.name],
  );
  if (rows[0]?.taken === true) return;
  throw new ConnectError('NOT_READY', `another process is at work on the partitions of ${table.name}`, {
    hint: '`connect watch --partitions` may be; try again in a minute',
  });
}

/** Why the table has to stay; undefined once nothing waits for it. A table that is archived is marked so before it is dropped. */
async function archiveFailure(
  client: PostgresClient,
  { table }: PartitionedStream,
  { name, from, to, waitsForArchive }: { name: string; from: number; to: number; waitsForArchive: boolean },
  { archive, signal }: { archive: Archive | undefined; signal: AbortSignal },
): Promise<string | undefined> {
  if (!waitsForArchive) return undefined;
  if (archive === undefined) return 'it waits for its archive: give --archive';
  try {
    await runArchive(archive, { name, from, to }, signal);
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'REFUSED') return error.message;
    throw error;
  }
  const mark = leftMarkText({ table: table.name, from, to, waitsForArchive: false });
  await client.query(`COMMENT ON TABLE ${quoteIdentifier(name)} IS '${mark}'`);
  return undefined;
}
