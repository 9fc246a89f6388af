import type { AvroField, AvroValue } from '../../schemas/avro-schema.ts';
import { DecimalError, formatDecimal, parseDecimal } from '../../schemas/decimal.ts';
import { enumWord } from '../../schemas/enum-words.ts';
import { instantText, MAX_MICROS, MAX_TIME, MIN_MICROS, MIN_TIME } from '../../schemas/time-text.ts';
import { bigintOf, isLongLike } from '../feed/long.ts';
import type { ProtoEnum } from '../feed/protocol.ts';
import { type FieldReader, FieldRefusal, shown, wrongType } from './refused-field.ts';
import { dateReader, jsonReader, timeReader, uuidReader } from './text-readers.ts';

export { FieldRefusal };

/** The reader of one schema field; `protoEnum` when the feed sends it as an enum. */
export function createFieldReader(field: AvroField, protoEnum: ProtoEnum | undefined): FieldReader {
  const read = readerOf(field, protoEnum);
  const unset = field.nullable ? null : new FieldRefusal('MISSING', 'is not set');
  return (raw) => (raw === undefined || raw === null ? unset : read(raw));
}

function readerOf(field: AvroField, protoEnum: ProtoEnum | undefined): FieldReader {
  switch (field.kind) {
    case 'string':
      return field.allowed === undefined ? textReader(field) : wordReader(field, field.allowed, protoEnum);
    case 'int':
      return integerReader(field, -(2n ** 31n), 2n ** 31n - 1n, Number);
    case 'long':
      return integerReader(field, -(2n ** 63n), 2n ** 63n - 1n, BigInt);
    case 'decimal':
      return decimalReader(field);
    case 'timestamp-millis':
      return integerReader(field, MIN_TIME, MAX_TIME, (value) => new Date(Number(value)));
    case 'boolean':
      return (raw) => (typeof raw === 'boolean' ? raw : wrongType(raw, 'true or false'));
    case 'double':
      return (raw) => (typeof raw === 'number' && Number.isFinite(raw) ? raw : wrongType(raw, 'a finite number'));
    case 'bytes':
      return (raw) => (Buffer.isBuffer(raw) ? raw : wrongType(raw, 'bytes'));
    case 'enum':
      return wordReader(field, field.allowed ?? [], protoEnum);
    case 'uuid':
      return textOr(field, uuidReader);
    case 'json':
      return textOr(field, jsonReader);
    case 'date':
      return textOr(field, dateReader(wholeNumber));
    case 'time-millis':
      return textOr(field, timeReader(1000, wholeNumber));
    case 'time-micros':
      return textOr(field, timeReader(1, wholeNumber));
    case 'timestamp-micros':
      return integerReader(field, MIN_MICROS, MAX_MICROS, (value) => instantText(BigInt(value)));
    case 'array':
      return arrayReader(readerOf(field.items as AvroField, protoEnum));
  }
}

/** An empty text of these says nothing: proto3 sends no difference between it and an unset one. */
function textOr({ nullable }: AvroField, read: FieldReader): FieldReader {
  const unset = nullable ? null : new FieldRefusal('MISSING', 'is empty');
  return (raw) => (raw === '' ? unset : read(raw));
}

/** A list is refused with its first element that is. */
function arrayReader(read: FieldReader): FieldReader {
  return (raw) => {
    if (!Array.isArray(raw)) return wrongType(raw, 'a list');
    const values: AvroValue[] = [];
    for (const [index, one] of raw.entries()) {
      const value = read(one);
      if (value instanceof FieldRefusal) return new FieldRefusal(value.code, `element ${index}: ${value.message}`);
      values.push(value);
    }
    return values;
  };
}

/**
 * Bytes that are not UTF-8 were read as U+FFFD: such a text is no longer what the feed sent. No text needs a control character but tab and
 * line ends; a terminal obeys the others.
 */
const BAD_TEXT = /(?![\t\n\r])\p{Cc}|\uFFFD|\p{Surrogate}/u;
/** Nearly all text here. Nothing can be wrong with it, and one character is one code point. */
const PLAIN_TEXT = /^[ -~]*$/;

