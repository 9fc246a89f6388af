import type { Rule } from '../rule.ts';

export const upsertMode: Rule = {
  id: 'UPSERT_MODE',
  what: "The sink upserts by columns of the record's value: insert.mode upsert, primary.key.mode record_value, primary.key.fields the upsert key.",
  why: 'Delivery is at least once: with plain inserts a second delivery violates the unique index and fails the task, or adds a row.',
  *check({ sinks, stream }) {
    const wanted: Readonly<Record<string, string>> = {
      'insert.mode': 'upsert',
      'primary.key.mode': 'record_value',
      'primary.key.fields': stream.table.key.join(','),
    };
    for (const sink of sinks) {
      for (const [key, value] of Object.entries(wanted)) {
        const actual = sink.config[key] ?? '';
        if (
          actual
            .split(',')
            .map((part) => part.trim())
            .sort()
            .join(',') === value.split(',').sort().join(',')
        )
          continue;
        yield {
          path: `${sink.connector}.${key}`,
          places: [sink.placeOf(key)],
          message: `${key} is ${actual || 'unset'}, not ${value}`,
          remedy: 'leave it to this package: it follows table.key',
        };
      }
    }
  },
};
