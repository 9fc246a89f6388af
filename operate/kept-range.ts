import { ConnectError } from '../core/errors.ts';
import type { PostgresClient } from '../core/postgres.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroField, AvroSchema } from '../schemas/avro-schema.ts';
import { type CanonicalRow, quoteIdentifier, sqlTypeOf } from './canonical.ts';

/** What is left of a history that was cut off: the rows from a time on. */
export interface KeptRange {
  /** The first UTC day that is kept: `2026-03-01`. */
  readonly from: string;
  /** Whether a record is of the history that was given up. */
  isOlder(values: CanonicalRow): boolean;
  /** An SQL condition that only kept rows of a relation fulfil. */
  kept(relation: string): string;
}

/** The range that starts at a UTC day, by a time field. */
export function rangeFrom(day: string, time: AvroField): KeptRange {
  const start = `'${day} 00:00:00+00'::${sqlTypeOf(time)}`;
  return {
    from: day,
    isOlder: (values) => (values[time.name] ?? '') < day,
    kept: (relation) => `${relation}.${quoteIdentifier(time.name)} >= ${start}`,
  };
}

/**
 * The field that says how old a row is: the one by which the table is partitioned, else the only time that every update has.
 * Errors: INVALID_DEFINITION without it, or with several.
 */
export function timeField(stream: Pick<StreamDefinition, 'name' | 'table'>, schema: AvroSchema): AvroField {
  const by = stream.table.partition?.by;
  const times = schema.fields.filter(({ name, kind, nullable }) =>
    by === undefined ? kind.startsWith('timestamp-') && !nullable : name === by,
  );
  const [time] = times;
  if (time !== undefined && times.length === 1) return time;
  const found = times.length === 0 ? 'none' : times.map(({ name }) => name).join(', ');
  const message = `${stream.name} has no one time by which its history has an age: ${found}`;
  throw new ConnectError('INVALID_DEFINITION', message, {
    hint: 'its Avro schema needs exactly one timestamp that is never null',
  });
}

/** What is kept of a stream's history; undefined where nothing was given up. Errors: those of PostgreSQL. */
export async function readKeptRange(
  client: Pick<PostgresClient, 'query'>,
  stream: StreamDefinition,
  schema: AvroSchema,
): Promise<KeptRange | undefined> {
  if (!(await hasRanges(client))) return undefined;
  const { rows } = await client.query<{ day: string }>(
    `SELECT to_char(kept_from, 'YYYY-MM-DD') AS day FROM public.history_ranges
     WHERE history = public.history_name(to_regclass($1))`,
    [quoteIdentifier(stream.table.name)],
  );
  const [range] = rows;
  return range === undefined ? undefined : rangeFrom(range.day, timeField(stream, schema));
}

/** Whether the database knows kept ranges: migration 0010 has run. */
export async function hasRanges(client: Pick<PostgresClient, 'query'>): Promise<boolean> {
  const { rows } = await client.query(`SELECT WHERE to_regclass('public.history_ranges') IS NOT NULL`);
  return rows.length > 0;
}
