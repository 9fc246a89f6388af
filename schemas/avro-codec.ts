import avro from 'avsc';
import { decodeDecimal } from './decimal.ts';

/** Avro `decimal` on bytes, read as canonical text ("-12.500000"), never as a float. */
class DecimalType extends avro.types.LogicalType {
  readonly #scale: number;

  constructor(schema: avro.Schema, options?: unknown) {
    super(schema, options as never);
    this.#scale = (schema as unknown as { readonly scale?: number }).scale ?? 0;
  }

  protected override _fromValue(bytes: Buffer | undefined): string {
    // avsc looks for the end of its buffer only once the whole record is read.
    if (bytes === undefined) throw new Error('truncated buffer');
    return decodeDecimal(bytes, this.#scale);
  }
}

/** Avro `timestamp-millis`, read as a Date. Its base is avsc's own long, a number: milliseconds stay far below 2^53. */
class TimestampMillisType extends avro.types.LogicalType {
  protected override _fromValue(ms: number): Date {
    const date = new Date(ms);
    if (Number.isNaN(date.getTime())) throw new Error(`${ms} ms is beyond what a date can be`);
    return date;
  }
}

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;
const isLong = (value: unknown): value is bigint => typeof value === 'bigint' && value >= MIN_LONG && value <= MAX_LONG;

/** Avro `long` as a bigint: avsc's own is a number and fails beyond 2^53. avsc wants all of these functions, reader or not. */
const bigintLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: (value: number | string) => BigInt(value),
  toJSON: (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()),
  isValid: isLong,
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** Options for avsc types that read a record's values as `AvroRecord` holds them. Nothing is written through them. */
export const avroOptions: Partial<avro.ForSchemaOptions> = {
  logicalTypes: { decimal: DecimalType, 'timestamp-millis': TimestampMillisType } as never,
  typeHook: (schema) => (schema === 'long' || isPlainLong(schema) ? (bigintLong as avro.Type) : undefined) as never,
};

const isPlainLong = (schema: unknown): boolean =>
  typeof schema === 'object' &&
  schema !== null &&
  (schema as { type?: unknown }).type === 'long' &&
  (schema as { logicalType?: unknown }).logicalType === undefined;
