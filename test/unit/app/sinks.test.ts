import { expect, test } from 'vitest';
import { eachSink, type SinkOutcome } from '../../../app/sinks.ts';
import { sinkReporter } from '../../../cli/render/sinks.ts';
import { ConnectError } from '../../../core/errors.ts';
import type { SinkAction } from '../../../operate/sink-action.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { inMemoryGroups } from '../../support/in-memory-groups.ts';
import { inMemoryWorker } from '../../support/in-memory-worker.ts';
import { positions } from '../../support/positions-stream.ts';

const sink = (name: string): SinkAction => ({
  stream: { ...positions, name, sink: { ...positions.sink, name: `${name}-sink` } },
  host: inMemoryWorker().host,
  groups: inMemoryGroups(),
  kafka: { brokers: [] },
  timeoutMs: 1,
});

const fails = new ConnectError('NOT_FOUND', 'a-sink is not deployed', { hint: 'run `connect deploy`' });
const act = ({ stream }: SinkAction): Promise<string> =>
  stream.name === 'a' ? Promise.reject(fails) : Promise.resolve('done');

test('after a sink that fails the next one is still acted on, and the failure is in the answer', async () => {
  const events: SinkOutcome<string>[] = [];
  const failed = { connector: 'a-sink', outcome: 'failed', error: fails };
  expect(await eachSink([sink('a'), sink('b')], act, (event) => events.push(event))).toEqual([failed, 'done']);
  expect(events).toEqual([
    { kind: 'failed', failed },
    { kind: 'done', result: 'done' },
  ]);
});

test('the error of a single sink is thrown', async () => {
  await expect(eachSink([sink('a')], act, () => {})).rejects.toBe(fails);
});

test('the command line shows the failure on stderr and ends with its exit code', async () => {
  const { context, said } = capturedContext();
  const streams = await eachSink(
    [sink('a'), sink('b')],
    act,
    sinkReporter(context, (word) => context.print(word)),
  );
  expect(said).toEqual({
    code: 1,
    stdout: 'done\n',
    stderr: '✗ a-sink is not deployed\n  hint  run `connect deploy`\n',
  });
  context.json(streams);
  expect(JSON.parse(said.stdout.replace('done\n', ''))).toEqual([
    {
      connector: 'a-sink',
      outcome: 'failed',
      error: { code: 'NOT_FOUND', message: 'a-sink is not deployed', hint: 'run `connect deploy`', details: {} },
    },
    'done',
  ]);
});
