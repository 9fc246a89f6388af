import { listOf } from '../../core/properties.ts';
import { sinkRule } from '../rule.ts';

export const upsertMode = sinkRule({
  id: 'UPSERT_MODE',
  what: "The sink upserts by columns of the record's value: insert.mode upsert, primary.key.mode record_value, primary.key.fields the upsert key.",
  why: 'Delivery is at least once: with plain inserts a second delivery violates the unique index and fails the task, or adds a row.',
  *check({ config, at }, { stream }) {
    const wanted: Readonly<Record<string, string>> = {
      'insert.mode': 'upsert',
      'primary.key.mode': 'record_value',
      'primary.key.fields': stream.table.key.join(','),
    };
    for (const [key, value] of Object.entries(wanted)) {
      const actual = config[key] ?? '';
      if (listOf(actual).sort().join() === listOf(value).sort().join()) continue;
      yield {
        ...at(key),
        message: `${key} is ${actual || 'unset'}, not ${value}`,
        remedy: 'leave it to this package: it follows table.key',
      };
    }
  },
});
