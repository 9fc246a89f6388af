import { urlParameters } from '../rendered-sink.ts';
import type { Rule } from '../rule.ts';

export const rewriteAndReduction: Rule = {
  id: 'REWRITE_AND_REDUCTION',
  what: 'reWriteBatchedInserts in the JDBC URL and use.reduction.buffer are both on or both off.',
  why: 'Rewriting alone fails the task with SQLSTATE 21000 when two records of one key meet in a statement; the buffer alone reorders rows for nothing.',
  *check({ sinks }) {
    for (const sink of sinks) {
      const rewrite = urlParameters(sink.config['connection.url'] ?? '').get('reWriteBatchedInserts') === 'true';
      const buffer = sink.config['use.reduction.buffer'] === 'true';
      if (rewrite === buffer) continue;
      yield {
        path: `${sink.connector}.use.reduction.buffer`,
        places: rewrite
          ? [sink.placeOf('use.reduction.buffer'), sink.placeOf('connection.url')]
          : [sink.placeOf('connection.url'), sink.placeOf('use.reduction.buffer')],
        message: rewrite
          ? 'reWriteBatchedInserts is on without use.reduction.buffer: two records of one key in a batch stop the task'
          : 'use.reduction.buffer is on without reWriteBatchedInserts: rows are reordered and nothing is gained',
        remedy: 'leave both to this package, or switch both off',
      };
    }
  },
};
