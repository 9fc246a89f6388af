import { expect, test } from 'vitest';
import { eachSink, stateWords } from '../../../cli/sink-action.ts';
import { createRestTarget } from '../../../connectors/rest/api.ts';
import { ConnectError } from '../../../core/errors.ts';
import type { SinkAction } from '../../../operate/settle-sink.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { positions } from '../../support/positions-stream.ts';

const sink = (name: string): SinkAction => ({
  stream: { ...positions, name, sink: { ...positions.sink, name: `${name}-sink` } },
  target: createRestTarget({ url: 'http://127.0.0.1:1' }),
  kafka: { brokers: [] },
  timeoutMs: 1,
});

const fails = new ConnectError('NOT_FOUND', 'a-sink is not deployed', { hint: 'run `connect deploy`' });
const act = ({ stream }: SinkAction): Promise<string> =>
  stream.name === 'a' ? Promise.reject(fails) : Promise.resolve('done');

test('after a sink that fails the next one is still acted on, and the failure is in the answer and in the exit code', async () => {
  const { context, said } = capturedContext();
  expect(await eachSink(context, [sink('a'), sink('b')], act)).toEqual([
    {
      connector: 'a-sink',
      outcome: 'failed',
      error: { code: 'NOT_FOUND', message: 'a-sink is not deployed', hint: 'run `connect deploy`', details: {} },
    },
    'done',
  ]);
  expect(said).toEqual({ code: 1, stdout: '', stderr: '✗ a-sink is not deployed\n  hint  run `connect deploy`\n' });
});

test('the error of a single sink is the error of the command', async () => {
  await expect(eachSink(capturedContext().context, [sink('a')], act)).rejects.toBe(fails);
});

test.each([
  ['RUNNING', ['RUNNING', 'RUNNING'], 'RUNNING 2/2 tasks'],
  ['STOPPED', [], 'STOPPED'],
  ['PAUSED', ['PAUSED', 'FAILED', 'PAUSED'], 'PAUSED, 2 PAUSED, 1 FAILED'],
])('a connector that is %s with %j is "%s"', (state, states, words) => {
  const tasks = states.map((one, id) => ({ id, state: one, worker: 'w' }));
  expect(stateWords({ state, tasks })).toBe(words);
});
