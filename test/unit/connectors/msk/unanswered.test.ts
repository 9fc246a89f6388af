import { expect, test } from 'vitest';
import { createMskSink } from '../../../support/msk/msk-sink.ts';

const since = (startedAt: number): number => performance.now() - startedAt;

test.each(['plan', 'list'] as const)('%s ends when the service has not answered in time', async (what) => {
  const sink = await createMskSink();
  sink.fake.faults.silent = /./;
  const host = sink.host({ bounds: { timeoutMs: 200 } });
  const startedAt = performance.now();
  await expect(what === 'plan' ? host.plan(sink.desired()) : host.list()).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringMatching(/^MSK Connect in eu-central-1 could not .*: no answer in 0\.2 s$/),
    hint: expect.stringContaining('region and endpoints'),
  });
  expect(since(startedAt)).toBeLessThan(3_000);
});

test('a deploy ends with its time, also when the service falls silent in the middle of it', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  sink.fake.faults.silent = /DescribeConnectorOperation/;
  const startedAt = performance.now();
  await expect(sink.deploy({ sink: { batchSize: 700 } }, { timeoutMs: 300, rollback: false })).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringContaining('it goes on without us'),
  });
  expect(since(startedAt)).toBeLessThan(3_000);
});

test('a service that has fallen silent is not asked to go back, and the deploy says that nothing was put back', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  const deploying = sink.deploy(
    { sink: { batchSize: 700 } },
    {
      timeoutMs: 300,
      onEvent: (event) => {
        if (event.kind === 'note' && event.text.startsWith('UPDATE_')) sink.fake.faults.silent = /./;
      },
    },
  );
  const startedAt = performance.now();
  await expect(deploying).rejects.toMatchObject({
    code: 'ROLLBACK_FAILED',
    exitCode: 5,
    message: expect.stringContaining('MSK Connect in eu-central-1 does not answer; nothing was put back'),
  });
  expect(since(startedAt)).toBeLessThan(5_300);
}, 15_000);

test('Ctrl-C ends a call that nobody answers', async () => {
  const sink = await createMskSink();
  sink.fake.faults.silent = /./;
  const interrupt = new AbortController();
  const asking = sink.host({ bounds: { signal: interrupt.signal } }).list();
  setTimeout(() => interrupt.abort(new Error('interrupted')), 50);
  const startedAt = performance.now();
  await expect(asking).rejects.toThrow('interrupted');
  expect(since(startedAt)).toBeLessThan(2_000);
});

test('Ctrl-C ends a deploy while the service is silent, and leaves the rest to the person', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  const interrupt = new AbortController();
  const deploying = sink.deploy(
    { sink: { batchSize: 700 }, bounds: { signal: interrupt.signal } },
    {
      timeoutMs: 60_000,
      signal: interrupt.signal,
      onEvent: (event) => {
        if (event.kind !== 'note' || !event.text.startsWith('UPDATE_') || interrupt.signal.aborted) return;
        sink.fake.faults.silent = /./;
        setTimeout(() => interrupt.abort(new Error('interrupted')), 50);
      },
    },
  );
  const startedAt = performance.now();
  await expect(deploying).rejects.toThrow('interrupted');
  expect(since(startedAt)).toBeLessThan(4_000);
});
