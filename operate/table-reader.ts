import type { PostgresClient } from '../core/postgres.ts';
import { isDeliveryField } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroField, AvroSchema } from '../schemas/avro-schema.ts';
import { type CanonicalRow, canonicalSql, quoteIdentifier, readColumn, sqlTypeOf } from './canonical.ts';

/** A row of the stream's table: its values as canonical text, and the record it came from. */
export interface TableRow {
  readonly values: CanonicalRow;
  /** Null when the row was not written by the sink. */
  readonly partition: number | null;
  readonly offset: bigint | null;
}

/** Reads rows of a stream's table by their upsert key. */
export type TableReader = ReturnType<typeof createTableReader>;

/** The column in which a table's triggers note when a row was changed otherwise than by its record. */
const CORRECTED_AT = 'corrected_at';

export function createTableReader(client: PostgresClient, stream: StreamDefinition, schema: AvroSchema) {
  const byName = new Map(schema.fields.map((field) => [field.name, field]));
  const keyFields = stream.table.key.map((name) => fieldOf(byName, name));
  const selected = (fields: readonly AvroField[]): string =>
    fields.map((field) => `${canonicalSql(field)} AS ${quoteIdentifier(field.name)}`).join(', ');
  const columns = selected(schema.fields);
  const arrays = keyFields.map((field, index) => `$${index + 1}::text[]::${sqlTypeOf(field)}[]`).join(', ');
  const wanted = keyFields.map((_field, index) => `k${index}`).join(', ');
  const matches = keyFields.map((field, index) => `t.${quoteIdentifier(field.name)} = k.k${index}`).join(' AND ');
  // LATERAL keeps each look-up an index scan, whatever the planner thinks of the array's length.
  const found = `unnest(${arrays}) AS k(${wanted})
    CROSS JOIN LATERAL (SELECT * FROM ${quoteIdentifier(stream.table.name)} t WHERE ${matches}) AS found`;
  const findSql = `SELECT ${columns}, kafka_partition AS "__partition", kafka_offset AS "__offset" FROM ${found}`;
  // Through JSON, because a table may lack the column.
  const findCorrectedSql = `SELECT ${columns} FROM ${found} WHERE to_jsonb(found) ->> '${CORRECTED_AT}' IS NOT NULL`;

  const keyOf = (values: CanonicalRow): string => keyFields.map(({ name }) => values[name]).join('\u0000');
  const canonical = (row: Readonly<Record<string, string | number | null>>): CanonicalRow =>
    Object.fromEntries(
      Object.entries(row).map(([name, text]) => [name, readColumn(fieldOf(byName, name), text as string)]),
    );
  const query = async (sql: string, keys: readonly CanonicalRow[]) => {
    const parameters = keyFields.map(({ name }) => keys.map((key) => key[name]));
    return (await client.query<Record<string, string | number | null>>(sql, parameters)).rows;
  };

  return {
    /** The text under which a row with these key values is found: `keyOf(values)`. */
    keyOf,
    /** The rows of the table for these keys, by `keyOf`. */
    async find(keys: readonly CanonicalRow[]): Promise<Map<string, TableRow>> {
      const rows = await query(findSql, keys);
      const found = new Map<string, TableRow>();
      for (const { __partition, __offset, ...values } of rows) {
        const row = canonical(values);
        found.set(keyOf(row), {
          values: row,
          partition: __partition as number | null,
          offset: __offset === null || __offset === undefined ? null : BigInt(__offset),
        });
      }
      return found;
    },
    /** Those of these keys, by `keyOf`, whose rows somebody has corrected. None in a table that does not note corrections. */
    async findCorrected(keys: readonly CanonicalRow[]): Promise<Set<string>> {
      const rows = await query(findCorrectedSql, keys);
      return new Set(rows.map((row) => keyOf(canonical(row))));
    },
    /**
     * Those of these rows, by `keyOf`, whose identity has another row at the same place in the order of states: without a number
     * nothing says which of the two came first. None in a stream without current states.
     */
    async findTied(rows: readonly CanonicalRow[]): Promise<Set<string>> {
      const { current } = stream.table;
      if (current === undefined) return new Set();
      const places = [current.identity, current.order].map((name) => fieldOf(byName, name));
      const sent = [...keyFields, ...places];
      const lists = sent.map((field, index) => `$${index + 1}::text[]::${sqlTypeOf(field)}[]`).join(', ');
      const names = sent.map((_field, index) => `k${index}`).join(', ');
      const samePlace = places.map(({ name }, index) => `t.${quoteIdentifier(name)} = k.k${keyFields.length + index}`);
      const { rows: tied } = await client.query<{ at: string }>(
        `SELECT at FROM unnest(${lists}) WITH ORDINALITY AS k(${names}, at)
         WHERE EXISTS (SELECT FROM ${quoteIdentifier(stream.table.name)} t
                       WHERE ${samePlace.join(' AND ')} AND NOT (${matches}))`,
        sent.map(({ name }) => rows.map((row) => row[name])),
      );
      const found = new Set(tied.map(({ at }) => Number(at)));
      return new Set(rows.filter((_row, index) => found.has(index + 1)).map(keyOf));
    },
    /** The rows of the stream's view of current states for these identities, by identity, without what says something about a delivery. */
    async findCurrent(identities: readonly string[]): Promise<Map<string, CanonicalRow>> {
      const { current } = stream.table;
      if (current === undefined) return new Map();
      const identity = fieldOf(byName, current.identity);
      const content = schema.fields.filter(({ name }) => !isDeliveryField(stream, name));
      const { rows } = await client.query<Record<string, string | null>>(
        `SELECT ${selected(content)} FROM ${quoteIdentifier(current.view)}
         WHERE ${quoteIdentifier(identity.name)} = ANY ($1::text[]::${sqlTypeOf(identity)}[])`,
        [identities],
      );
      return new Map(rows.map(canonical).map((row) => [String(row[identity.name]), row]));
    },
  };
}

function fieldOf(fields: ReadonlyMap<string, AvroField>, name: string): AvroField {
  const field = fields.get(name);
  if (field === undefined) throw new Error(`field ${name} is not in the schema`);
  return field;
}
