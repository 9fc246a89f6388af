import type { TimeUnit } from '../../../pipeline/feed.ts';
import { stemOf } from '../../../schemas/enum-words.ts';
import { type DecimalAnswer, type DraftField, wrongAnswer } from './draft-types.ts';
import type { FieldContent } from './field-content.ts';

/** What a person said of one field. */
interface FieldAnswer {
  readonly name: string;
  readonly isKey: boolean;
  readonly unit?: TimeUnit | undefined;
  readonly decimal?: DecimalAnswer | undefined;
}

type Draft = Omit<DraftField, 'path' | 'to'> & {
  /** The proto's copy writes it `optional`. */
  readonly isOptional?: boolean;
};

const MICROS = { type: 'long', logicalType: 'timestamp-micros', 'connect.name': 'io.debezium.time.MicroTimestamp' };
const MILLIS = { type: 'long', logicalType: 'timestamp-millis' };
const JSON_TEXT = { type: 'string', 'connect.name': 'io.debezium.data.Json' };
const WHOLE = /^(s?fixed|u?int|sint)(32|64)$/;
const WHOLE_64 = /64$/;
const LIKE_TIME = /(^|_)(time|timestamp|ts|at|date)$|(time|_ts|_at|_ms|_us|_ns|millis|micros|nanos)$/i;
const LIKE_AMOUNT = /(price|amount|size|qty|quantity|fee|px|notional|volume|balance|rate|value|pnl|margin)$/i;

const decimalType = ({ precision, scale }: DecimalAnswer) => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  scale,
});
const numeric = ({ precision, scale }: DecimalAnswer): string => `NUMERIC(${precision}, ${scale})`;
const draftOf = (type: unknown, sql: string, nullable: boolean, more: Partial<Draft> = {}): Draft => ({
  type,
  sql,
  nullable,
  mapping: {},
  limits: {},
  ...more,
});

/** The way of one field's value into a column, the safe one where there are several; or why it goes nowhere. */
export function valueDraft(content: FieldContent, answer: FieldAnswer): Draft | { readonly why: string } {
  const { name, isKey, unit, decimal } = answer;
  if (content.kind !== 'scalar' && decimal !== undefined)
    throw wrongAnswer(`--decimal: ${name} is no single text or number`, 'leave it out');
  if (unit !== undefined && !(content.kind === 'scalar' && WHOLE.test(content.type))) {
    throw wrongAnswer(`--time: ${name} is no whole number`, 'a Timestamp knows its unit; leave the flag out');
  }
  const forKey = (fits: boolean): void => {
    if (isKey && !fits)
      throw wrongAnswer(
        `--key: ${name} cannot tell rows apart: it is ${content.kind === 'scalar' ? content.type : `a ${content.kind}`}`,
        'name text, whole numbers, bytes, enums or times',
      );
  };
  switch (content.kind) {
    case 'scalar':
      forKey(!/^(bool|double|float)$/.test(content.type));
      return scalarDraft(content, answer);
    case 'enum':
      return enumDraft(content, isKey);
    case 'timestamp':
      return draftOf(MICROS, 'TIMESTAMP', !isKey, { note: 'a Timestamp with nanoseconds is refused; UTC' });
    case 'duration':
      forKey(false);
      return draftOf(decimalType({ precision: 21, scale: 9 }), numeric({ precision: 21, scale: 9 }), true, {
        note: 'a Duration in seconds',
      });
    case 'any':
      forKey(false);
      return { why: 'an Any, whose type nobody knows here' };
    case 'empty':
      forKey(false);
      return { why: 'an Empty, which holds nothing' };
    case 'message':
      forKey(false);
      return draftOf(JSON_TEXT, 'JSONB', true, {
        mapping: { text: 'json' },
        note: `${content.name} as JSON; \`${name}.FIELD\` takes one field of it`,
      });
    case 'list':
    case 'map':
      forKey(false);
      return draftOf(JSON_TEXT, 'JSONB', false, { mapping: { text: 'json' }, note: `a ${content.kind} as JSON` });
  }
}

type Scalar = Extract<FieldContent, { kind: 'scalar' }>;

