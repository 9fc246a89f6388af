import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';

/** What a table cannot hold: one field's value, just beyond what the field allows. */
export interface Fault {
  readonly field: string;
  readonly value: AvroValue;
}

/** The record with one field made impossible. */
export const spoil = (record: AvroRecord, fault: Fault): AvroRecord => ({ ...record, [fault.field]: fault.value });

/** An enum number that no schema here names. */
const UNKNOWN_ENUM = 99;
const INT_MAX = 2n ** 31n - 1n;
const LONG_MAX = 2n ** 63n - 1n;

/** The impossible value of one kind; undefined for a field that has none of this kind. */
type FaultyValue = (field: AvroField) => AvroValue | undefined;

const decimalFault =
  (value: (precision: number, scale: number) => string): FaultyValue =>
  ({ kind, precision = 0, scale = 0, maximum }) =>
    // One with limits travels as a whole number, which is never any of these.
    kind === 'decimal' && maximum === undefined ? value(precision, scale) : undefined;

const KINDS: readonly FaultyValue[] = [
  ({ maxLength, allowed }) =>
    maxLength === undefined || allowed !== undefined ? undefined : 'x'.repeat(maxLength + 1),
  decimalFault((precision, scale) => `${'9'.repeat(precision - scale + 1)}.${'9'.repeat(scale)}`),
  decimalFault(() => 'NaN'),
  decimalFault((_precision, scale) => `0.${'0'.repeat(scale)}1`),
  ({ allowed }) => (allowed === undefined ? undefined : UNKNOWN_ENUM),
  ({ kind, maximum }) =>
    kind !== 'int' || maximum === undefined || maximum >= INT_MAX ? undefined : Number(maximum) + 1,
  // The feed sends longs as uint64, so it can send what a BIGINT cannot hold.
  ({ kind }) => (kind === 'long' ? LONG_MAX + 1n : undefined),
  ({ minLength = 0, allowed }) => (minLength < 1 || allowed !== undefined ? undefined : ''),
  decimalFault(() => '1e3'),
];

/**
 * Every fault the schema's limits make possible, ordered so that the first few are of as many kinds as there are:
 * too long, too many digits, NaN, too many decimals, unknown enum value, int and 64-bit overflow, empty.
 */
export function faultsOf(schema: AvroSchema): readonly Fault[] {
  const byKind = KINDS.map((faultyValue) =>
    schema.fields.flatMap((field) => {
      const value = faultyValue(field);
      return value === undefined ? [] : [{ field: field.name, value }];
    }),
  );
  const most = Math.max(...byKind.map(({ length }) => length));
  return Array.from({ length: most }, (_, at) => byKind.flatMap((faults) => faults[at] ?? [])).flat();
}
