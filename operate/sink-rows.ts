import { ConnectError } from '../core/errors.ts';
import type { PostgresClient } from '../core/postgres.ts';
import { withoutValues } from '../core/without-values.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroSchema } from '../schemas/avro-schema.ts';
import { inChunks } from './in-chunks.ts';
import { placeOf } from './record-place.ts';
import { createStatements, type SinkRow, statementGroups } from './sink-statements.ts';
import { readTrialTable, type TrialTable } from './trial-table.ts';

/** A row that PostgreSQL refuses because of its values. */
export interface RefusedRow {
  readonly row: SinkRow;
  /** SQLSTATE, e.g. 22001. */
  readonly sqlState: string;
  /** PostgreSQL's message, without values. */
  readonly message: string;
}

/** Writes rows of a stream's table as its sink does: same columns, same types, same upsert, same triggers. */
export type SinkRows = ReturnType<typeof createSinkRows>;

/** Rows of one trial. */
const CHUNK = 500;
/**
 * How long a trial may go on. PostgreSQL looks for a deadlock when somebody has waited for a second (deadlock_timeout), and
 * ends whoever looks. A sink that waits for a trial is served before it looks; the trial itself gives up sooner.
 */
const TRIAL_MS = 250;
const BRIEF = `SET LOCAL lock_timeout = '100ms'; SET LOCAL statement_timeout = '250ms'`;
/** A row alone holds nothing while it waits. A table that somebody has locked must not block for ever. */
const PATIENT = `SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '60s'`;
/** lock_not_available, query_canceled. */
const HELD_UP = /^(55P03|57014)$/;

/** A trial of several rows that takes too long. */
class HeldUp extends Error {}

/** Tries and writes rows through one connection. */
export function createSinkRows(client: Pick<PostgresClient, 'query'>, stream: StreamDefinition, schema: AvroSchema) {
  const statementOf = createStatements(stream, schema);

  /** The refused rows among those of one statement, by halves: one bad row of a thousand costs about twenty statements. */
  const bisect = async (rows: readonly SinkRow[], table: TrialTable, endsAt: number): Promise<RefusedRow[]> => {
    const [row] = rows;
    if (row === undefined) return [];
    if (Date.now() > endsAt) throw new HeldUp();
    await client.query('SAVEPOINT try_rows');
    try {
      await client.query(statementOf(rows));
    } catch (error) {
      if (Number.isFinite(endsAt) && HELD_UP.test(sqlStateOf(error))) throw new HeldUp();
      const refusal = refusalOf(error, table);
      await client.query('ROLLBACK TO SAVEPOINT try_rows');
      if (rows.length === 1) return [{ row, ...refusal }];
      const half = rows.length >> 1;
      return [
        ...(await bisect(rows.slice(0, half), table, endsAt)),
        ...(await bisect(rows.slice(half), table, endsAt)),
      ];
    }
    await client.query('RELEASE SAVEPOINT try_rows');
    return [];
  };

  /** Tries the rows in one transaction, or in one for each half of them if that takes too long. */
  const tryRows = async (rows: readonly SinkRow[], table: TrialTable): Promise<RefusedRow[]> => {
    const isAlone = rows.length === 1;
    const endsAt = isAlone ? Number.POSITIVE_INFINITY : Date.now() + TRIAL_MS;
    await client.query(`BEGIN; ${isAlone ? PATIENT : BRIEF}${table.immediate}`);
    try {
      const refused: RefusedRow[] = [];
      for (const group of statementGroups(rows, stream)) refused.push(...(await bisect(group, table, endsAt)));
      return refused;
    } catch (error) {
      if (!(error instanceof HeldUp)) throw error;
    } finally {
      await client.query('ROLLBACK').catch(() => {});
    }
    const half = rows.length >> 1;
    return [...(await tryRows(rows.slice(0, half), table)), ...(await tryRows(rows.slice(half), table))];
  };

  let known: TrialTable | undefined;
  /** Runs a task that knows the table. Errors: as `findRefused`. */
  const onTable = async <T>(task: (table: TrialTable) => Promise<T>): Promise<T> => {
    try {
      known ??= await readTrialTable(client, stream);
      return await task(known);
    } catch (error) {
      if (error instanceof ConnectError) throw error;
      throw noRowsFault(error, stream);
    }
  };

  /**
   * Tries the rows in transactions that are rolled back, and finds exactly those that are refused. A running sink is not
   * held up: a trial leaves out the rollup and locks nothing but its own rows, for half a second at most.
   * Errors: REFUSED when PostgreSQL objects to something that is no row's fault; UNREACHABLE.
   */
  const findRefused = (rows: readonly SinkRow[]): Promise<RefusedRow[]> =>
    onTable(async (table) => {
      const refused: RefusedRow[] = [];
      for (const chunk of inChunks(rows, CHUNK)) refused.push(...(await tryRows(chunk, table)));
      return refused;
    });

  return {
    findRefused,
    /** Writes the rows for good, all or none. Errors: as above, and REFUSED for a row that is refused. */
    write: (rows: readonly SinkRow[]) =>
      onTable(async (table) => {
        await client.query(`BEGIN; ${PATIENT}`);
        try {
          for (const group of statementGroups(rows, stream)) await client.query(statementOf(group));
          await client.query('COMMIT');
        } catch (error) {
          await client.query('ROLLBACK').catch(() => {});
          const { message, sqlState } = refusalOf(error, table);
          const [found] = await findRefused(rows);
          const what =
            found === undefined ? `rows of ${stream.table.name}` : `the row of ${placeOf(stream, found.row)}`;
          throw new ConnectError('REFUSED', `PostgreSQL refuses ${what}: ${message}`, {
            details: { sqlState },
            hint: 'nothing was written; run the command again',
          });
        }
      }),
  };
}

function sqlStateOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
}

const messageIn = (error: unknown): string => {
  const { message } = error as { message?: unknown };
  return withoutValues(typeof message === 'string' ? message : String(error));
};

/**
 * Why a row is refused. Class 22 is a value its column cannot hold, 23 a constraint of its table, P0001 a trigger's own objection.
 * Everything else (no such column, no rights, read-only, a lock, too many connections, no answer) is thrown, and so is what
 * PostgreSQL says of another table, or of a partition that nobody has made: 23514 without a constraint.
 */
function refusalOf(error: unknown, { tables }: TrialTable): Omit<RefusedRow, 'row'> {
  const sqlState = sqlStateOf(error);
  const { schema, table, constraint } = error as { schema?: string; table?: string; constraint?: string };
  const isOther = sqlState.startsWith('23') && table !== undefined && !tables.has(`${schema}.${table}`);
  const isUnplaced = sqlState === '23514' && constraint === undefined;
  if (isOther || isUnplaced || !/^(22...|23...|P0001|21000)$/.test(sqlState)) throw error;
  return { sqlState, message: messageIn(error) };
}

/** What keeps rows from being written whatever they hold. */
function noRowsFault(error: unknown, { table }: StreamDefinition): ConnectError {
  const sqlState = sqlStateOf(error);
  const reason = messageIn(error);
  const noFault = 'this is no fault of a record;';
  if (sqlState === '' || /^(08|57)/.test(sqlState)) {
    return new ConnectError('UNREACHABLE', `PostgreSQL gave no answer for ${table.name}: ${reason}`, {
      cause: error,
      hint: `${noFault} when the database is back, run \`connect restart --failed\``,
    });
  }
  const { table: other } = error as { table?: string };
  const what = /^2[23]/.test(sqlState)
    ? `cannot take rows of ${table.name} now`
    : `would refuse any row of ${table.name}`;
  return new ConnectError('REFUSED', `PostgreSQL ${what}: ${reason}`, {
    cause: error,
    details: { sqlState, table: other },
    hint: `${noFault} remove the cause, then run \`connect restart --failed\``,
  });
}
