import type { AvroField } from '../../schemas/avro-schema.ts';

const unsigned = (bits: bigint): readonly [bigint, bigint] => [0n, 2n ** bits - 1n];
const signed = (bits: bigint): readonly [bigint, bigint] => [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];

/** What each whole number of protobuf holds. */
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int32: signed(32n),
  sint32: signed(32n),
  sfixed32: signed(32n),
  uint32: unsigned(32n),
  fixed32: unsigned(32n),
  int64: signed(64n),
  sint64: signed(64n),
  sfixed64: signed(64n),
  uint64: unsigned(64n),
  fixed64: unsigned(64n),
};

/** Whether a proto field of this type carries a value; only whole numbers have limits. */
export function carriesWhole(type: string, value: unknown): boolean {
  const range = RANGES[type];
  return range === undefined || typeof value !== 'bigint' || (value >= range[0] && value <= range[1]);
}

/** The field, within what a proto field of this type carries: a decimal that is sent as a whole number is one, and has limits. */
export function withinWire(field: AvroField, type: string): AvroField {
  const range = RANGES[type];
  if (range === undefined) return field;
  if (field.kind === 'decimal') return within(field, range, 10n ** BigInt(field.precision ?? 1) - 1n);
  return field.kind === 'long' && type.endsWith('32') ? within(field, range, 2n ** 63n) : field;
}

function within(field: AvroField, [least, greatest]: readonly [bigint, bigint], most: bigint): AvroField {
  const { minimum = least < -most ? -most : least, maximum = greatest > most ? most : greatest } = field;
  return { ...field, minimum, maximum };
}
