import { sinkRule } from '../rule.ts';

export const tableNameFormat = sinkRule({
  id: 'TABLE_NAME_FORMAT',
  what: 'collection.name.format is the schema-qualified table of the definition.',
  why: 'Unqualified, the sink looks for the table on the search path and does not find it, or finds another.',
  *check({ config, at }, { stream }) {
    for (const key of ['collection.name.format', 'table.name.format'] as const) {
      const value = config[key];
      if (value === undefined ? key === 'table.name.format' : value === stream.table.name) continue;
      yield {
        ...at(key),
        message: `${key} ${value ?? '(unset)'} is not the table ${stream.table.name}`,
        remedy: 'leave it to this package: it follows table.name',
      };
    }
  },
});
