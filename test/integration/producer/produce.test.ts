import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import avro from 'avsc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTopics } from '../../../connectors/topics.ts';
import { withAdmin } from '../../../core/kafka.ts';
import { scanTopic } from '../../../core/kafka-scan.ts';
import { createMetrics } from '../../../core/metrics.ts';
import { httpConnection } from '../../../pipeline/connections.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import { valueSubject } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { readCheckpoint } from '../../../producer/kafka/checkpoint-store.ts';
import { createProducerMonitor } from '../../../producer/metrics.ts';
import type { Simulator } from '../../../producer/simulator/feed-server.ts';
import { registerSchema } from '../../../schemas/register.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import {
  createProducerProject,
  differences,
  type ProducerProject,
  readOracleEntries,
} from '../../support/producer-project.ts';
import { startScriptedFeed } from '../../support/scripted-feed.ts';
import { simulatePositions } from '../../support/simulated-positions.ts';
import { SLOT_POSITION, TAPE_PROTO, writeTape } from '../../support/tape.ts';
import { printFacts, type TapeRecord, tapeFacts } from '../../support/tape-facts.ts';
import { printOf, serveTape } from '../../support/tape-server.ts';

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

describe('a feed that nobody here has shaped, by its definition alone', () => {
  const PRINTS = 10_000;
  let test: ProducerProject;
  beforeAll(async () => {
    test = await createProducerProject('tape', { register: false, topics: false });
  });
  afterAll(() => test?.project.remove());

  it.each([
    ['slot', SLOT_POSITION],
    ['cursor', '{ kind: cursor, field: mark, request: since.mark }'],
    ['none', '{ kind: none }'],
  ])(
    '%s: every print is exact, the producer killed and started again in the middle',
    async (kind, position) => {
      const { root, env, suffix } = test.project;
      const name = `tape_${kind}_${suffix}`;
      writeTape(root, { name, position });
      const stream = selectStreams(test.project.reload(), [name])[0] as StreamDefinition;
      await withAdmin(test.kafka, 'tape', (admin) => ensureTopics(admin, stream, 1));
      const registry = createSchemaRegistry(httpConnection(test.project.environment.registry, test.project.secrets));
      const schemaText = readFileSync(join(root, stream.schema), 'utf8');
      await registerSchema(registry, { subject: valueSubject(stream), schemaText });
      let calls = 0;
      let live = 0;
      let sent = 0;
      const asked: unknown[] = [];
      const server = await serveTape(join(root, TAPE_PROTO), test.project.environment.feed.address, async (call) => {
        calls += 1;
        const isFirst = calls === 1;
        const { from_blk: blk, since } = call.request;
        asked.push(kind === 'slot' ? blk : since?.mark);
        let next = 0;
        if (kind === 'none') next = live;
        else if (kind === 'slot' && blk !== null && blk !== undefined) next = (Number(blk) - 7_000_000) * 5;
        else if (since) next = Number(since.mark.slice(2)) + 1;
        for (; next < PRINTS && !call.cancelled(); next += 1) {
          if (next % 500 === 0) call.beat();
          await call.send(printOf(next));
          sent = Math.max(sent, next + 1);
          // Sent while nobody reads: of these only a replay could tell.
          live = next + 100;
          if (isFirst && next === 4_000)
            await eventually(() => expect(call.cancelled()).toBe(true), { timeoutMs: 30_000 });
          if (next % 200 === 0) await sleep(5);
        }
        call.end();
      });
      try {
        const produce = () =>
          startCli(['produce', '--only', name, '--end-with-feed', '-o', 'json'], { cwd: root, env });
        const first = produce();
        await eventually(
          async () => {
            expect(sent, first.output.stderr).toBeGreaterThan(4_000);
            expect(await readCheckpoint(test.kafka, stream, { clientId: 'tape' })).toBeDefined();
          },
          { timeoutMs: 40_000 },
        );
        first.child.kill('SIGKILL');
        await first.ended;
        const second = await produce().ended;
        expect(second.code, second.stderr).toBe(0);
      } finally {
        server.close();
      }
      // Independent of our readers: Avro by its own library, amounts by the numbers that were sent.
      const type = avro.Type.forSchema(JSON.parse(schemaText));
      const seen = new Set<number>();
      await scanTopic(test.kafka, {
        topic: stream.topic.name,
        clientId: 'tape',
        onRecords: async (records) => {
          for (const { value } of records) {
            const record = type.fromBuffer((value ?? Buffer.alloc(0)).subarray(5)) as TapeRecord;
            const number = Number(record.resume_mark.slice(2));
            seen.add(number);
            expect(tapeFacts(record)).toEqual(printFacts(printOf(number)));
          }
        },
      });
      const checkpoint = await readCheckpoint(test.kafka, stream, { clientId: 'tape' });
      if (kind === 'none') {
        expect(checkpoint?.lost).toMatchObject({
          count: 1,
          recent: [{ from: expect.any(String), to: expect.any(String) }],
        });
        // What is missing was on its way when the producer was killed, or was sent while nobody read.
        const missing = [...new Array(PRINTS).keys()].filter((number) => !seen.has(number));
        expect(missing).toContain(4_050);
        expect(missing.at(-1)).toBe(4_099);
        expect(asked).toHaveLength(2);
      } else {
        expect(seen.size).toBe(PRINTS);
        expect(String(asked[1])).not.toMatch(/null|undefined/);
        expect(checkpoint?.lost).toBeUndefined();
      }
    },
    120_000,
  );
});
