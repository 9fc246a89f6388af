import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { enumWord } from '../../schemas/enum-words.ts';
import { unfedFields, unusedFields } from '../mapped-fields.ts';
import { fieldOf, noField } from '../placed-schema.ts';
import { nextStep } from '../rollout.ts';
import { fedFieldRule, type Rule } from '../rule.ts';
import { enumNameOf, protoTypeRules } from './proto-types.ts';

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
export const feedFieldRules = [protoFieldUnused, avroFieldUnfed, ...protoTypeRules, enumWordsMatch, declaredException];
