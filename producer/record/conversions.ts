import protobuf from 'protobufjs';
import type { FieldMapping, TextForm, TimeUnit } from '../../pipeline/feed.ts';
import type { AvroField } from '../../schemas/avro-schema.ts';
import { formatDecimal } from '../../schemas/decimal.ts';
import { exactNumberOf, wholeOf } from '../feed/long.ts';
import { toBase58 } from './base58.ts';
import { FieldRefusal } from './field-readers.ts';
import { jsonText } from './json-text.ts';
import { exactMillisOf, nanosOf, wellKnown } from './well-known.ts';

type Update = Readonly<Record<string, unknown>>;

/** Makes of a proto value the one that the Avro field's reader takes; undefined is unset. `update` is the whole update. */
export type Convert = (raw: unknown, update: Update) => unknown;

/** The value at a path; undefined when a message on the way is absent. */
export const valueAtPath = (message: unknown, steps: readonly string[]): unknown =>
  steps.reduce<unknown>((value, step) => (value as Update | null | undefined)?.[step], message);

/** What a mapping or the type of the field asks for; undefined when the value goes as it is. */
export function conversion(field: AvroField, leaf: protobuf.Field, mapping: FieldMapping): Convert | undefined {
  const { scale, exponent, unit, text, words } = mapping;
  const known = leaf.resolvedType instanceof protobuf.Type ? wellKnown(leaf.resolvedType) : undefined;
  if (known === 'wrapper') return unwrapped(field, leaf, mapping);
  if (text !== undefined) return textConversion(leaf, text);
  if (words !== undefined) return wordConversion(leaf, words);
  if (typeof scale === 'number') return (raw) => amount(raw, -scale, field);
  const carried = scale ?? exponent;
  if (carried !== undefined) return carriedConversion(carried.split('.'), scale === undefined ? 1 : -1, field);
  if (known === 'timestamp') {
    const fromUnit = unitOf(field);
    return (raw) => (fromUnit === 'milliseconds' ? exactMillisOf(raw) : undefined) ?? inUnits(nanosOf(raw), fromUnit);
  }
  if (known === 'duration') return durationConversion(field, unit);
  if (unit === undefined) return undefined;
  const factor = NANOS_OF[unit];
  return (raw) => {
    const whole = wholeOf(raw);
    return whole === undefined ? raw : inUnits(whole * factor, unitOf(field));
  };
}

/** A wrapper is the value in it, and is converted as that one is. */
function unwrapped(field: AvroField, leaf: protobuf.Field, mapping: FieldMapping): Convert {
  const inner = (leaf.resolvedType as protobuf.Type).fields.value;
  const convert = inner && conversion(field, inner, mapping);
  return (raw, update) => {
    const { value } = raw as { value: unknown };
    return convert === undefined ? value : convert(value, update);
  };
}

const NANOS_OF: Readonly<Record<TimeUnit, bigint>> = {
  seconds: 1_000_000_000n,
  milliseconds: 1_000_000n,
  microseconds: 1_000n,
  nanoseconds: 1n,
};

/** What the reader of a time counts in. */
const unitOf = ({ kind }: AvroField): TimeUnit => (/micros/.test(kind) ? 'microseconds' : 'milliseconds');

/** Nothing is rounded. */
function inUnits(nanos: bigint, unit: TimeUnit): unknown {
  const factor = NANOS_OF[unit];
  if (nanos % factor === 0n) return nanos / factor;
  return new FieldRefusal('NOT_EXACT', `${nanos} nanoseconds are not a whole number of ${unit}`);
}

/** Seconds as a decimal; a whole number of the unit otherwise. */
function durationConversion(field: AvroField, unit: TimeUnit = 'milliseconds'): Convert {
  if (field.kind === 'decimal') return (raw) => amount(nanosOf(raw), -9, field);
  return (raw) => inUnits(nanosOf(raw), unit);
}

/** Beyond this no column holds the amount, and the power alone would fill the memory. */
const LARGEST_POWER = 100;

function carriedConversion(path: readonly string[], sign: 1 | -1, field: AvroField): Convert {
  return (raw, update) => {
    const power = wholeOf(valueAtPath(update, path));
    if (power === undefined) return new FieldRefusal('MISSING', `${path.join('.')}, which scales it, is not set`);
    if (power > LARGEST_POWER || power < -LARGEST_POWER) {
      return new FieldRefusal('OUT_OF_RANGE', `${path.join('.')} is ${power}, at most ${LARGEST_POWER} either way`);
    }
    return amount(raw, sign * Number(power), field);
  };
}

/** The integer times 10^power as text with the field's scale, exact. */
function amount(raw: unknown, power: number, { scale = 0 }: AvroField): unknown {
  const shift = scale + power;
  const exact = shift === 0 ? exactNumberOf(raw) : undefined;
  if (exact !== undefined) return pointed(exact, scale);
  const whole = typeof raw === 'bigint' ? raw : wholeOf(raw);
  if (whole === undefined) return raw;
  if (shift >= 0) return formatDecimal(whole * 10n ** BigInt(shift), scale);
  const divisor = 10n ** BigInt(-shift);
  if (whole % divisor === 0n) return formatDecimal(whole / divisor, scale);
  return new FieldRefusal('TOO_MANY_FRACTION_DIGITS', `${whole} × 10^${power} has more than ${scale} fraction digits`);
}

/** `-123` with scale 2 is `-1.23`. The two halves are small numbers, which are text much sooner than large ones. */
function pointed(whole: number, scale: number): string {
  if (scale === 0) return String(whole);
  const magnitude = whole < 0 ? -whole : whole;
  if (scale > 9) return formatDecimal(BigInt(whole), scale);
  const one = 10 ** scale;
  const rest = magnitude % one;
  return `${whole < 0 ? '-' : ''}${(magnitude - rest) / one}.${String(one + rest).slice(1)}`;
}

function wordConversion({ resolvedType }: protobuf.Field, words: Readonly<Record<string, string>>): Convert {
  const byValue = new Map<unknown, string>(Object.entries(words));
  const names = resolvedType instanceof protobuf.Enum ? resolvedType.valuesById : {};
  for (const [number, name] of Object.entries(names)) {
    if (Object.hasOwn(words, name)) byValue.set(Number(number), words[name] as string);
  }
  return (raw) => {
    const word = byValue.get(raw);
    if (word !== undefined) return word;
    // The zero of an enum without a word is its "unspecified", and looks like an unset one.
    if (raw === 0 || raw === '') return undefined;
    const sent =
      names[raw as number] ?? (typeof raw === 'number' ? `value ${raw}` : JSON.stringify(String(raw).slice(0, 60)));
    return new FieldRefusal('NOT_ALLOWED', `${sent} has no word in the definition`);
  };
}

function textConversion(leaf: protobuf.Field, form: TextForm): Convert {
  if (form === 'json') {
    return (raw) =>
      jsonText(leaf, raw) ??
      new FieldRefusal('BAD_TEXT', 'holds a text with NUL or half a surrogate pair, or is too deep');
  }
  if (form === 'base58') return (raw) => (raw instanceof Uint8Array ? toBase58(raw) : raw);
  return (raw) => (Buffer.isBuffer(raw) ? raw.toString(form) : raw);
}