function textReader({ minLength = 0, maxLength = Number.MAX_SAFE_INTEGER, nullable }: AvroField): FieldReader {
  const empty = nullable ? null : new FieldRefusal('MISSING', 'is empty');
  return (raw) => {
    if (typeof raw !== 'string') return wrongType(raw, 'text');
    // proto3 does not send an empty text, so an empty text and an unset one look the same.
    if (raw === '' && minLength > 0) return empty;
    const plain = PLAIN_TEXT.test(raw);
    if (!plain && BAD_TEXT.test(raw)) {
      return new FieldRefusal(
        'BAD_TEXT',
        `${shown(raw)} holds a control character, half a surrogate pair or bytes that are not UTF-8`,
      );
    }
    if (raw.length > maxLength || raw.length < 2 * minLength) {
      // Columns count code points; a code point is one or two units of a JavaScript string.
      const length = codePoints(raw);
      const limit = `${length} characters`;
      if (length > maxLength)
        return new FieldRefusal('TOO_LONG', `${shown(raw)} has ${limit}, at most ${maxLength} fit`);
      if (length < minLength)
        return new FieldRefusal('TOO_SHORT', `${shown(raw)} has ${limit}, fewer than ${minLength}`);
    }
    return raw;
  };
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function wordReader(
  { name, nullable }: AvroField,
  allowed: readonly string[],
  protoEnum: ProtoEnum | undefined,
): FieldReader {
  const words = new Map<unknown, string>(allowed.map((word) => [word, word]));
  const unset = nullable ? null : new FieldRefusal('MISSING', 'is not set');
  for (const [number, valueName] of Object.entries(protoEnum?.valueNames ?? {})) {
    const word = enumWord(protoEnum?.name ?? name, valueName, allowed);
    if (word === undefined) continue;
    words.set(Number(number), word);
    words.set(valueName, word);
  }
  return (raw) => {
    const word = words.get(raw);
    if (word !== undefined) return word;
    // The zero of a proto enum is its "unspecified". An unset enum looks the same.
    if (raw === '' || (raw === 0 && protoEnum !== undefined)) return unset;
    const sent = typeof raw === 'number' ? (protoEnum?.valueNames[raw] ?? `value ${raw}`) : shown(String(raw));
    return new FieldRefusal('NOT_ALLOWED', `${sent} is none of ${allowed.join(', ')}`);
  };
}

const WHOLE_NUMBER = /^-?\d{1,20}$/;

function integerReader(
  field: AvroField,
  lowest: bigint,
  highest: bigint,
  convert: (value: bigint | number) => AvroValue,
): FieldReader {
  const minimum = field.minimum !== undefined && field.minimum > lowest ? field.minimum : lowest;
  const maximum = field.maximum !== undefined && field.maximum < highest ? field.maximum : highest;
  return (raw) => {
    const value = wholeNumber(raw);
    if (value === undefined) return wrongType(raw, 'a whole number');
    if (value < minimum || value > maximum) {
      return new FieldRefusal('OUT_OF_RANGE', `${value} is not between ${minimum} and ${maximum}`);
    }
    return convert(value);
  };
}

/** A number where that is exact, which saves a BigInt per field. */
function wholeNumber(raw: unknown): bigint | number | undefined {
  if (typeof raw === 'number') return Number.isSafeInteger(raw) ? raw : undefined;
  if (isLongLike(raw)) return bigintOf(raw);
  if (typeof raw === 'bigint') return raw;
  return typeof raw === 'string' && WHOLE_NUMBER.test(raw) ? BigInt(raw) : undefined;
}

function decimalReader({ precision = 38, scale = 0, nullable }: AvroField): FieldReader {
  const shape = { precision, scale };
  const unset = nullable ? null : new FieldRefusal('MISSING', 'is empty');
  // Text with exactly `scale` fraction digits, not too many digits, no leading zeros and no negative zero stays as it is.
  const fraction = scale === 0 ? '' : `\\.\\d{${scale}}`;
  const canonical = new RegExp(`^(?:(?!-[0.]+$)-)?(?:0|[1-9]\\d{0,${Math.max(precision - scale - 1, 0)}})${fraction}$`);
  return (raw) => {
    if (raw === '') return unset;
    const text = typeof raw === 'string' || scale > 0 ? raw : wholeNumber(raw)?.toString();
    if (typeof text !== 'string') return wrongType(raw, scale > 0 ? 'a decimal as text' : 'a whole number');
    if (precision > scale && canonical.test(text)) return text;
    try {
      return formatDecimal(parseDecimal(text, shape), scale);
    } catch (error) {
      if (error instanceof DecimalError) return new FieldRefusal(error.problem, error.message);
      throw error;
    }
  };
}
