import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';

/** What a table cannot hold: one field's value, just beyond what the field allows. */
export interface Fault {
  /** What is wrong, e.g. `symbol too long`. */
  readonly name: string;
  readonly field: string;
  readonly value: AvroValue;
}

/** The record with one field made impossible. */
export const spoil = (record: AvroRecord, fault: Fault): AvroRecord => ({ ...record, [fault.field]: fault.value });

/** An enum number that no schema here names. */
const UNKNOWN_ENUM = 99;
const INT_MAX = 2n ** 31n - 1n;
const LONG_MAX = 2n ** 63n - 1n;

type FaultOf = (field: AvroField) => Omit<Fault, 'field'> | undefined;

const KINDS: readonly FaultOf[] = [
  ({ name, maxLength, allowed }) =>
    maxLength === undefined || allowed !== undefined
      ? undefined
      : { name: `${name} too long`, value: 'x'.repeat(maxLength + 1) },
  (field) => decimalFault(field, 'too many digits', (p, s) => `${'9'.repeat(p - s + 1)}.${'9'.repeat(s)}`),
  (field) => decimalFault(field, 'is not a number', () => 'NaN'),
  (field) => decimalFault(field, 'too fine', (_p, s) => `0.${'0'.repeat(s)}1`),
  ({ name, allowed }) => (allowed === undefined ? undefined : { name: `unknown ${name}`, value: UNKNOWN_ENUM }),
  ({ name, kind, maximum }) =>
    kind !== 'int' || maximum === undefined || maximum >= INT_MAX
      ? undefined
      : { name: `${name} too large`, value: Number(maximum) + 1 },
  // The wire carries longs as uint64, so the wire can say what a BIGINT cannot.
  ({ name, kind }) => (kind !== 'long' ? undefined : { name: `${name} too large`, value: LONG_MAX + 1n }),
  ({ name, minLength = 0, allowed }) =>
    minLength < 1 || allowed !== undefined ? undefined : { name: `${name} empty`, value: '' },
  (field) => decimalFault(field, 'in exponent form', () => '1e3'),
];

function decimalFault(
  { name, kind, precision = 0, scale = 0 }: AvroField,
  what: string,
  value: (precision: number, scale: number) => string,
): Omit<Fault, 'field'> | undefined {
  return kind === 'decimal' ? { name: `${name} ${what}`, value: value(precision, scale) } : undefined;
}

/**
 * Every fault the schema's limits make possible, ordered so that the first few are of as many kinds as there are:
 * too long, too many digits, NaN, too many decimals, unknown enum value, int and 64-bit overflow, empty.
 */
export function faultsOf(schema: AvroSchema): readonly Fault[] {
  const byKind = KINDS.map((faultOf) =>
    schema.fields.flatMap((field) => {
      const fault = faultOf(field);
      return fault === undefined ? [] : [{ ...fault, field: field.name }];
    }),
  );
  const most = Math.max(...byKind.map(({ length }) => length));
  return Array.from({ length: most }, (_, at) => byKind.flatMap((faults) => faults[at] ?? [])).flat();
}
