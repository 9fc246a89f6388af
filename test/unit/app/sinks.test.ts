import { expect, test } from 'vitest';
import { openEnvironment, openProject } from '../../../app/session.ts';
import { eachSink, type SinkOutcome } from '../../../app/sinks.ts';
import { sinkReporter } from '../../../cli/render/sinks.ts';
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
  const events: SinkOutcome<string>[] = [];
  const both = session('funding_payments', 'positions');
  expect(await eachSink(both, { onEvent: (event) => events.push(event) }, act)).toEqual([failed, 'done']);
  expect(events).toEqual([
    { kind: 'failed', failed },
    { kind: 'done', result: 'done' },
  ]);
});

test('the error of a single sink is thrown', async () => {
  await expect(eachSink(session('funding_payments'), { onEvent: () => {} }, act)).rejects.toBe(fails);
});

test('the command line shows the failure on stderr, in its JSON, and by its exit code', async () => {
  const onEvent = sinkReporter<string>(context, (word) => context.print(word));
  const streams = await eachSink(session('funding_payments', 'positions'), { onEvent }, act);
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
