import avro from 'avsc';
import { decodeDecimal } from './decimal.ts';
import { dateText, instantText, timeText } from './time-text.ts';
import { canonicalUuid } from './uuid-text.ts';

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

/** A logical type whose value in memory is a text. */
const textOf = <Value>(read: (value: Value) => string) =>
  class extends avro.types.LogicalType {
    protected override _fromValue(value: Value): string {
      return read(value);
    }
  };

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;
const isLong = (value: unknown): value is bigint => typeof value === 'bigint' && value >= MIN_LONG && value <= MAX_LONG;

/** avsc's long is a number and fails beyond 2^53: this one reads all 64 bits. avsc wants all of these functions, reader or not. */
const longRead = (read: (value: bigint) => unknown) =>
  avro.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => read(bytes.readBigInt64LE()),
    toBuffer: (value: bigint) => {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeBigInt64LE(value);
      return bytes;
    },
    fromJSON: (value: number | string) => BigInt(value),
    toJSON: (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()),
    isValid: isLong,
    compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
  }) as avro.Type;

const LONGS: Readonly<Record<string, avro.Type>> = {
  plain: longRead((value) => value),
  'timestamp-micros': longRead(instantText),
  'time-micros': longRead((value) => timeText(Number(value))),
};

/** avsc reads as many elements as an array says it has, also behind its bytes. Here each of them takes at least one byte. */
class BoundedArray extends avro.types.ArrayType {
  protected _read(tap: {
    readonly buf: Buffer;
    readonly pos: number;
    readLong(): number;
    skipLong(): void;
  }): unknown[] {
    const values: unknown[] = [];
    for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
      if (count < 0) tap.skipLong();
      if (!(Math.abs(count) <= tap.buf.length - tap.pos)) throw new Error('truncated buffer');
      const { itemsType } = this as unknown as { itemsType: { _read(from: unknown): unknown } };
      for (let left = Math.abs(count); left > 0; left -= 1) values.push(itemsType._read(tap));
    }
    return values;
  }
}

/** Options for avsc types that read a record's values as `AvroRecord` holds them. Nothing is written through them. */
export const avroOptions: Partial<avro.ForSchemaOptions> = {
  logicalTypes: {
    decimal: DecimalType,
    'timestamp-millis': TimestampMillisType,
    'time-millis': textOf((ms: number) => timeText(ms * 1000)),
    date: textOf(dateText),
    uuid: textOf(canonicalUuid),
  } as never,
  typeHook: ((schema: unknown, options: avro.ForSchemaOptions) => {
    if (schema === 'long') return LONGS.plain;
    if (typeof schema !== 'object' || schema === null) return undefined;
    const { type, logicalType = 'plain' } = schema as { readonly type?: unknown; readonly logicalType?: string };
    if (type === 'array') return new BoundedArray(schema as never, options);
    return type === 'long' ? LONGS[logicalType] : undefined;
  }) as never,
};
