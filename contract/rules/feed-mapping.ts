import { conversionOf } from '../../pipeline/feed.ts';
import { constantValue } from '../../schemas/constant-value.ts';
import { conversionProblem } from '../conversion-problem.ts';
import { fieldOf, noField } from '../placed-schema.ts';
import type { Rule } from '../rule.ts';

const mappingPath: Rule = {
  id: 'MAPPING_PATH',
  what: 'Every path in feed.fields, and each that a mapping names, leads through single messages to a field of the update.',
  why: 'The producer would find nothing there: a required field refuses every update, an optional one is always null.',
  *check({ feed, stream, definition }) {
    if (feed?.update === undefined || stream.feed === undefined) return;
    const { update } = feed;
    for (const [path, { scale, exponent }] of Object.entries(stream.feed.fields)) {
      const carried = typeof scale === 'string' ? { scale } : exponent === undefined ? {} : { exponent };
      for (const [key, one] of [['', path], ...Object.entries(carried)] as const) {
        const { problem, steps } = feed.resolve(update, one);
        if (problem === undefined) continue;
        yield {
          path: `${stream.name}.feed.fields.${path}`,
          places: [
            definition.placeOf(['feed', 'fields', path, ...(key === '' ? [] : [key])]),
            steps.at(-1)?.place ?? update.place,
          ],
          message: `feed.fields: ${problem}`,
          remedy: 'correct the path, or remove the entry',
        };
      }
    }
  },
};

const mappingTarget: Rule = {
  id: 'MAPPING_TARGET',
  what: 'Each Avro field that feed.fields or feed.constants names is there, and nothing else fills it.',
  why: 'Of two values for one column, one would be lost without an error.',
  *check({ feed, stream, schema, definition }) {
    if (stream.feed === undefined) return;
    const { fields, constants } = stream.feed;
    const taken = new Map<string, string>();
    for (const field of feed?.update?.fields ?? []) {
      if (!Object.hasOwn(fields, field.name) && !stream.feed.ignore.includes(field.name))
        taken.set(field.name, `the update's field ${field.name}`);
    }
    const entries = [
      ...Object.entries(fields).map(([path, { to }]) => ({ key: 'fields', name: path, to, by: `feed.fields ${path}` })),
      ...Object.keys(constants).map((to) => ({ key: 'constants', name: to, to, by: 'feed.constants' })),
    ];
    for (const { key, name, to, by } of entries) {
      const other = taken.get(to);
      const problem =
        fieldOf(schema, to) === undefined && schema.unsupported.every((one) => one.name !== to)
          ? noField(schema, to)
          : other && `${to} is filled by ${other} already`;
      taken.set(to, other ?? by);
      if (problem === undefined) continue;
      yield {
        path: `${stream.name}.feed.${key}.${name}`,
        places: [definition.placeOf(['feed', key, name]), fieldOf(schema, to)?.place ?? schema.place],
        message: `feed.${key}: ${problem}`,
        remedy: other === undefined ? 'name an Avro field' : 'keep one of the two, and list the other in feed.ignore',
      };
    }
  },
};

const mappingConversion: Rule = {
  id: 'MAPPING_CONVERSION',
  what: 'A conversion takes the type that the update has and gives the one that the Avro field has, without losing a digit or a word.',
  why: 'The producer refuses the updates; rounded amounts and guessed words would be worse.',
  *check({ feed, stream, schema, definition }) {
    if (feed?.update === undefined || stream.feed === undefined) return;
    for (const [path, mapping] of Object.entries(stream.feed.fields)) {
      const source = feed.resolve(feed.update, path).field;
      const field = fieldOf(schema, mapping.to);
      const conversion = conversionOf(mapping);
      if (source === undefined || field === undefined || conversion === undefined) continue;
      const problem = conversionProblem(source, field, mapping, (one) => feed.resolve(feed.update, one).field);
      if (problem === undefined) continue;
      yield {
        path: `${stream.name}.feed.fields.${path}`,
        places: [
          definition.placeOf(['feed', 'fields', path, conversion, ...(problem.step ?? [])]),
          source.place,
          field.place,
        ],
        message: `feed.fields: ${path}: ${problem.message}`,
        remedy: problem.remedy,
      };
    }
  },
};

const mappingConstant: Rule = {
  id: 'MAPPING_CONSTANT',
  what: 'Each value in feed.constants fits its Avro field.',
  why: 'The producer does not start.',
  *check({ stream, schema, definition }) {
    for (const [name, value] of Object.entries(stream.feed?.constants ?? {})) {
      const field = fieldOf(schema, name);
      if (field === undefined) continue;
      try {
        constantValue(field, value);
      } catch (error) {
        yield {
          path: `${stream.name}.feed.constants.${name}`,
          places: [definition.placeOf(['feed', 'constants', name]), field.place],
          message: `feed.constants: ${name}: ${(error as Error).message}`,
          remedy: 'correct the value, or the limits of the Avro field',
        };
      }
    }
  },
};

const noFeed: Rule = {
  id: 'NO_FEED',
  what: 'What the records of a stream hold is not known here where others write them, or where a module reads the feed.',
  why: 'Whoever writes the topic must keep to the registered schema, the key and the order by key.',
  *check({ stream, definition }) {
    const { feed, adapter } = stream;
    if (feed !== undefined) return;
    if (adapter !== undefined) {
      yield {
        path: `${stream.name}.feed`,
        places: [definition.placeOf(['feed', 'adapter'])],
        message: `${stream.name} is read by ${adapter.module}: which fields its updates have is not checked here; the producer refuses what does not fit the schema`,
        remedy: 'nothing; run testFeed on the module (docs/adapters.md)',
        severity: 'note',
      };
      return;
    }
    yield {
      path: `${stream.name}.feed`,
      places: [definition.placeOf(['name'])],
      message: `${stream.name} has no feed: that its records fit the schema, that ${stream.topic.key} is their key and that one key keeps its partition is up to whoever writes ${stream.topic.name}`,
      remedy: 'nothing, if others write the topic; else add `feed`',
      severity: 'note',
    };
  },
};

/** How the definition leads the update's fields to Avro fields. */
export const feedMappingRules = [mappingPath, mappingTarget, mappingConversion, mappingConstant, noFeed];
