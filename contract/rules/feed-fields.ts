import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { conversionOf, type FieldMapping } from '../../pipeline/feed.ts';
import type { AvroField, AvroFieldKind } from '../../schemas/avro-schema.ts';
import { enumWord } from '../../schemas/enum-words.ts';
import { avroText } from '../avro-text.ts';
import type { FeedField } from '../feed.ts';
import { readByMeaning, scalarType, unfedFields, unusedFields, zeroWord } from '../mapped-fields.ts';
import { fieldOf, noField, type PlacedField } from '../placed-schema.ts';
import { nextStep } from '../rollout.ts';
import { fedFieldRule, type Rule } from '../rule.ts';

const protoFieldUnused: Rule = {
  id: 'PROTO_FIELD_UNUSED',
  what: 'Every field of the update has an Avro field of its name, or is named in feed.fields or feed.ignore.',
  why: 'The producer leaves the field out: its values are nowhere, without an error.',
  *check(contract) {
    const { schema } = contract;
    const free = unfedFields(contract).map(({ name }) => name);
    for (const { path, field } of unusedFields(contract)) {
      yield {
        path: field.fullName,
        places: [field.place, schema.place],
        message: `${path}: ${schema.file} has no field of this name, so it would be dropped${didYouMean(field.name, free)}`,
        remedy: nextStep('schema', `adds the field ${field.name}; or map it in feed.fields, or list it in feed.ignore`),
      };
    }
  },
};

const avroFieldUnfed: Rule = {
  id: 'AVRO_FIELD_UNFED',
  what: 'Every Avro field has a field of its name in the update, or feed.fields or feed.constants name what fills it.',
  why: 'A required field would make the producer refuse every update; an optional one would always be null.',
  *check(contract) {
    const { feed, schema } = contract;
    const update = feed?.update;
    if (update === undefined) return;
    const free = update.fields
      .map(({ name }) => name)
      .filter((name) => schema.fields.every((field) => field.name !== name));
    for (const field of unfedFields(contract)) {
      // The producer comes last. Until it sends the field, null is right.
      yield {
        path: `${schema.name}.${field.name}`,
        places: [field.place, update.place],
        message: `${field.name}: message ${update.name} has no field of this name${didYouMean(field.name, free)}, so ${
          field.nullable ? 'it is always null' : 'every update is refused'
        }`,
        remedy: nextStep(
          'producer',
          `adds ${field.name} to ${update.name} with a new number; or map a field to it in feed.fields`,
        ),
        severity: field.nullable ? 'note' : 'error',
      };
    }
  },
};

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
    const isSingle = source.cardinality === 'single';
    const zero = source.presence || !isSingle ? undefined : zeroOf(source, field, mapping);
    if (zero === undefined) return;
    yield {
      path: source.fullName,
      places: [source.place, field.place],
      message: `${source.name}: an update without it would be stored as ${zero}`,
      remedy: `write \`optional ${source.type} ${source.name} = ${source.number};\`: the bytes on the wire stay the same`,
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

const enumNameOf = ({ type }: FeedField): string => type.split('.').at(-1) ?? type;

const enumWordsMatch = fedFieldRule({
  id: 'ENUM_WORDS',
  what: "Each value of a proto enum, but its zero, is one of the field's allowed words, and each word has a value.",
  why: 'The producer refuses updates whose value has no word.',
  *check({ source, field, mapping }, { schema }) {
    if (mapping?.words !== undefined || field.allowed === undefined || source.enum === undefined) return;
    const enumName = enumNameOf(source);
    const { allowed } = field;
    const words = source.enum.values.map((value) => ({ value, word: enumWord(enumName, value.name, allowed) }));
    const wordless = words.filter(({ value, word }) => word === undefined && value.number !== 0);
    const unreached = allowed.filter((candidate) => words.every(({ word }) => word !== candidate));
    const isRenamed = wordless.length === 1 && unreached.length === 1;
    for (const { value } of wordless) {
      yield {
        path: `${source.enum.name}.${value.name}`,
        places: [value.place, field.placeOf('allowed')],
        message: `${source.name}: ${value.name} is none of the allowed words ${allowed.join(', ')}${
          isRenamed ? `; or is it "${unreached[0]}" renamed, which no value means now?` : ''
        }`,
        remedy: `add its word to "allowed" of ${field.name} in ${schema.file} (and to the table's CHECK, if it has one)`,
      };
    }
    for (const word of isRenamed ? [] : unreached) {
      yield {
        path: `${schema.name}.${field.name}`,
        places: [field.placeOf('allowed'), source.enum.place],
        message: `${field.name}: no value of enum ${source.type} means "${word}"`,
        remedy: `add a value for it to ${enumName}, or take the word out of "allowed"`,
      };
    }
  },
});

const declaredException: Rule = {
  id: 'DECLARED_EXCEPTION',
  what: 'Every name in sink.omit is an Avro field, every name in feed.ignore is a field of the update that the schema lacks, and every entry of allow names something that a rule refuses.',
  why: 'An exception for nothing hides the next mistake under the same name.',
  *check({ stream, schema, feed, definition }) {
    for (const [index, name] of stream.sink.omit.entries()) {
      if (fieldOf(schema, name) !== undefined) continue;
      yield {
        path: `${stream.name}.sink.omit.${name}`,
        places: [definition.placeOf(['sink', 'omit', index]), schema.place],
        message: `sink.omit: ${noField(schema, name)}`,
        remedy: 'remove the entry',
      };
    }
    const { fields = {}, ignore = [] } = stream.feed ?? {};
    for (const [index, name] of ignore.entries()) {
      const sent = feed?.update === undefined || feed.resolve(feed.update, name).field !== undefined;
      const used = Object.hasOwn(fields, name) ? fieldOf(schema, fields[name]?.to ?? '') : fieldOf(schema, name);
      if (sent && used === undefined) continue;
      yield {
        path: `${stream.name}.feed.ignore.${name}`,
        places: [definition.placeOf(['feed', 'ignore', index]), used?.place ?? feed?.update?.place ?? schema.place],
        message: sent
          ? `feed.ignore: ${name} fills ${used?.name} of ${schema.name}, so it is not ignored`
          : `feed.ignore: ${name} is no field of ${feed?.update?.name}${didYouMean(name, feed?.update?.fields.map((field) => field.name) ?? [])}`,
        remedy: 'remove the entry',
      };
    }
  },
};

/** The fields of the update and the fields of the Avro schema. */
export const feedFieldRules = [
  protoFieldUnused,
  avroFieldUnfed,
  protoType,
  protoPresence,
  enumWordsMatch,
  declaredException,
];
