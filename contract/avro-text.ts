import type { AvroField } from '../schemas/avro-schema.ts';

/** A field's type as people write it: `decimal(38,8)`, `string up to 44`, `int 0…32767`. */
export function avroText(field: AvroField): string {
  switch (field.kind) {
    case 'decimal':
      return `decimal(${field.precision},${field.scale})`;
    case 'string':
      return field.maxLength === undefined ? 'string' : `string up to ${field.maxLength}`;
    case 'int':
    case 'long': {
      if (field.minimum === undefined && field.maximum === undefined) return field.kind;
      return `${field.kind} ${field.minimum ?? ''}…${field.maximum ?? ''}`;
    }
    case 'array':
      return `array of ${field.items === undefined ? 'nothing' : avroText(field.items)}`;
    default:
      return field.kind;
  }
}

const RANGES = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

/** The smallest and largest value the producer lets through. */
export function fieldRange(field: AvroField & { readonly kind: 'int' | 'long' }): readonly [bigint, bigint] {
  const [lowest, highest] = RANGES[field.kind];
  const { minimum = lowest, maximum = highest } = field;
  return [minimum > lowest ? minimum : lowest, maximum < highest ? maximum : highest];
}

/** Whether a field holds whole numbers with a range. */
export const isWhole = <F extends AvroField>(field: F): field is F & { readonly kind: 'int' | 'long' } =>
  field.kind === 'int' || field.kind === 'long';
