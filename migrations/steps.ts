import type { PostgresClient } from '../core/postgres.ts';
import { retry } from '../core/retry.ts';
import { migrationFailure } from './failure.ts';
import type { MigrationFile, MigrationStep } from './files.ts';
import { type Direction, type History, recordStep } from './history.ts';

export interface StepEvents {
  /** Hears each step of a migration that does not run in one transaction, before it runs. `number` counts from 1. */
  readonly onStep?:
    | ((step: { readonly title: string; readonly number: number; readonly of: number }) => void)
    | undefined;
  /** Hears that a step could not get a lock, and is tried again. */
  readonly onBusy?: ((reason: string) => void) | undefined;
}

interface StepOptions extends StepEvents {
  readonly direction: Direction;
  readonly signal?: AbortSignal | undefined;
}

/** Somebody holds a lock for longer than the step wants to wait; or two waited for each other. */
const BUSY = new Set(['55P03', '40P01']);

/** About two minutes. */
const ATTEMPTS = { attempts: 60, baseMs: 500, maxMs: 3_000 };

/** Where a build was interrupted it leaves an index that is never used, and that IF NOT EXISTS takes for the wanted one. */
const CONCURRENT_BUILD =
  /^\s*(?:--.*\n\s*)*create\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?((?:"(?:[^"]|"")+"|[^\s"(.]+))\s+on\s+(?:only\s+)?((?:(?:"(?:[^"]|"")+"|[^\s"(.]+)\.)?(?:"(?:[^"]|"")+"|[^\s"(.]+))/i;

/**
 * Runs the steps of a migration that have not run yet, each outside of a transaction, and writes down each. Errors: REFUSED with
 * PostgreSQL's reason.
 */
export async function runSteps(
  client: PostgresClient,
  file: MigrationFile,
  { begun }: History,
  options: StepOptions,
): Promise<void> {
  const { direction, signal, onStep, onBusy } = options;
  const steps = file.steps[direction];
  const done = begun?.name === file.name ? begun.done : 0;
  for (const [index, step] of steps.entries()) {
    const number = index + 1;
    if (number <= done) continue;
    onStep?.({ title: step.title, number, of: steps.length });
    try {
      await runStep(client, step, { signal, onBusy });
      await recordStep(client, file, direction, number);
    } catch (error) {
      signal?.throwIfAborted();
      throw migrationFailure(error, direction, file, step);
    }
  }
}

async function runStep(
  client: PostgresClient,
  { sql, forEachRow }: MigrationStep,
  options: Pick<StepOptions, 'signal' | 'onBusy'>,
): Promise<void> {
  for (const statement of forEachRow ? await statementsOf(client, sql) : [sql]) {
    await retry(() => runStatement(client, statement), {
      ...ATTEMPTS,
      signal: options.signal,
      when: (error) => BUSY.has((error as { code?: string }).code ?? ''),
      onRetry: (error) => options.onBusy?.((error as Error).message),
    });
  }
}

async function runStatement(client: PostgresClient, statement: string): Promise<void> {
  const [, index, table] = CONCURRENT_BUILD.exec(statement) ?? [];
  if (index !== undefined) {
    // The index is in its table's schema, wherever names are looked for.
    const { rows } = await client.query<{ left: string }>(
      `SELECT indexrelid::regclass::text AS left FROM pg_index JOIN pg_class AS t ON t.oid = indrelid
       WHERE indrelid = to_regclass($2) AND indexrelid = to_regclass(relnamespace::regnamespace || '.' || $1) AND NOT indisvalid`,
      [index, table],
    );
    for (const { left } of rows) await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${left}`);
  }
  await client.query(statement);
}

/** The rows of a query, each a statement. */
async function statementsOf(client: PostgresClient, query: string): Promise<readonly string[]> {
  const { rows } = await client.query<Record<string, string>>(query);
  return rows.flatMap((row) => Object.values(row));
}
