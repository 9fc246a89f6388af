import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { fieldOf } from '../placed-schema.ts';
import { nextStep } from '../rollout.ts';
import type { Rule } from '../rule.ts';

export const protoFieldUnused: Rule = {
  id: 'PROTO_FIELD_UNUSED',
  what: 'Every field of the update has an Avro field of its name, or is declared in feed.ignore.',
  why: 'The producer leaves the field out: its values are nowhere, without an error.',
  *check({ feed, schema, stream }) {
    const free = schema.fields
      .map(({ name }) => name)
      .filter((name) => feed.update?.fields.every((field) => field.name !== name));
    for (const field of feed.update?.fields ?? []) {
      const known = fieldOf(schema, field.name) ?? schema.unsupported.find(({ name }) => name === field.name);
      if (known !== undefined || stream.feed.ignore.includes(field.name)) continue;
      yield {
        path: field.fullName,
        places: [field.place, schema.place],
        message: `${field.name}: ${schema.file} has no field of this name, so it would be dropped${didYouMean(field.name, free)}`,
        remedy: nextStep('schema', `adds the field ${field.name}; or list it in feed.ignore`),
      };
    }
  },
};
