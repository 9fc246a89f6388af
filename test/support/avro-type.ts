import avro from 'avsc';
import { avroOptions } from '../../schemas/avro-codec.ts';
import { parseDecimal, toTwosComplement } from '../../schemas/decimal.ts';
import { daysOf, instantOf, instantText, timeOf, timeText } from '../../schemas/time-text.ts';

type LogicalTypes = Record<
  'decimal' | 'timestamp-millis' | 'time-millis' | 'date' | 'uuid',
  new (
    schema: avro.Schema,
    options?: unknown,
  ) => LogicalType
>;
type LogicalType = { _fromValue(value: unknown): unknown; _toValue(value: unknown): unknown };

const read = avroOptions.logicalTypes as unknown as LogicalTypes;

class WritableDecimal extends read.decimal {
  readonly #shape: { readonly precision: number; readonly scale: number };

  constructor(schema: avro.Schema, options?: unknown) {
    super(schema, options);
    const { precision, scale = 0 } = schema as unknown as { precision: number; scale?: number };
    this.#shape = { precision, scale };
  }

  override _toValue(text: unknown): Buffer | undefined {
    return typeof text === 'string' ? toTwosComplement(parseDecimal(text, this.#shape)) : undefined;
  }
}

class WritableTimestampMillis extends read['timestamp-millis'] {
  override _toValue(date: unknown): number | undefined {
    return date instanceof Date && !Number.isNaN(date.getTime()) ? date.getTime() : undefined;
  }
}

class WritableTimeMillis extends read['time-millis'] {
  override _toValue(text: unknown): number {
    return timeOf(text as string) / 1000;
  }
}

class WritableDate extends read.date {
  override _toValue(text: unknown): number {
    return daysOf(text as string);
  }
}

class WritableUuid extends read.uuid {
  override _toValue(text: unknown): unknown {
    return text;
  }
}

/** A long whose value in memory is a text. */
const longText = (fromLong: (value: bigint) => string, toLong: (text: string) => bigint) =>
  avro.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => fromLong(bytes.readBigInt64LE()),
    toBuffer: (text: string) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(toLong(text));
      return bytes;
    },
    fromJSON: String,
    toJSON: String,
    isValid: (text: unknown) => typeof text === 'string',
    compare: () => 0,
  });

const LONG_TEXTS: Readonly<Record<string, unknown>> = {
  'timestamp-micros': longText(instantText, instantOf),
  'time-micros': longText(
    (micros) => timeText(Number(micros)),
    (text) => BigInt(timeOf(text)),
  ),
};

/** An avsc type that reads as this package does, and writes as well: what another producer's library would send. */
export function createAvroType(raw: unknown): avro.Type {
  // A new object each time: avsc keeps its register of type names in the options, and refuses a name it has seen before.
  return avro.Type.forSchema(raw as avro.Schema, {
    ...avroOptions,
    logicalTypes: {
      decimal: WritableDecimal,
      'timestamp-millis': WritableTimestampMillis,
      'time-millis': WritableTimeMillis,
      date: WritableDate,
      uuid: WritableUuid,
    } as never,
    typeHook: ((schema: { readonly logicalType?: string }, options: avro.ForSchemaOptions) =>
      LONG_TEXTS[schema.logicalType ?? ''] ?? avroOptions.typeHook?.(schema as never, options)) as never,
  });
}
