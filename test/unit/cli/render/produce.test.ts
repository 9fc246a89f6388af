import { expect, test } from 'vitest';
import type { ProducerStats } from '../../../../app/produce.ts';
import { createProduceReport } from '../../../../cli/render/produce.ts';
import { capturedContext } from '../../../support/captured-context.ts';

const stats: ProducerStats = {
  stream: 'positions',
  received: 1_200,
  published: 1_190,
  rejected: 2,
  refusals: {},
  bytes: 1,
  pending: 8,
  resumedFrom: undefined,
  lastSlot: 312_000_000n,
  ratePerSecond: 600,
  reconnects: 0,
  load: { eventLoopDelayMs: { p50: 1, p99: 2, max: 3 }, residentMb: { now: 90, peak: 95 } },
};
const LINE =
  'positions  1,200 received · 1,190 in Kafka · 2 rejected · 8 waiting · slot 312000000 · 600/s · loop p99 2 ms · 90 MB';

test('on a terminal the progress is one line below what is logged', async () => {
  const { context, said } = capturedContext({ isTty: true, columns: 200 });
  const report = await createProduceReport(context);
  report.onProgress(stats);
  report.loggerOf('positions').info({ feed: '127.0.0.1:1', fromSlot: undefined }, 'subscribing');
  report.onProgress(stats);
  report.close();
  expect(said.stderr).toBe(
    `\r\u001b[2K${LINE}\r\u001b[2Kpositions  subscribing (feed 127.0.0.1:1)\n\r\u001b[2K${LINE}\n`,
  );
});

test('without a terminal the progress is a line now and then, and the log is JSON where JSON was asked for', async () => {
  const { context, said } = capturedContext();
  context.format = 'json';
  const report = await createProduceReport(context);
  report.onProgress(stats);
  report.loggerOf('positions').info({ feed: '127.0.0.1:1' }, 'subscribing');
  report.close();
  expect(JSON.parse(said.stderr)).toMatchObject({ feed: '127.0.0.1:1', msg: 'subscribing' });
});
