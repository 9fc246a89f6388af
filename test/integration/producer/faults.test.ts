import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createKafka, type KafkaConnection } from '../../../core/kafka.ts';
import { silentLogger } from '../../../core/log.ts';
import { checkpointTopic } from '../../../pipeline/names.ts';
import { encodeCheckpoint } from '../../../producer/kafka/checkpoint.ts';
import { createCluster } from '../../../producer/kafka/cluster.ts';
import { createKafkaSender } from '../../../producer/kafka/sender.ts';
import { startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { feedMessage, positionUpdate } from '../../support/position-feed.ts';
import {
  createProducerProject,
  differences,
  type ProducerProject,
  readOracleEntries,
} from '../../support/producer-project.ts';
import { type ScriptedCall, startScriptedFeed } from '../../support/scripted-feed.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { simulatePositions } from '../../support/simulated-positions.ts';

const projects: ProducerProject[] = [];
async function project(...args: Parameters<typeof createProducerProject>): Promise<ProducerProject> {
  const created = await createProducerProject(...args);
  projects.push(created);
  return created;
}
afterAll(async () => {
  for (const { project: each } of projects) await each.remove();
});

const signatures = async (test: ProducerProject) => (await test.published()).map(({ row }) => row.signature);
const update = (slot: bigint, signature = `sig${slot}`) =>
  feedMessage({ update: positionUpdate({ slot: slot.toString(), signature }) });

/** Changes settings of the data topic. */
async function setTopicConfig(test: ProducerProject, config: Readonly<Record<string, string>>): Promise<void> {
  const admin = createKafka({ brokers: test.project.environment.kafka.brokers }, 'test').admin();
  await admin.connect();
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: test.stream.topic.name, configEntries }];
  await admin.alterConfigs({ validateOnly: false, resources }).finally(() => admin.disconnect());
}

const senderTo = (connection: KafkaConnection, topic: string) =>
  createKafkaSender({
    cluster: createCluster({ connection, clientId: 'test', compression: 'none', logger: silentLogger }),
    topics: [topic],
    logger: silentLogger,
  });

/** Sends one update and one notice a slot, over the slots asked for. */
function sendSlots(call: ScriptedCall, first: bigint, last: bigint): void {
  for (let slot = first; slot <= last; slot += 1n) {
    call.send(update(slot));
    call.slot(slot);
  }
}

describe('a producer process', () => {
  const UPDATES = 16_000;

  it('loses nothing when it is killed again and again in the middle of a batch', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const test = await project('kill');
    const { root, env } = test.project;
    const oraclePath = join(root, 'oracle.ndjson');
    const simulator = await simulatePositions({
      port: test.project.environment.feed.address.split(':').map(Number)[1] ?? 0,
      seed: 3,
      updates: UPDATES,
      faulty: 12,
      ratePerSecond: 2_000,
      oraclePath,
    });
    // Without an overlap, which would forgive a checkpoint that runs ahead of the acknowledgements.
    const flags = ['--only', 'positions', '--end-with-feed', '--overlap', '0'];
    const produce = () => startCli(['produce', ...flags], { cwd: root, env });
    try {
      for (let kill = 0; kill < 4; kill += 1) {
        const sent = simulator.sent();
        const enough = Math.min(sent + 200 + random.int(4_000), UPDATES - 1_000);
        const process = produce();
        await eventually(() => expect(simulator.sent(), process.output.stderr).toBeGreaterThan(enough), {
          timeoutMs: 30_000,
        });
        process.child.kill('SIGKILL');
        expect((await process.ended).signal).toBe('SIGKILL');
      }
      const last = await produce().ended;
      expect(last.code, last.stderr).toBe(0);
      const oracle = await readOracleEntries(oraclePath);
      expect(oracle).toHaveLength(UPDATES);
      expect(differences(oracle, await test.published(), await test.rejected()), `seed ${seed}`).toEqual([]);
    } finally {
      await simulator.close();
    }
  }, 120_000);

  it('stopped by SIGTERM brings home what it has read, and the next one reads almost nothing again', async () => {
    const test = await project('term');
    const { root, env } = test.project;
    const simulator = await simulatePositions({
      port: test.project.environment.feed.address.split(':').map(Number)[1] ?? 0,
      seed: 4,
      updates: 1_000_000,
      faulty: 0,
      ratePerSecond: 2_000,
    });
    try {
      const process = startCli(['produce', '--only', 'positions', '-o', 'json'], { cwd: root, env });
      await eventually(() => expect(simulator.sent()).toBeGreaterThan(3_000), { timeoutMs: 30_000 });
      process.child.kill('SIGTERM');
      const { code, stdout, stderr } = await process.ended;
      expect(code, stderr).toBe(0);
      const [summary] = (JSON.parse(stdout) as { streams: { received: number; published: number; lastSlot: string }[] })
        .streams;
      expect(summary?.published).toBe(summary?.received);
      expect(summary?.published).toBe((await test.published()).length);
      const checkpoint = await test.checkpoint();
      expect(checkpoint?.slot?.toString()).toBe(summary?.lastSlot);
      const stop = new AbortController();
      const next = await test.run(simulator.address, {
        overlapSlots: 2n,
        signal: stop.signal,
        onProgress: ({ received }) => {
          if (received > 0) stop.abort();
        },
      });
      expect(next.resumedFrom).toBe((checkpoint?.slot ?? 0n) - 2n);
    } finally {
      await simulator.close();
    }
  }, 60_000);
});

