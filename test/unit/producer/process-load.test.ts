import { afterEach, expect, it } from 'vitest';
import { createLoadMeter } from '../../../producer/process-load.ts';
import { eventually } from '../../support/eventually.ts';

let meter: ReturnType<typeof createLoadMeter>;
afterEach(() => meter.close());

/** Keeps the event loop from running. */
const block = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

it('measures how late the event loop was, and the memory of the process', async () => {
  meter = createLoadMeter();
  await eventually(
    () => {
      block(100);
      expect(meter.read().eventLoopDelayMs.max).toBeGreaterThan(80);
    },
    { timeoutMs: 5_000 },
  );
  const { eventLoopDelayMs, residentMb } = meter.read();
  expect(eventLoopDelayMs.p50).toBeLessThanOrEqual(eventLoopDelayMs.p99);
  expect(eventLoopDelayMs.p99).toBeLessThanOrEqual(eventLoopDelayMs.max + 1);
  expect(residentMb.now).toBeGreaterThan(20);
  expect(residentMb.peak).toBeGreaterThanOrEqual(residentMb.now - 1);
});
