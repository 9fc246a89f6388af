import type { LogicalAttribute } from './avro-model.ts';

/** The logical types of the Avro specification, and the types they annotate. */
const LOGICAL_TYPES: Readonly<Record<string, readonly string[]>> = {
  decimal: ['bytes', 'fixed'],
  'big-decimal': ['bytes'],
  uuid: ['string', 'fixed'],
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'timestamp-nanos': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  'local-timestamp-nanos': ['long'],
  duration: ['fixed'],
};

/**
 * What a `logicalType` means on a type. Avro implementations silently ignore one that is unknown, stands on the wrong
 * type or has impossible numbers; the reason is kept, since a typo there changes every value's meaning.
 */
export function readLogical(schema: Readonly<Record<string, unknown>>, kind: string, size?: number): LogicalAttribute {
  const name = schema.logicalType;
  if (name === undefined) return undefined;
  if (typeof name !== 'string') return { ignored: String(name), because: 'it is not a string' };
  const ignored = (because: string): LogicalAttribute => ({ ignored: name, because });
  const carriers = LOGICAL_TYPES[name];
  if (carriers === undefined) return ignored('Avro does not know it');
  if (!carriers.includes(kind)) return ignored(`it annotates ${carriers.join(' or ')}, not ${kind}`);
  if (name === 'uuid' && kind === 'fixed' && size !== 16) return ignored('a fixed uuid has 16 bytes');
  if (name === 'duration' && size !== 12) return ignored('a duration has 12 bytes');
  if (name !== 'decimal') return { means: { name, precision: 0, scale: 0 } };
  const precision = schema.precision;
  const scale = schema.scale ?? 0;
  if (!isCount(precision) || precision === 0) return ignored('its precision is not a positive whole number');
  if (!isCount(scale)) return ignored('its scale is not a whole number from 0');
  if (scale > precision) return ignored(`its scale ${scale} exceeds its precision ${precision}`);
  if (size !== undefined && precision > digitsOf(size)) {
    return ignored(`${size} bytes hold ${digitsOf(size)} digits, not ${precision}`);
  }
  return { means: { name, precision, scale } };
}

/** Decimal digits that always fit into a two's complement number of `size` bytes. */
const digitsOf = (size: number): number => (size === 0 ? 0 : (2n ** BigInt(8 * size - 1) - 1n).toString().length - 1);

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;
