import type { Rule } from '../rule.ts';

export const fieldType: Rule = {
  id: 'FIELD_TYPE',
  what: 'Every Avro field is of a type that a column can hold: flat, with supported logical types and valid limits.',
  why: 'Neither producer nor sink can write such a field into a row.',
  *check({ schema }) {
    for (const { name, place, reason } of schema.unsupported) {
      yield {
        path: `${schema.name}.${name}`,
        places: [place],
        message: `${name}: ${reason}`,
        remedy:
          'use string, int, long, boolean, double, bytes, decimal on bytes or timestamp-millis on long, alone or with null',
      };
    }
  },
};
