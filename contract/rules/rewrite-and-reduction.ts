import { urlParameters } from '../rendered-sink.ts';
import { sinkRule } from '../rule.ts';

export const rewriteAndReduction = sinkRule({
  id: 'REWRITE_AND_REDUCTION',
  what: 'reWriteBatchedInserts in the JDBC URL and use.reduction.buffer are both on or both off.',
  why: 'Rewriting alone fails the task with SQLSTATE 21000 when two records of one key meet in a statement; the buffer alone reorders rows for nothing.',
  *check({ config, connector, placeOf }) {
    const rewrite = urlParameters(config['connection.url'] ?? '').get('reWriteBatchedInserts') === 'true';
    const buffer = config['use.reduction.buffer'] === 'true';
    if (rewrite === buffer) return;
    yield {
      path: `${connector}.use.reduction.buffer`,
      places: rewrite
        ? [placeOf('use.reduction.buffer'), placeOf('connection.url')]
        : [placeOf('connection.url'), placeOf('use.reduction.buffer')],
      message: rewrite
        ? 'reWriteBatchedInserts is on without use.reduction.buffer: two records of one key in a batch stop the task'
        : 'use.reduction.buffer is on without reWriteBatchedInserts: rows are reordered and nothing is gained',
      remedy: 'leave both to this package, or switch both off',
    };
  },
});
