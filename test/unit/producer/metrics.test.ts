import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMetrics } from '../../../core/metrics.ts';
import { createProducerMonitor } from '../../../producer/metrics.ts';
import { createRunStatistics } from '../../../producer/run-statistics.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

async function monitored() {
  const metrics = await createMetrics({});
  const monitor = createProducerMonitor({ metrics, streams: ['positions', 'trades'], silenceMs: 30_000 });
  const run = (stream: string) => {
    const statistics = createRunStatistics(stream, `${stream}.rejected`);
    statistics.close();
    monitor.of(stream).follow(() => statistics.reading({ records: 3, bytes: 900 }));
    return statistics;
  };
  const values = async (stream: string) => {
    const lines = (await metrics.text()).matchAll(
      /^perps_connect_producer_(\w+)\{stream="(\w+)"(?:,([^}]*))?\} (\S+)$/gm,
    );
    return Object.fromEntries(
      [...lines]
        .filter(([, , of]) => of === stream)
        .map(([, name, , more, value]) => [more === undefined ? name : `${name} ${more}`, Number(value)]),
    );
  };
  return { monitor, run, values };
}

test('shows what a run has done, and how long ago its checkpoint was written', async () => {
  const { monitor, run, values } = await monitored();
  const positions = run('positions');
  run('trades');
  positions.subscribed(100n);
  positions.subscribed(120n);
  positions.ingest.received = 9;
  positions.ingest.refusals.TOO_LONG = 2;
  const record = (topic: string) => ({ topic, key: null, value: Buffer.alloc(10) });
  positions.acknowledged({
    records: [record('positions'), record('positions'), record('positions.rejected')],
    slot: 130n,
  });
  positions.checkpointed(125n);
  await monitor.of('positions').timed(async () => {})();
  vi.advanceTimersByTime(4_000);
  expect(await values('positions')).toMatchObject({
    received_updates_total: 9,
    published_records_total: 2,
    published_bytes_total: 30,
    rejected_updates_total: 1,
    reconnects_total: 1,
    queue_records: 3,
    queue_bytes: 900,
    checkpoint_slot: 125,
    checkpoint_age_seconds: 4,
    'refusals_total reason="TOO_LONG"': 2,
    'refusals_total reason="MISSING"': 0,
    request_duration_seconds_count: 1,
  });
  // Prometheus sees the first one as growth only if the 0 was there before.
  expect(await values('trades')).toMatchObject({ received_updates_total: 0, 'refusals_total reason="TOO_LONG"': 0 });
  expect(await values('trades')).not.toHaveProperty('checkpoint_slot');
});

test('is ready once every stream is subscribed, and while Kafka acknowledges what the feed sends', async () => {
  const { monitor, run } = await monitored();
  const [positions, trades] = [run('positions'), run('trades')];
  positions.subscribed(100n);
  expect(monitor.notReady()).toBe('trades: not subscribed to its feed yet');
  trades.subscribed(100n);
  expect(monitor.notReady()).toBeUndefined();
  vi.advanceTimersByTime(59_000);
  trades.acknowledged({ records: [], slot: 101n });
  vi.advanceTimersByTime(2_000);
  expect(monitor.notReady()).toBe('positions: Kafka has acknowledged nothing, and the feed has not moved on, for 61 s');
  positions.acknowledged({ records: [], slot: 101n });
  expect(monitor.notReady()).toBeUndefined();
});
