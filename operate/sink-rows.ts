import { ConnectError } from '../core/errors.ts';
import type { PostgresClient } from '../core/postgres.ts';
import { traceColumns } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../schemas/avro-schema.ts';
import { quoteIdentifier, SQL_TYPES } from './canonical.ts';
import { placeOf } from './record-place.ts';

/** A decoded record and where it stands; the sink makes a row of it. */
export interface SinkRow {
  readonly partition: number;
  readonly offset: bigint;
  readonly values: AvroRecord;
}

/** A row that PostgreSQL refuses because of its values. */
export interface RefusedRow {
  readonly row: SinkRow;
  /** SQLSTATE, e.g. 22001. */
  readonly sqlState: string;
  /** PostgreSQL's message. */
  readonly message: string;
}

/** Writes rows of a stream's table as its sink does: same columns, same types, same upsert, same triggers. */
export interface SinkRows {
  /**
   * Tries the rows in one transaction that is rolled back, and finds exactly those that are refused.
   * Errors: REFUSED when PostgreSQL objects to something that is no row's fault; UNREACHABLE.
   */
  findRefused(rows: readonly SinkRow[]): Promise<RefusedRow[]>;
  /** Writes the rows for good, all or none. Errors: as above, and REFUSED for a row that is refused. */
  write(rows: readonly SinkRow[]): Promise<void>;
}

/** Tries and writes rows through one connection. */
export function createSinkRows(
  client: Pick<PostgresClient, 'query'>,
  stream: StreamDefinition,
  schema: AvroSchema,
): SinkRows {
  const statementOf = createStatements(stream, schema);

  /** The refused rows among those of one statement, by halves: one bad row of a thousand costs about twenty statements. */
  const bisect = async (rows: readonly SinkRow[]): Promise<RefusedRow[]> => {
    const [row] = rows;
    if (row === undefined) return [];
    await client.query('SAVEPOINT try_rows');
    try {
      await client.query(statementOf(rows));
    } catch (error) {
      const refusal = refusalOf(error, stream);
      await client.query('ROLLBACK TO SAVEPOINT try_rows');
      if (rows.length === 1) return [{ row, ...refusal }];
      const half = rows.length >> 1;
      return [...(await bisect(rows.slice(0, half))), ...(await bisect(rows.slice(half)))];
    }
    await client.query('RELEASE SAVEPOINT try_rows');
    return [];
  };

  /** Runs all rows in one transaction. */
  const attempt = async (
    rows: readonly SinkRow[],
    end: 'COMMIT' | 'ROLLBACK',
    onRefused: (refused: RefusedRow) => void,
  ): Promise<void> => {
    await client.query('BEGIN').catch((error: unknown) => refusalOf(error, stream));
    try {
      await client.query(LIMITS);
      for (const group of statementGroups(rows, stream)) for (const refused of await bisect(group)) onRefused(refused);
      await client.query(end).catch((error: unknown) => refusalOf(error, stream));
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      throw error;
    }
  };

  return {
    async findRefused(rows) {
      const refused: RefusedRow[] = [];
      await attempt(rows, 'ROLLBACK', (one) => refused.push(one));
      return refused;
    },
    write: (rows) =>
      attempt(rows, 'COMMIT', ({ row, message, sqlState }) => {
        throw new ConnectError('REFUSED', `PostgreSQL refuses the row of ${placeOf(stream, row)}: ${message}`, {
          details: { sqlState },
          hint: 'nothing was written; run the command again',
        });
      }),
  };
}

/** A table that somebody has locked must not block for ever; a deferred constraint has to speak up before the end. */
const LIMITS = `SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '60s'; SET CONSTRAINTS ALL IMMEDIATE`;

/**
 * Rows in order, cut so that each part fits one statement: all with the same fields, and none with the upsert key of another,
 * which would be SQLSTATE 21000.
 */
