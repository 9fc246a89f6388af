import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { fieldOf, noField } from '../placed-schema.ts';
import type { Rule } from '../rule.ts';

export const declaredException: Rule = {
  id: 'DECLARED_EXCEPTION',
  what: 'Every name in sink.omit is an Avro field and every name in feed.ignore is a field of the update that the schema lacks.',
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
    for (const [index, name] of stream.feed.ignore.entries()) {
      const sent = feed.update?.fields.some((field) => field.name === name) ?? true;
      const used = fieldOf(schema, name);
      if (sent && used === undefined) continue;
      yield {
        path: `${stream.name}.feed.ignore.${name}`,
        places: [definition.placeOf(['feed', 'ignore', index]), used?.place ?? feed.update?.place ?? schema.place],
        message: sent
          ? `feed.ignore: ${name} is a field of ${schema.name}, so it is not ignored`
          : `feed.ignore: ${name} is no field of ${feed.update?.name}${didYouMean(name, feed.update?.fields.map((field) => field.name) ?? [])}`,
        remedy: 'remove the entry',
      };
    }
  },
};
