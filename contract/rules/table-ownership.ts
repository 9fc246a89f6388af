import { sinkRule } from '../rule.ts';

export const tableOwnership = sinkRule({
  id: 'TABLE_OWNERSHIP',
  what: 'The sink neither alters the table nor deletes from it: schema.evolution none, delete.enabled and truncate.enabled off.',
  why: 'Migrations own the schema, and the table is a history: a tombstone would delete rows for good.',
  *check({ config, at }) {
    const wanted: Readonly<Record<string, { readonly value: string; readonly does: string }>> = {
      'schema.evolution': { value: 'none', does: 'lets the sink add columns that no migration knows' },
      'delete.enabled': { value: 'false', does: 'lets a tombstone delete rows of the history' },
      'truncate.enabled': { value: 'false', does: 'lets an event empty the table' },
    };
    for (const [key, { value, does }] of Object.entries(wanted)) {
      const actual = config[key]?.toLowerCase() ?? value;
      if (actual === value) continue;
      yield {
        ...at(key),
        message: `${key} ${actual} ${does}`,
        remedy: `leave it ${value}`,
      };
    }
  },
});
