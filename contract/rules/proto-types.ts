import { conversionOf, type FieldMapping } from '../../pipeline/feed.ts';
import type { AvroField, AvroFieldKind } from '../../schemas/avro-schema.ts';
import { enumWord } from '../../schemas/enum-words.ts';
import { avroText } from '../avro-text.ts';
import type { FeedField } from '../feed.ts';
import { readByMeaning, scalarType, zeroWord } from '../mapped-fields.ts';
import type { PlacedField } from '../placed-schema.ts';
import { fedFieldRule } from '../rule.ts';

const WHOLE_32 = ['int32', 'sint32', 'uint32', 'fixed32', 'sfixed32'];
const WHOLE_64 = ['int64', 'sint64', 'uint64', 'fixed64', 'sfixed64'];

/** Proto types whose values the producer turns into each kind. */
const SOURCES: Readonly<Record<AvroFieldKind, readonly string[]>> = {
  string: ['string'],
  int: WHOLE_32,
  long: [...WHOLE_32, ...WHOLE_64],
  decimal: ['string', ...WHOLE_32, ...WHOLE_64],
  'timestamp-millis': WHOLE_64,
  'timestamp-micros': WHOLE_64,
  'time-millis': ['string', ...WHOLE_32, ...WHOLE_64],
  'time-micros': ['string', ...WHOLE_64],
  date: ['string', 'int32', 'sint32', 'sfixed32'],
  boolean: ['bool'],
  double: ['double', 'float'],
  bytes: ['bytes'],
  uuid: ['string'],
  json: ['string'],
  enum: ['string'],
  array: [],
};

/** What to send each kind as. */
const BEST_SOURCE: Readonly<Record<AvroFieldKind, string>> = {
  string: 'string',
  int: 'int32 or uint32',
  long: 'int64 or uint64',
  decimal: 'string (plain decimal text), or uint64 for a whole number',
  'timestamp-millis': 'int64 (milliseconds since the Unix epoch)',
  'timestamp-micros': 'int64 (microseconds since the Unix epoch)',
  'time-millis': 'int32 (milliseconds since midnight)',
  'time-micros': 'int64 (microseconds since midnight)',
  date: 'string (2024-02-29), or int32 (days since the Unix epoch)',
  boolean: 'bool',
  double: 'double',
  bytes: 'bytes',
  uuid: 'string (a UUID)',
  json: 'string (JSON)',
  enum: 'an enum',
  array: 'a repeated field',
};

const protoType = fedFieldRule({
  id: 'PROTO_TYPE',
  what: "Each field of the update has a type whose values fit the Avro field's type; amounts are text, never float.",
  why: 'The producer refuses the updates, or, with a float, amounts are wrong before they arrive.',
  *check({ source, field, mapping }) {
    // MAPPING_CONVERSION judges what is converted.
    if (mapping !== undefined && conversionOf(mapping) !== undefined) return;
    const problem = mismatch(source, field);
    if (problem === undefined) return;
    yield {
      path: source.fullName,
      places: [source.place, field.place],
      message: `${source.name}: ${problem}`,
      remedy: source.isDeclared
        ? `make it ${BEST_SOURCE[field.kind]}${field.allowed === undefined ? '' : ' or an enum'} under a new number, or change the Avro field`
        : 'correct the name, or import the file that declares it',
    };
  },
});

