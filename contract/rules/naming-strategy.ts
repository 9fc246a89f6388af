import { sinkRule } from '../rule.ts';

export const namingStrategy = sinkRule({
  id: 'NAMING_STRATEGY',
  what: 'Names reach PostgreSQL as they are: by the default naming strategies.',
  why: 'The sink would look for columns or tables under other names and fail.',
  *check({ config, at }) {
    const DEFAULT = /\.Default(Column|Collection)NamingStrategy$/;
    for (const key of ['column.naming.strategy', 'collection.naming.strategy', 'table.naming.strategy']) {
      const value = config[key];
      if (value === undefined || DEFAULT.test(value)) continue;
      yield {
        ...at(key),
        message: `${key} ${value} changes the names the sink looks for`,
        remedy: 'remove the setting: field names are column names',
      };
    }
  },
});
