import { expect, test } from 'vitest';
import { withOtherStreams } from '../../../app/deploy.ts';
import { ConnectError } from '../../../core/errors.ts';
import { positions } from '../../support/positions-stream.ts';

const failed = new ConnectError('DEPLOY_FAILED', 'positions-sink FAILED\n  rolled back', { hint: 'migrate' });

test('the failure of one sink says what became of the others, and keeps its code and hint', () => {
  const trades = { ...positions, sink: { ...positions.sink, name: 'trades-sink' } };
  const error = withOtherStreams(failed, [{ connector: 'funding-sink', outcome: 'updated' }], [trades]);
  expect(error).toMatchObject({
    code: 'DEPLOY_FAILED',
    exitCode: 4,
    hint: 'migrate',
    message: 'positions-sink FAILED\n  rolled back\n  done before: funding-sink updated\n  not begun: trades-sink',
    details: { done: [{ connector: 'funding-sink', outcome: 'updated' }], notBegun: ['trades-sink'] },
  });
});

test('a sink that was deployed alone fails in its own words', () => {
  expect(withOtherStreams(failed, [], [])).toBe(failed);
});
