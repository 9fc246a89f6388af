import { ConnectError } from '../../core/errors.ts';
import type { PostgresClient } from '../../core/postgres.ts';
import { quoteIdentifier } from '../canonical.ts';
import { leftMarkText } from './left-mark.ts';
import type { PartitionedStream } from './read-partitions.ts';
import { instantText, type TimeRange } from './time-range.ts';

const UNDEFINED_FUNCTION = '42883';

/**
 * Takes a partition out of its table, in the transaction of the caller, and notes from when on the history is kept. One lock is waited
 * for, that on the table: whoever reads or writes a partition through it holds that as well, so the others are free or are tried again.
 */
export async function detachPartition(
  client: PostgresClient,
  { table }: PartitionedStream,
  { name, from, to, fallback, waitsForArchive }: Leaving,
  locked: () => void,
): Promise<void> {
  const parent = quoteIdentifier(table.name);
  const others = [name, ...(fallback === undefined ? [] : [fallback])].map(quoteIdentifier);
  await client.query(`LOCK TABLE ONLY ${parent} IN ACCESS EXCLUSIVE MODE`);
  locked();
  await client.query(`LOCK TABLE ${others.join(', ')} IN ACCESS EXCLUSIVE MODE NOWAIT`);
  await client
    .query("SELECT public.keep_history_from(to_regclass($1), $2::timestamptz AT TIME ZONE 'UTC')", [
      parent,
      instantText(to),
    ])
    .catch((error: unknown) => {
      if ((error as { code?: unknown }).code !== UNDEFINED_FUNCTION) throw error;
      throw new ConnectError('REFUSED', 'the database cannot note from when on the history is kept', {
        cause: error,
        hint: '`connect migrate up` makes keep_history_from(); `connect upgrade` brings its migration into a project that lacks it',
      });
    });
  await client.query(`ALTER TABLE ${parent} DETACH PARTITION ${quoteIdentifier(name)}`);
  const mark = leftMarkText({ table: table.name, from, to, waitsForArchive });
  await client.query(`COMMENT ON TABLE ${quoteIdentifier(name)} IS '${mark}'`);
}

interface Leaving extends TimeRange {
  readonly name: string;
  readonly fallback: string | undefined;
  readonly waitsForArchive: boolean;
}

/** Drops a table that has left. */
export async function dropLeft(client: PostgresClient, name: string, locked: () => void): Promise<void> {
  await client.query(`LOCK TABLE ${quoteIdentifier(name)} IN ACCESS EXCLUSIVE MODE`);
  locked();
  await client.query(`DROP TABLE ${quoteIdentifier(name)}`);
}
