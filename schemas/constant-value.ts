import type { AvroField, AvroValue } from './avro-schema.ts';
import { formatDecimal, parseDecimal } from './decimal.ts';
import { jsonProblem } from './jsonb-text.ts';
import { daysOf, instantOf, instantText, timeOf, timeText } from './time-text.ts';
import { isUuid } from './uuid-text.ts';

/**
 * The value of a field that is written down once, as text, number or truth value: a time as ISO 8601, bytes as hex. A list has none.
 * Throws an Error that says why the field cannot hold it.
 */
export function constantValue(field: AvroField, value: string | number | boolean): AvroValue {
  const { kind, name } = field;
  switch (kind) {
    case 'string':
    case 'enum':
      return textOf(field, String(value));
    case 'int':
    case 'long': {
      const whole = /^-?\d+$/.test(String(value)) ? BigInt(value) : undefined;
      const bits = kind === 'int' ? 31n : 63n;
      const { minimum = -(2n ** bits), maximum = 2n ** bits - 1n } = field;
      if (whole === undefined) throw new Error(`${value} is not a whole number`);
      if (whole < minimum || whole > maximum) throw new Error(`${value} is not between ${minimum} and ${maximum}`);
      return kind === 'int' ? Number(whole) : whole;
    }
    case 'decimal': {
      const { precision = 38, scale = 0 } = field;
      // A number of YAML is a double. Text is exact.
      if (typeof value !== 'string' && !Number.isSafeInteger(value))
        throw new Error(`write ${value} as text, in quotes`);
      return formatDecimal(parseDecimal(String(value), { precision, scale }), scale);
    }
    case 'boolean':
      if (typeof value !== 'boolean') throw new Error(`${value} is neither true nor false`);
      return value;
    case 'double':
      if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${value} is not a finite number`);
      return value;
    case 'timestamp-millis': {
      const time = new Date(String(value));
      if (!/^\d{4}-\d{2}-\d{2}T.*Z$/.test(String(value)) || Number.isNaN(time.getTime())) {
        throw new Error(`${value} is not a time such as 2026-01-01T00:00:00Z`);
      }
      return time;
    }
    case 'array':
      throw new Error(`a field of type ${kind} has no constants: ${name}`);
    default:
      return READERS[kind](String(value));
  }
}

type Texts = 'bytes' | 'uuid' | 'json' | 'date' | 'time-millis' | 'time-micros' | 'timestamp-micros';

/** Kinds that are read from one form of text. */
const READERS: Readonly<Record<Texts, (text: string) => AvroValue>> = {
  bytes: (text) => Buffer.from(wanted(/^([\da-f]{2})*$/i.test(text), text, 'bytes as hex'), 'hex'),
  uuid: (text) => wanted(isUuid(text), text, 'a UUID').toLowerCase(),
  json: (text) => {
    const problem = jsonProblem(text);
    if (problem !== undefined) throw new Error(`${text} ${problem}`);
    return text;
  },
  date: (text) => wanted(!Number.isNaN(daysOf(text)), text, 'a date such as 2026-01-01'),
  'time-millis': (text) => timeText(timeOf(wanted(timeOf(text) % 1000 === 0, text, 'a time such as 09:30:00.123'))),
  'time-micros': (text) => timeText(timeOf(wanted(timeOf(text) >= 0, text, 'a time such as 09:30:00.123456'))),
  'timestamp-micros': (text) => {
    const [, seconds, fraction = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/.exec(text) ?? [];
    wanted(!Number.isNaN(Date.parse(`${seconds}Z`)), text, 'a time such as 2026-01-01T00:00:00.123456Z');
    return instantText(instantOf(`${seconds}.${fraction.padEnd(6, '0')}Z`));
  },
};

function wanted(fits: boolean, text: string, form: string): string {
  if (fits) return text;
  throw new Error(`${text} is not ${form}`);
}

function textOf({ allowed, minLength = 0, maxLength = Number.MAX_SAFE_INTEGER }: AvroField, text: string): string {
  if (allowed !== undefined && !allowed.includes(text)) throw new Error(`"${text}" is none of ${allowed.join(', ')}`);
  const length = [...text].length;
  if (length < minLength || length > maxLength) {
    throw new Error(`"${text}" has ${length} characters; ${minLength} to ${maxLength} fit`);
  }
  return text;
}
