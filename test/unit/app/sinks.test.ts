import { expect, test } from 'vitest';
import { openEnvironment, openProject } from '../../../app/session.ts';
import { eachSink } from '../../../app/sinks.ts';
import { sinkOptions } from '../../../cli/render/sinks.ts';
import { ConnectError } from '../../../core/errors.ts';
import { packageRoot } from '../../../core/package-root.ts';
import type { SinkAction } from '../../../operate/sink-action.ts';
import { capturedContext } from '../../support/captured-context.ts';

const { context, said } = capturedContext({ cwd: packageRoot() });
const session = (...only: string[]) => openEnvironment(openProject(context), 'compose', { ...context, only });

const fails = new ConnectError('NOT_FOUND', 'funding-payments-sink is not deployed', { hint: 'run `connect deploy`' });
const act = ({ stream }: SinkAction): Promise<string> =>
  stream.name === 'funding_payments' ? Promise.reject(fails) : Promise.resolve('done');
const failed = { connector: 'funding-payments-sink', outcome: 'failed', error: fails };

test('after a sink that fails the next one is still acted on, and the failure is in the answer', async () => {
  const heard: (string | ConnectError)[] = [];
  const both = session('funding_payments', 'positions');
  const hear = (one: string | ConnectError) => heard.push(one);
  expect(await eachSink(both, { onDone: hear, onFailed: hear }, act)).toEqual([failed, 'done']);
  expect(heard).toEqual([fails, 'done']);
});

test('the error of a single sink is thrown', async () => {
  await expect(eachSink(session('funding_payments'), { onDone() {}, onFailed() {} }, act)).rejects.toBe(fails);
});

test('the command line shows the failure on stderr, in its JSON, and by its exit code', async () => {
  const onDone = (word: string) => context.print(word);
  const streams = await eachSink(session('funding_payments', 'positions'), { ...sinkOptions(context), onDone }, act);
  const { message, hint } = fails;
  expect(said).toEqual({ code: 1, stdout: 'done\n', stderr: `✗ ${message}\n  hint  ${hint}\n` });
  context.json(streams);
  expect(JSON.parse(said.stdout.replace('done\n', ''))).toEqual([
    {
      connector: 'funding-payments-sink',
      outcome: 'failed',
      error: { code: 'NOT_FOUND', message, hint, details: {} },
    },
    'done',
  ]);
});
