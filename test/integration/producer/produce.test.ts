import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMetrics } from '../../../core/metrics.ts';
import { createProducerMonitor } from '../../../producer/metrics.ts';
import type { Simulator } from '../../../producer/simulator/feed-server.ts';
import {
  createProducerProject,
  differences,
  type ProducerProject,
  readOracleEntries,
} from '../../support/producer-project.ts';
import { startScriptedFeed } from '../../support/scripted-feed.ts';
import { simulatePositions } from '../../support/simulated-positions.ts';

const UPDATES = 6_000;
const FAULTY = 60;

describe('a producer on a simulated feed', () => {
  let test: ProducerProject;
  let simulator: Simulator;
  let oraclePath: string;

  beforeAll(async () => {
    test = await createProducerProject('produce');
    oraclePath = join(test.project.root, 'oracle.ndjson');
    simulator = await simulatePositions({ seed: 7, updates: UPDATES, faulty: FAULTY, oraclePath });
  });
  afterAll(async () => {
    await simulator?.close();
    await test?.project.remove();
  });

  it('publishes every update to the last digit, in its key’s order, and refuses what no table holds', async () => {
    const summary = await test.run(simulator.address);
    await simulator.done;
    const oracle = await readOracleEntries(oraclePath);
    const published = await test.published();
    expect(differences(oracle, published, await test.rejected())).toEqual([]);
    expect(published).toHaveLength(UPDATES - FAULTY);
    expect(summary).toMatchObject({
      received: UPDATES,
      published: UPDATES - FAULTY,
      rejected: FAULTY,
      pending: 0,
      reconnects: 0,
      endedBy: 'feed',
      gaps: [],
    });
    expect(Object.values(summary.refusals).reduce((sum, times) => sum + times, 0)).toBeGreaterThanOrEqual(FAULTY);
    expect(new Set(published.map(({ partition }) => partition)).size).toBe(4);
  });

  it('can be followed: what Kafka has, how long it took, where the checkpoint is', async () => {
    const metrics = await createMetrics({});
    const monitor = createProducerMonitor({ metrics, streams: ['positions'], silenceMs: 30_000 });
    expect(monitor.notReady()).toBe('positions: not subscribed to its feed yet');
    const summary = await test.run(simulator.address, {
      fromSlot: 0n,
      acceptGap: true,
      monitor: monitor.of('positions'),
    });
    expect(monitor.notReady()).toBeUndefined();
    const text = await metrics.text();
    const value = (name: string) =>
      Number(new RegExp(`^perps_connect_producer_${name}\\{stream="positions"\\} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(summary.received).toBe(UPDATES);
    expect(value('received_updates_total')).toBe(UPDATES);
    expect(value('published_records_total')).toBe(UPDATES - FAULTY);
    expect(value('rejected_updates_total')).toBe(FAULTY);
    expect(value('queue_records')).toBe(0);
    expect(value('request_duration_seconds_count')).toBeGreaterThan(UPDATES / 2_000);
    expect(value('request_duration_seconds_sum')).toBeGreaterThan(0);
    expect(BigInt(value('checkpoint_slot'))).toBe((await test.checkpoint())?.slot);
    expect(value('checkpoint_age_seconds')).toBeLessThan(30);
    const refusals = [...text.matchAll(/refusals_total\{stream="positions",reason="(\w+)"\} ([1-9]\d*)$/gm)];
    expect(Object.fromEntries(refusals.map(([, reason, times]) => [reason, Number(times)]))).toEqual(summary.refusals);
  });

  it('keeps its place, and reads only the overlap again', async () => {
    const lastSlot = BigInt((await readOracleEntries(oraclePath)).at(-1)?.update.slot ?? '0');
    expect((await test.checkpoint())?.slot).toBe(lastSlot);
    const summary = await test.run(simulator.address, { overlapSlots: 3n });
    expect(summary.resumedFrom).toBe(lastSlot - 3n);
    const rows = (await readOracleEntries(oraclePath)).filter((entry) => entry.expect === 'row');
    expect(summary.published).toBe(rows.filter(({ update }) => BigInt(update.slot ?? 0) >= lastSlot - 3n).length);
    expect(summary.received).toBeLessThan(UPDATES / 10);
    expect(differences(await readOracleEntries(oraclePath), await test.published(), await test.rejected())).toEqual([]);
  });

  it('starts where an operator says, which is its new place, even if it lies before the old one', async () => {
    const feed = await startScriptedFeed({
      window: () => ({ earliest: 312_000_000n, latest: 312_000_100n }),
      play: (call) => {
        call.slot((call.fromSlot ?? 0n) + 2n);
        call.end();
      },
    });
    const summary = await test.run(feed.address, { fromSlot: 312_000_000n });
    feed.close();
    expect(summary).toMatchObject({ resumedFrom: 312_000_000n, received: 0, endedBy: 'feed' });
    expect((await test.checkpoint())?.slot).toBe(312_000_002n);
  });
});