function scalarDraft({ type, presence, isWrapped }: Scalar, { name, isKey, unit, decimal }: FieldAnswer): Draft {
  if (isWrapped && WHOLE.test(type) && (unit !== undefined || decimal !== undefined)) {
    throw wrongAnswer(
      `${unit === undefined ? '--decimal' : '--time'}: ${name} is a wrapped ${type}, which is not converted`,
      'leave it out',
    );
  }
  const nullable = presence && !isKey;
  // A key of zero would be every update that forgets it.
  const forgotten = `0 is refused in a key; where it is a value, take \`optional\` out of the proto and write \`absent: zero\``;
  const isForgettable = isKey && WHOLE.test(type) && !presence;
  const unset: Partial<Draft> = presence ? {} : isKey ? { isOptional: true } : { mapping: { absent: 'zero' } };
  if (unit !== undefined) {
    const isFine = unit === 'microseconds' || unit === 'nanoseconds';
    const exact = unit === 'nanoseconds' ? 'nanoseconds that are no whole microseconds are refused' : undefined;
    return draftOf(isFine ? MICROS : MILLIS, 'TIMESTAMP', !isKey, {
      mapping: { unit },
      note: exact,
      isOptional: !presence,
    });
  }
  if (decimal !== undefined) return decimalDraft(type, decimal, { name, nullable, unset });
  if (type === 'string') {
    const note = LIKE_AMOUNT.test(name) ? `text; if it is an amount: --decimal ${name}=38,8` : undefined;
    return draftOf('string', 'TEXT COLLATE "C"', nullable, { limits: isKey ? { minLength: 1 } : {}, note });
  }
  if (type === 'bytes') {
    if (!isKey || isWrapped) return draftOf('bytes', 'BYTEA', nullable);
    return draftOf('string', 'TEXT COLLATE "C"', false, {
      mapping: { text: 'hex' },
      limits: { minLength: 1 },
      note: 'bytes as hex; or base58, base64',
    });
  }
  if (type === 'bool') return draftOf('boolean', 'BOOLEAN', nullable, unset);
  if (type === 'double' || type === 'float') {
    return draftOf('double', 'DOUBLE PRECISION', nullable, { ...unset, note: `${type}: no amount is exact in it` });
  }
  const note = isForgettable ? forgotten : isWrapped ? undefined : wholeNote(name, type);
  if (type === 'uint64' || type === 'fixed64') {
    const size = { precision: 20, scale: 0 };
    return draftOf(decimalType(size), numeric(size), nullable, { ...unset, note });
  }
  if (WHOLE_64.test(type)) return draftOf('long', 'BIGINT', nullable, { ...unset, note });
  if (type === 'uint32' || type === 'fixed32') {
    return draftOf('long', 'BIGINT', nullable, { ...unset, limits: { minimum: 0, maximum: 4_294_967_295 }, note });
  }
  return draftOf('int', 'INTEGER', nullable, { ...unset, note });
}

function wholeNote(name: string, type: string): string | undefined {
  if (WHOLE_64.test(type) && LIKE_TIME.test(name)) {
    return `a number; if it is a time: --time ${name}=seconds, milliseconds, microseconds or nanoseconds`;
  }
  return LIKE_AMOUNT.test(name) ? `a whole number; if it is an amount times 10^8: --decimal ${name}=38,8` : undefined;
}

function decimalDraft(
  type: string,
  size: DecimalAnswer,
  { name, nullable, unset }: { readonly name: string; readonly nullable: boolean; readonly unset: Partial<Draft> },
): Draft {
  // An empty text is an amount that was not sent.
  if (type === 'string') return draftOf(decimalType(size), numeric(size), true, { note: 'plain decimal text' });
  if (!WHOLE.test(type))
    throw wrongAnswer(`--decimal: ${name} is ${type}, which holds no exact amount`, 'leave it out');
  const mapping = { scale: size.scale, ...unset.mapping };
  return draftOf(decimalType(size), numeric(size), nullable, {
    ...unset,
    mapping,
    note: `the whole number is the amount times 10^${size.scale}`,
  });
}

const MEANS_UNSET = /(^|_)(UNSPECIFIED|UNKNOWN|UNDEFINED|INVALID|UNSET)$/i;

function enumDraft(
  { name, of, presence }: Extract<FieldContent, { kind: 'enum' }>,
  isKey: boolean,
): Draft | { readonly why: string } {
  const values = of.value ?? [];
  const zero = values.find((value) => (value.number ?? 0) === 0);
  const isUnset = zero !== undefined && MEANS_UNSET.test(zero.name ?? '');
  const words: Record<string, string> = {};
  for (const value of values) {
    if (isUnset && (value.number ?? 0) === 0) continue;
    // Two names of one number are one word.
    const first = values.find((one) => one.number === value.number) ?? value;
    words[value.name ?? ''] = stemOf(name, first.name ?? '');
  }
  const allowed = [...new Set(Object.values(words))];
  if (allowed.length === 0) return { why: 'an enum without words' };
  const note = isUnset ? `${zero.name} means: not set` : undefined;
  const absent = presence || isUnset ? {} : ({ absent: 'zero' } as const);
  const nullable = !isKey && (presence || isUnset);
  return draftOf('string', 'TEXT COLLATE "C"', nullable, { mapping: { words, ...absent }, limits: { allowed }, note });
}