function mismatch(source: FeedField, field: PlacedField): string | undefined {
  const avro = avroText(field);
  if (field.items !== undefined) {
    if (source.cardinality !== 'repeated') return `a single ${source.type} does not become an ${avro}`;
    if (source.isMessage)
      return `a list of ${source.type} does not become an ${avro}; as JSON it becomes jsonb (text: json)`;
    return mismatch({ ...source, cardinality: 'single' }, { ...field, items: undefined, ...field.items });
  }
  if (source.cardinality === 'repeated' || source.cardinality === 'map') {
    return `a ${source.cardinality === 'map' ? 'map' : 'repeated field'} does not become one ${avro}`;
  }
  if (readByMeaning(source, field)) return undefined;
  if (!source.isDeclared) return `type ${source.type} is declared in no file that the proto imports`;
  const sent = scalarType(source);
  if (source.isMessage && sent === source.type)
    return `message ${source.type} does not become ${avro}: a column takes one value`;
  if (source.enum !== undefined) {
    if (['string', 'enum'].includes(field.kind) && field.allowed !== undefined) return undefined;
    return `enum ${source.type} becomes an enum or a string with "allowed" words, not ${avro}`;
  }
  if (field.kind === 'decimal' && sent !== 'string' && (field.scale ?? 0) > 0 && SOURCES.decimal.includes(sent)) {
    return `${sent} becomes ${avro} only by its scale, which feed.fields may say`;
  }
  if (SOURCES[field.kind].includes(sent)) return undefined;
  if (field.kind === 'decimal' && /^(double|float)$/.test(sent)) {
    return `${source.type} cannot hold an amount exactly; ${avro} is sent as text`;
  }
  return `${source.type} does not become ${avro}`;
}

const protoPresence = fedFieldRule({
  id: 'PROTO_PRESENCE',
  what: 'A number, time, bool or text that may be absent is `optional` in the proto; so is an enum whose zero is a word of its own.',
  why: 'proto3 sends no difference between absent and zero: the table would hold 0, false, the first word, the empty text or 1970 where nothing was known.',
  *check({ source, field, mapping }, { stream }) {
    if (mapping?.absent === 'zero') return;
    const isSingle = source.cardinality === 'single';
    const zero = source.presence || !isSingle ? undefined : zeroOf(source, field, mapping);
    if (zero === undefined) return;
    yield {
      path: source.fullName,
      places: [source.place, field.place],
      message: `${source.name}: an update without it would be stored as ${zero}`,
      remedy: `write \`optional ${source.type} ${source.name} = ${source.number};\`: the bytes on the wire stay the same; or, where absent means ${zero}, say \`absent: zero\` in feed.fields`,
      severity: isRatherAbsent(field, stream.table.key) ? 'error' : 'note',
    };
  },
});

/** Whether a zero would hide that something is missing. A required number may really be 0, and the record does not show which. */
const isRatherAbsent = ({ name, kind, nullable }: AvroField, key: readonly string[]): boolean =>
  nullable || key.includes(name) || !['int', 'long', 'double', 'decimal'].includes(kind);

/** What an absent value of this field would become; undefined when the producer sees that it is absent. */
function zeroOf(
  source: FeedField,
  { kind, nullable, minLength = 0, allowed }: AvroField,
  mapping: FieldMapping | undefined,
): string | undefined {
  if (mapping?.words !== undefined) return zeroWord(source, mapping.words);
  switch (kind) {
    case 'timestamp-millis':
    case 'timestamp-micros':
      return '1970-01-01';
    case 'date':
      return source.type === 'string' ? undefined : '1970-01-01';
    case 'time-millis':
    case 'time-micros':
      return source.type === 'string' ? undefined : '00:00';
    case 'int':
    case 'long':
    case 'double':
      return '0';
    case 'string':
      if (allowed !== undefined) return wordOfZero(source, allowed);
      return nullable && minLength === 0 ? 'the empty text' : undefined;
    case 'enum':
      return wordOfZero(source, allowed ?? []);
    case 'boolean':
      return 'false';
    case 'bytes':
      return nullable ? 'no bytes' : undefined;
    case 'decimal':
      return source.type === 'string' ? undefined : '0';
    case 'uuid':
    case 'json':
    case 'array':
      // An empty text is an unset one, and a list has no other form of absence.
      return undefined;
  }
}

/** The word of an enum's zero, which is what an absent enum reads as; undefined when the zero means none of the words. */
function wordOfZero(source: FeedField, allowed: readonly string[]): string | undefined {
  const zero = source.enum?.values.find(({ number }) => number === 0);
  const word = zero && enumWord(enumNameOf(source), zero.name, allowed);
  return word === undefined ? undefined : `"${word}"`;
}

/** Without its package. */
export const enumNameOf = ({ type }: FeedField): string => type.split('.').at(-1) ?? type;

/** A field of the update has values that its Avro field holds, and says when it has none. */
export const protoTypeRules = [protoType, protoPresence];
