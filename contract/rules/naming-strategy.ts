import type { Rule } from '../rule.ts';

export const namingStrategy: Rule = {
  id: 'NAMING_STRATEGY',
  what: 'Names reach PostgreSQL as they are: by the default naming strategies.',
  why: 'The sink would look for columns or tables under other names and fail.',
  *check({ sinks }) {
    const DEFAULT = /\.Default(Column|Collection)NamingStrategy$/;
    for (const sink of sinks) {
      for (const key of ['column.naming.strategy', 'collection.naming.strategy', 'table.naming.strategy']) {
        const value = sink.config[key];
        if (value === undefined || DEFAULT.test(value)) continue;
        yield {
          path: `${sink.connector}.${key}`,
          places: [sink.placeOf(key)],
          message: `${key} ${value} changes the names the sink looks for`,
          remedy: 'remove the setting: field names are column names',
        };
      }
    }
  },
};