describe('a feed that fails', () => {
  it('by dropping the stream at random is read to its end, nothing lost', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = seededRandom(seed);
    const test = await project('drops');
    const last = 600n;
    const feed = await startScriptedFeed({
      window: () => ({ earliest: 1n, latest: last }),
      play: async (call, index) => {
        const from = call.fromSlot ?? 1n;
        // Further than the overlap each time, or it would never end.
        const until = from + 20n + BigInt(random.int(150));
        sendSlots(call, from, until < last ? until : last);
        await call.drained();
        if (until >= last) call.end();
        else if (index % 3 === 0) call.fail(status.UNAVAILABLE, 'restarting');
        else if (index % 3 === 1) call.cut();
        else call.fail(status.INTERNAL, 'oops');
      },
    });
    const summary = await test.run(feed.address, { overlapSlots: 5n });
    feed.close();
    expect(summary.reconnects).toBeGreaterThan(2);
    const wanted = Array.from({ length: Number(last) }, (_, n) => `sig${n + 1}`);
    const first = [...new Set(await signatures(test))];
    expect(first, `seed ${seed}`).toEqual(wanted);
  }, 60_000);

  it('by a slot from the future, and by notices that come late, loses nothing of what it has yet to send', async () => {
    const test = await project('future');
    const last = 1_000n;
    /** Slots that the notices lag behind the updates. */
    const late = 40n;
    const feed = await startScriptedFeed({
      window: () => ({ earliest: 1n, latest: last }),
      play: async (call, index) => {
        const from = call.fromSlot ?? 1n;
        const until = index === 0 ? 600n : last;
        // 20 minutes ahead of the feed: a restart would take the feed for one that is a little behind, and go on at its tip.
        if (index === 0) call.send(update(last + 900n, 'future'));
        for (let slot = from; slot <= until; slot += 1n) {
          call.send(update(slot));
          if (slot - from >= late) call.slot(slot - late);
        }
        await call.drained();
        if (index === 0) call.fail(status.UNAVAILABLE, 'restarting');
        else call.end();
      },
    });
    await test.run(feed.address, { overlapSlots: 5n });
    expect(feed.calls[1]?.fromSlot).toBe(600n - late - 5n);
    const wanted = Array.from({ length: Number(last) }, (_, n) => `sig${n + 1}`);
    expect([...new Set(await signatures(test))]).toEqual(['future', ...wanted]);
    expect((await test.checkpoint())?.slot).toBe(last - late);
    // The next start goes on where the notices have been, and loses nothing either.
    const again = await test.run(feed.address, { overlapSlots: 5n });
    feed.close();
    expect(again.resumedFrom).toBe(last - late - 5n);
  }, 60_000);

  it('by falling silent is left and read from another stream', async () => {
    const test = await project('silent');
    const feed = await startScriptedFeed({
      window: () => ({ earliest: 1n, latest: 20n }),
      play: (call, index) => {
        sendSlots(call, index === 0 ? 1n : (call.fromSlot ?? 1n), index === 0 ? 10n : 20n);
        if (index === 0) {
          const pings = setInterval(() => call.ping(), 50);
          call.gone.addEventListener('abort', () => clearInterval(pings));
        } else call.end();
      },
    });
    const summary = await test.run(feed.address, { silenceMs: 500, overlapSlots: 2n });
    feed.close();
    expect(summary.reconnects).toBe(1);
    expect(feed.calls[1]?.fromSlot).toBe(8n);
    expect(new Set(await signatures(test)).size).toBe(20);
  });

  it('by no longer having the resume point stops the producer, checkpoint kept, until someone accepts the gap', async () => {
    const test = await project('gap');
    let earliest = 1n;
    const feed = await startScriptedFeed({
      window: () => ({ earliest, latest: 2_000n }),
      play: (call) => {
        const from = call.fromSlot ?? 1n;
        sendSlots(call, from, from + 99n);
        call.end();
      },
    });
    await test.run(feed.address);
    expect((await test.checkpoint())?.slot).toBe(100n);
    earliest = 1_000n;

    const refused = test.run(feed.address);
    await expect(refused).rejects.toMatchObject({
      code: 'UNSAFE',
      message: expect.stringContaining('slots 100 to 999 would be missing'),
      hint: expect.stringContaining('--accept-gap'),
      details: { gap: { from: '100', to: '999' } },
    });
    expect((await test.checkpoint())?.slot).toBe(100n);
    expect(await signatures(test)).toHaveLength(100);

    const summary = await test.run(feed.address, { acceptGap: true });
    expect(summary.gaps).toEqual([{ from: 100n, to: 999n }]);
    const checkpoint = await test.checkpoint();
    expect(checkpoint).toMatchObject({ slot: 1_099n, gaps: [{ from: 100n, to: 999n }] });
    expect(Date.parse(checkpoint?.gaps[0]?.acceptedAt ?? '')).toBeGreaterThan(0);
    await test.run(feed.address);
    expect((await test.checkpoint())?.gaps).toHaveLength(1);
    feed.close();
  });

  it('with a message for which Kafka is full keeps it waiting, and drops nothing', async () => {
    const test = await project('slow');
    const total = 3_000n;
    const feed = await startScriptedFeed({
      window: () => ({ earliest: 1n, latest: total }),
      play: async (call) => {
        for (let slot = 1n; slot <= total; slot += 1n) {
          if (!call.send(update(slot))) await call.drained();
        }
        call.end();
      },
    });
    let most = 0;
    await test.run(feed.address, {
      limits: { queueRecords: 50, requestRecords: 20 },
      onProgress: ({ pending }) => {
        most = Math.max(most, pending);
      },
    });
    feed.close();
    expect(most).toBeLessThanOrEqual(50);
    expect(await signatures(test)).toEqual(Array.from({ length: Number(total) }, (_, n) => `sig${n + 1}`));
  });
});

