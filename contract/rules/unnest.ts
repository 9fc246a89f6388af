import type { Rule } from '../rule.ts';

export const unnest: Rule = {
  id: 'UNNEST',
  what: 'dialect.postgres.unnest.insert.enabled is off.',
  why: "UNNEST drops milliseconds and shifts times by the worker's zone, without an error.",
  *check({ sinks }) {
    for (const sink of sinks) {
      if (sink.config['dialect.postgres.unnest.insert.enabled']?.toLowerCase() !== 'true') continue;
      yield {
        path: `${sink.connector}.dialect.postgres.unnest.insert.enabled`,
        places: [sink.placeOf('dialect.postgres.unnest.insert.enabled')],
        message: 'UNNEST inserts are on: times lose their milliseconds and are shifted, silently',
        remedy: 'remove the setting; reWriteBatchedInserts with use.reduction.buffer is the fast way that is right',
      };
    }
  },
};
