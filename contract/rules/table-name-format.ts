import type { Rule } from '../rule.ts';

export const tableNameFormat: Rule = {
  id: 'TABLE_NAME_FORMAT',
  what: 'collection.name.format is the schema-qualified table of the definition.',
  why: 'Unqualified, the sink looks for the table on the search path and does not find it, or finds another.',
  *check({ sinks, stream }) {
    for (const sink of sinks) {
      for (const key of ['collection.name.format', 'table.name.format'] as const) {
        const value = sink.config[key];
        if (value === undefined ? key === 'table.name.format' : value === stream.table.name) continue;
        yield {
          path: `${sink.connector}.${key}`,
          places: [sink.placeOf(key)],
          message: `${key} ${value ?? '(unset)'} is not the table ${stream.table.name}`,
          remedy: 'leave it to this package: it follows table.name',
        };
      }
    }
  },
};