describe('a part that is missing at the start', () => {
  let closedPort: number;
  let feed: Awaited<ReturnType<typeof startScriptedFeed>>;
  beforeAll(async () => {
    const server = createServer();
    closedPort = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
    );
    await new Promise((resolve) => server.close(resolve));
    feed = await startScriptedFeed({
      play: (call) => {
        call.send(update(1n));
        call.end();
      },
    });
  });
  afterAll(() => feed?.close());

  it('is named when it is the registry, and nothing is sent', async () => {
    const test = await project('noregistry');
    const run = test.run(feed.address, { registry: { url: `http://127.0.0.1:${closedPort}` } });
    await expect(run).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${closedPort}`),
    });
    expect(await test.published()).toEqual([]);
  });

  it('is named when it is the schema, with the command that registers it', async () => {
    const test = await project('noschema', { register: false });
    await expect(test.run(feed.address)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(`${test.stream.topic.name}-value`),
      hint: expect.stringContaining('connect schemas register'),
    });
    expect(await test.published()).toEqual([]);
  });

  it('is named when it is a topic, with the command that creates it', async () => {
    const test = await project('notopic', { topics: false });
    await expect(test.run(feed.address)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(`${test.stream.topic.name}.checkpoint`),
      hint: expect.stringContaining('connect deploy'),
    });
  });

  it('is named when it is Kafka or the feed', async () => {
    const test = await project('nobroker');
    const address = `127.0.0.1:${closedPort}`;
    await expect(test.run(feed.address, { kafka: { brokers: [address] } })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining(`Kafka at ${address}`),
    });
    await expect(test.run(address)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining(`at ${address} is not reachable`),
    });
  }, 60_000);

  it('is named when it is a clock: Kafka refuses what was made at another time, and the producer ends', async () => {
    const test = await project('clock');
    await setTopicConfig(test, { 'message.timestamp.before.max.ms': '2000' });
    // This machine's clock is behind.
    const now = Date.now.bind(Date);
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() - 10_000);
    onTestFinished(() => clock.mockRestore());
    await expect(test.run(feed.address)).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(
        /timestamp of the message is out of acceptable range; the clock of this machine says 20\d\d-/,
      ),
      hint: expect.stringContaining('connect doctor'),
    });
    expect(await test.published()).toEqual([]);
  });

  it('leaves no connection to Kafka open when the feed cannot be opened', async () => {
    const test = await project('badtoken');
    const sockets: Socket[] = [];
    const onSocket = (message: unknown) => void sockets.push((message as { socket: Socket }).socket);
    subscribe('net.client.socket', onSocket);
    try {
      await expect(
        test.run(feed.address, { feed: { address: feed.address, tls: false, token: 'two\nlines' } }),
      ).rejects.toThrow('feed.token cannot be sent');
    } finally {
      unsubscribe('net.client.socket', onSocket);
    }
    const port = Number(test.project.environment.kafka.brokers[0]?.split(':')[1]);
    const open = () => sockets.filter((socket) => socket.remotePort === port && !socket.destroyed).length;
    await eventually(() => expect(open()).toBe(0), { timeoutMs: 2_000 });
  });
});

describe('the checkpoint topic', () => {
  it('may hold what others wrote, garbage and tombstones', async () => {
    const test = await project('foreign');
    const topic = checkpointTopic(test.stream);
    const sender = await senderTo(test.kafka, topic);
    const counts = { received: 0, published: 0, rejected: 0, partitions: 4 };
    const checkpoint = { at: '', ...counts, instance: '', feed: '', commitment: 'finalized' as const, gaps: [] };
    const write = (key: string, value: Buffer) => sender.send([{ topic, key: Buffer.from(key), value }]);
    await write('positions', encodeCheckpoint({ ...checkpoint, slot: 55n }));
    await write('other', encodeCheckpoint({ ...checkpoint, slot: 99n }));
    await write('positions', Buffer.from('garbage'));
    await sender.close();
    expect((await test.checkpoint())?.slot).toBe(55n);
  });

  it('with nothing readable stops the producer, unless someone says where to start', async () => {
    const test = await project('unreadable');
    const topic = checkpointTopic(test.stream);
    const sender = await senderTo(test.kafka, topic);
    await sender.send([{ topic, key: Buffer.from('positions'), value: Buffer.from('garbage') }]);
    await sender.close();
    const feed = await startScriptedFeed({
      window: () => ({ earliest: 1n, latest: 10n }),
      play: (call) => {
        sendSlots(call, call.fromSlot ?? 1n, 10n);
        call.end();
      },
    });
    await expect(test.run(feed.address)).rejects.toMatchObject({
      code: 'UNSAFE',
      message: expect.stringContaining(topic),
    });
    expect((await test.run(feed.address, { fromSlot: 4n })).received).toBe(7);
    expect((await test.checkpoint())?.slot).toBe(10n);
    feed.close();
  });
});
