import { sinkRule } from '../rule.ts';

export const unnest = sinkRule({
  id: 'UNNEST',
  what: 'dialect.postgres.unnest.insert.enabled is off.',
  why: "UNNEST drops milliseconds and shifts times by the worker's zone, without an error.",
  *check({ config, at }) {
    if (config['dialect.postgres.unnest.insert.enabled']?.toLowerCase() !== 'true') return;
    yield {
      ...at('dialect.postgres.unnest.insert.enabled'),
      message: 'UNNEST inserts are on: times lose their milliseconds and are shifted, silently',
      remedy: 'remove the setting; reWriteBatchedInserts with use.reduction.buffer is the fast way that is right',
    };
  },
});
