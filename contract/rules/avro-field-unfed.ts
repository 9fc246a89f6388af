import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { nextStep } from '../rollout.ts';
import type { Rule } from '../rule.ts';

export const avroFieldUnfed: Rule = {
  id: 'AVRO_FIELD_UNFED',
  what: 'Every Avro field has a field of its name in the update.',
  why: 'A required field would make the producer refuse every update; an optional one would always be null.',
  *check({ feed, schema, stream }) {
    const { update } = feed;
    if (update === undefined) return;
    const free = update.fields
      .map(({ name }) => name)
      .filter((name) => schema.fields.every((field) => field.name !== name));
    for (const field of schema.fields) {
      // The producer counts where the feed does not.
      if (field.name === stream.table.current?.ordinal) continue;
      if (update.fields.some(({ name }) => name === field.name)) continue;
      // The producer comes last. Until it sends the field, null is right.
      yield {
        path: `${schema.name}.${field.name}`,
        places: [field.place, update.place],
        message: `${field.name}: message ${update.name} has no field of this name${didYouMean(field.name, free)}, so ${
          field.nullable ? 'it is always null' : 'every update is refused'
        }`,
        remedy: nextStep('producer', `adds ${field.name} to ${update.name} with a new number`),
        severity: field.nullable ? 'note' : 'error',
      };
    }
  },
};
