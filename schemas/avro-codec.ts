import avro from 'avsc';

export type { AvroRecord, AvroValue } from './avro-schema.ts';

import { decodeDecimal, encodeDecimal } from './decimal.ts';

interface DecimalAttributes {
  readonly precision: number;
  readonly scale?: number;
}

/** Avro `decimal` on bytes: in memory the canonical text ("-12.500000"), never a float. */
export class DecimalType extends avro.types.LogicalType {
  readonly precision: number;
  readonly scale: number;

  constructor(schema: avro.Schema, options?: unknown) {
    super(schema, options as never);
    const { precision, scale = 0 } = schema as unknown as DecimalAttributes;
    this.precision = precision;
    this.scale = scale;
  }

  protected override _fromValue(bytes: Buffer | undefined): string {
    // avsc looks for the end of its buffer only once the whole record is read.
    if (bytes === undefined) throw new Error('truncated buffer');
    return decodeDecimal(bytes, this.scale);
  }

  protected override _toValue(text: unknown): Buffer | undefined {
    return typeof text === 'string' ? encodeDecimal(text, this) : undefined;
  }

  /** Another decimal can be read only when its scale is the same: a changed scale would change every amount. */
  protected override _resolve(type: avro.Type): ((text: string) => string) | undefined {
    const fits = type instanceof DecimalType && type.scale === this.scale && type.precision <= this.precision;
    // The writer's type has already turned the bytes into text.
    return fits ? (text) => text : undefined;
  }
}

/** Avro `timestamp-millis`: a Date. Its base is avsc's own long, a number: milliseconds stay far below 2^53. */
export class TimestampMillisType extends avro.types.LogicalType {
  protected override _fromValue(ms: number): Date {
    const date = new Date(ms);
    if (Number.isNaN(date.getTime())) throw new Error(`${ms} ms is beyond what a date can be`);
    return date;
  }

  protected override _toValue(date: unknown): number | undefined {
    return date instanceof Date && !Number.isNaN(date.getTime()) ? date.getTime() : undefined;
  }

  protected override _resolve(type: avro.Type): ((date: Date) => Date) | undefined {
    return type instanceof TimestampMillisType ? (date) => date : undefined;
  }
}

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;
const isLong = (value: unknown): value is bigint => typeof value === 'bigint' && value >= MIN_LONG && value <= MAX_LONG;

/** Avro `long` as a bigint: avsc's own is a number and fails beyond 2^53. */
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

/** Options for everything that builds an avsc type here, also inside @kafkajs/confluent-schema-registry. */
export const avroOptions: Partial<avro.ForSchemaOptions> = {
  logicalTypes: { decimal: DecimalType, 'timestamp-millis': TimestampMillisType } as never,
  typeHook: (schema) => (schema === 'long' || isPlainLong(schema) ? (bigintLong as avro.Type) : undefined) as never,
};

const isPlainLong = (schema: unknown): boolean =>
  typeof schema === 'object' &&
  schema !== null &&
  (schema as { type?: unknown }).type === 'long' &&
  (schema as { logicalType?: unknown }).logicalType === undefined;

/** An avsc type whose values are `AvroRecord`s. Errors: those of avsc for an invalid schema. */
export function createAvroType(raw: unknown): avro.Type {
  // A copy: avsc keeps its register of type names in the options, and refuses a name it has seen before.
  return avro.Type.forSchema(raw as avro.Schema, { ...avroOptions });
}
