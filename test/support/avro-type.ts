import avro from 'avsc';
import { avroOptions } from '../../schemas/avro-codec.ts';
import { parseDecimal, toTwosComplement } from '../../schemas/decimal.ts';

type LogicalTypes = Record<'decimal' | 'timestamp-millis', new (schema: avro.Schema, options?: unknown) => LogicalType>;
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

/** An avsc type that reads as this package does, and writes as well: what another producer's library would send. */
export function createAvroType(raw: unknown): avro.Type {
  // A new object each time: avsc keeps its register of type names in the options, and refuses a name it has seen before.
  return avro.Type.forSchema(raw as avro.Schema, {
    ...avroOptions,
    logicalTypes: { decimal: WritableDecimal, 'timestamp-millis': WritableTimestampMillis } as never,
  });
}
