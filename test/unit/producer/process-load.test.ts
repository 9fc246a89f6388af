import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLoadMeter } from '../../../producer/process-load.ts';

it('tells how late the event loop was, and the memory of the process', async () => {
  const meter = createLoadMeter();
  await sleep(50);
  const until = performance.now() + 200;
  while (performance.now() < until);
  await sleep(50);
  const { eventLoopDelayMs, residentMb } = meter.read();
  meter.close();
  expect(eventLoopDelayMs.max).toBeGreaterThan(150);
  expect(eventLoopDelayMs.p50).toBeLessThanOrEqual(eventLoopDelayMs.p99);
  expect(eventLoopDelayMs.p99).toBeLessThanOrEqual(eventLoopDelayMs.max + 1);
  expect(residentMb.now).toBeGreaterThan(20);
  expect(residentMb.peak).toBeGreaterThanOrEqual(residentMb.now - 1);
});