function statementGroups(rows: readonly SinkRow[], stream: StreamDefinition): SinkRow[][] {
  const groups: SinkRow[][] = [];
  let shape = '';
  let keys = new Set<string>();
  for (const row of rows) {
    const fields = Object.keys(row.values).join();
    const key = stream.table.key.map((name) => String(row.values[name])).join('\u0000');
    const last = groups.at(-1);
    if (last === undefined || fields !== shape || keys.has(key)) {
      groups.push([row]);
      keys = new Set();
    } else last.push(row);
    shape = fields;
    keys.add(key);
  }
  return groups;
}

/** Builds the sink's upsert for rows with the same fields. Fields that the sink does not write are left out. */
function createStatements(stream: StreamDefinition, schema: AvroSchema) {
  const kinds = new Map(schema.fields.map(({ name, kind }) => [name, kind]));
  const isWritten = (name: string) => kinds.has(name) && !stream.sink.omit.includes(name);
  const table = quoteIdentifier(stream.table.name);
  const key = stream.table.key.map(quoteIdentifier).join(', ');

  return (rows: readonly SinkRow[]): { text: string; values: unknown[] } => {
    const fields = Object.keys(rows[0]?.values ?? {}).filter(isWritten);
    const columns = [...fields, traceColumns.partition, traceColumns.offset];
    const types = [
      ...fields.map((name) => sqlType(rows.find(({ values }) => values[name] !== null)?.values[name], kinds.get(name))),
      'integer',
      'bigint',
    ];
    const names = columns.map(quoteIdentifier);
    const updated = columns.filter((name) => !stream.table.key.includes(name)).map(quoteIdentifier);
    const arrays = types.map((type, index) => `$${index + 1}::text[]::${type}[]`);
    return {
      text: `INSERT INTO ${table} (${names.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})
             ON CONFLICT (${key}) DO UPDATE SET ${updated.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`,
      values: [
        ...fields.map((name) => rows.map(({ values }) => sqlText(values[name]))),
        rows.map(({ partition }) => String(partition)),
        rows.map(({ offset }) => offset.toString()),
      ],
    };
  };
}

/** The type under which the sink sends a value. It follows the record's schema, which need not be this project's. */
function sqlType(value: AvroValue | undefined, kind: AvroField['kind'] | undefined): string {
  if (typeof value === 'bigint') return 'bigint';
  if (typeof value === 'number') return kind === 'double' ? 'double precision' : 'integer';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof Date) return 'timestamp';
  if (Buffer.isBuffer(value)) return 'bytea';
  if (typeof value === 'string') return kind === 'decimal' ? 'numeric' : 'text';
  // Null in every row.
  return kind === undefined ? 'text' : SQL_TYPES[kind];
}

/** A value as PostgreSQL reads it from text. */
function sqlText(value: AvroValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`;
  if (!(value instanceof Date)) return String(value);
  const text = value.toISOString();
  const year = value.getUTCFullYear();
  // Beyond four digits ISO 8601 has a sign, which PostgreSQL does not read; the year 0 is its 1 BC.
  if (year > 9999) return text.replace(/^\+0*/, '');
  return year > 0 ? text : `${String(1 - year).padStart(4, '0')}${text.replace(/^-?\d+/, '')} BC`;
}

/**
 * Why a row is refused. Class 22 is a value its column cannot hold, 23 a constraint, P0001 a trigger's own objection. Everything
 * else (no such column, no rights, read-only, a lock, too many connections, no answer) would refuse any row, and is thrown.
 */
function refusalOf(error: unknown, { table }: StreamDefinition): Omit<RefusedRow, 'row'> {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const sqlState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
  const reason = typeof message === 'string' ? message : String(error);
  if (/^(22...|23...|P0001|21000)$/.test(sqlState)) return { sqlState, message: reason };
  const noFault = 'this is no fault of a record;';
  if (sqlState === '' || /^(08|57)/.test(sqlState)) {
    throw new ConnectError('UNREACHABLE', `PostgreSQL gave no answer for ${table.name}: ${reason}`, {
      cause: error,
      hint: `${noFault} when the database is back, run \`connect restart --failed\``,
    });
  }
  throw new ConnectError('REFUSED', `PostgreSQL would refuse any row of ${table.name}: ${reason}`, {
    cause: error,
    details: { sqlState },
    hint: `${noFault} remove the cause, then run \`connect restart --failed\``,
  });
}
