import { shortName } from '../contract.ts';
import { fieldOf, noField } from '../placed-schema.ts';
import type { Rule } from '../rule.ts';

export const upsertKeyField: Rule = {
  id: 'UPSERT_KEY_FIELD',
  what: 'Every column of the upsert key is a field of the record that is never null and never omitted.',
  why: 'The sink cannot tell which row a record is, and fails its task.',
  *check({ stream, schema, definition }) {
    for (const [index, name] of stream.table.key.entries()) {
      const field = fieldOf(schema, name);
      const place = definition.placeOf(['table', 'key', index]);
      const path = `${shortName(stream.table.name)}.${name}`;
      if (field === undefined) {
        yield {
          path,
          places: [place, schema.place],
          message: `table.key: ${noField(schema, name)}`,
          remedy: 'name fields of the schema whose columns are a unique index',
        };
      } else if (field.nullable || stream.sink.omit.includes(name)) {
        const how = field.nullable ? 'may be null' : 'is omitted by sink.omit';
        yield {
          path,
          places: field.nullable ? [field.placeOf('type'), place] : [definition.placeOf(['sink', 'omit']), place],
          message: `${name}: is part of the upsert key and ${how}`,
          remedy: field.nullable ? 'take "null" out of its type' : 'take it out of sink.omit',
        };
      }
    }
  },
};
