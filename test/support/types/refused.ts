import { array, decimal } from './type-case.ts';

/** A column that no Avro type reaches exactly, and what to use. */
export interface RefusedColumn {
  readonly column: string;
  readonly why: string;
  readonly instead: string;
}

export const REFUSED_COLUMNS: readonly RefusedColumn[] = [
  { column: 'char(20)', why: 'pads values with blanks', instead: 'varchar(n) or text' },
  { column: 'real', why: 'changes values', instead: 'double precision, or numeric for amounts' },
  { column: 'money', why: 'depends on the locale and has two digits', instead: 'numeric' },
  { column: 'json', why: 'keeps the text and not the value', instead: 'jsonb' },
  { column: 'timetz', why: 'a time with a zone and no date is no instant', instead: 'time, or timestamptz' },
  { column: 'interval', why: 'the sink has no type for it', instead: 'bigint (units) or numeric (seconds)' },
  { column: 'inet', why: 'the sink sends text, which PostgreSQL refuses', instead: 'text' },
  {
    column: 'label_domain',
    why: 'a domain: the sink does not see what is beneath it',
    instead: 'its base type, with a CHECK on the column',
  },
  { column: 'uuid[]', why: 'the sink sends text[], which PostgreSQL refuses', instead: 'text[]' },
  { column: 'jsonb[]', why: 'the same', instead: 'jsonb' },
  { column: 'color[]', why: 'the same', instead: 'text[]' },
  { column: 'numeric[]', why: 'the sink fails on lists of decimals', instead: 'text[], or jsonb' },
  { column: 'double precision[]', why: 'the sink rounds the elements to float4', instead: 'jsonb' },
  { column: 'bytea[]', why: 'the sink writes the name of a Java object', instead: 'text[] (hex)' },
  { column: 'date[]', why: 'the sink changes days of early years', instead: 'text[], or jsonb' },
  { column: 'timestamp[]', why: 'the sink fails', instead: 'bigint[], or jsonb' },
];

/** A type that is refused in the Avro schema, and what to use. */
export interface RefusedType {
  readonly avro: unknown;
  readonly why: string;
  readonly instead: string;
}

export const REFUSED_TYPES: readonly RefusedType[] = [
  { avro: 'float', why: 'changes values', instead: 'double, or a decimal for amounts' },
  { avro: { type: 'fixed', name: 'F', size: 4 }, why: 'no need: bytes do the same', instead: 'bytes' },
  {
    avro: { type: 'fixed', name: 'F', size: 9, logicalType: 'decimal', precision: 20, scale: 2 },
    why: 'the converter fails on it',
    instead: 'a decimal on bytes',
  },
  {
    avro: { type: 'long', logicalType: 'timestamp-micros' },
    why: 'without its name the sink sees a bare number, and PostgreSQL refuses it',
    instead: '`"connect.name": "io.debezium.time.MicroTimestamp"` in the type',
  },
  {
    avro: { type: 'long', logicalType: 'time-micros' },
    why: 'the same',
    instead: '`"connect.name": "io.debezium.time.MicroTime"` in the type',
  },
  {
    avro: { type: 'long', logicalType: 'timestamp-nanos' },
    why: 'PostgreSQL keeps microseconds',
    instead: 'timestamp-micros, or long for a bigint',
  },
  {
    avro: { type: 'long', logicalType: 'local-timestamp-micros' },
    why: 'the sink writes the number, not a time',
    instead: 'timestamp-micros, which is UTC',
  },
  { avro: array('double'), why: 'the sink rounds the elements to float4, without an error', instead: 'JSON for jsonb' },
  {
    avro: array('bytes'),
    why: 'the sink writes the name of a Java object, without an error',
    instead: 'strings (hex) for text[]',
  },
  {
    avro: array({ type: 'int', logicalType: 'date' }),
    why: 'the sink changes days of early years, without an error',
    instead: 'strings for text[], or JSON for jsonb',
  },
  {
    avro: array({ type: 'long', logicalType: 'timestamp-millis' }),
    why: 'the sink fails',
    instead: 'longs for bigint[], or JSON for jsonb',
  },
  { avro: array(decimal(20, 2)), why: 'the sink fails', instead: 'strings for text[], or JSON for jsonb' },
  { avro: array(array('int')), why: 'PostgreSQL lists have no lists in them', instead: 'JSON for jsonb' },
  {
    avro: { type: 'record', name: 'Inner', fields: [] },
    why: "a table's row is flat: the sink fails",
    instead: 'JSON for jsonb',
  },
  { avro: { type: 'map', values: 'string' }, why: 'the same', instead: 'JSON for jsonb' },
];
