import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { waitFor } from '../../../../core/retry.ts';
import type { Simulator } from '../../../../producer/simulator/feed-server.ts';
import { readOracle } from '../../../../producer/simulator/oracle.ts';
import { type FeedReader, openReader, slotsOf, updatesOf } from '../../../support/feed-reader.ts';
import { type PositionSimulatorOptions, simulatePositions } from '../../../support/simulated-positions.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: PositionSimulatorOptions): Promise<{ simulator: Simulator; reader: FeedReader }> {
  const simulator = await simulatePositions({ seed: 3, ...options });
  const reader = openReader(simulator.address);
  cleanups.push(
    () => simulator.close(),
    () => reader.close(),
  );
  return { simulator, reader };
}

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'simulator-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
}

const portOf = ({ address }: Simulator): number => Number(address.split(':')[1]);
const hashOf = (parts: readonly Buffer[]): string => createHash('sha256').update(Buffer.concat(parts)).digest('hex');

async function bytesOf(reader: FeedReader, fromSlot?: string): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const part of reader.open(fromSlot === undefined ? {} : { from_slot: fromSlot })) parts.push(part);
  return parts;
}

describe('the simulated feed', () => {
  it('sends exactly the updates asked for, in slot order, a notice after each slot, and ends', async () => {
    const { simulator, reader } = await start({ updates: 3_000 });
    const messages = await reader.read();
    await simulator.done;
    expect(updatesOf(messages)).toHaveLength(3_000);
    expect(simulator.sent()).toBe(3_000);
    let slot = '';
    const order = messages.map(({ update, slot: notice }) => {
      slot = String(update?.slot ?? slot);
      return notice === undefined ? BigInt(slot) : BigInt(notice.slot);
    });
    expect(order).toEqual([...order].sort((a, b) => (a < b ? -1 : Number(a > b))));
    expect(slotsOf(messages)).toEqual([...new Set(updatesOf(messages).map((update) => update.slot))]);
  });

  it('sends the same bytes for the same seed and others for another', async () => {
    const [first, second, other] = await Promise.all([
      start({ updates: 2_000 }),
      start({ updates: 2_000 }),
      start({ updates: 2_000, seed: 4 }),
    ]);
    const hash = hashOf(await bytesOf(first.reader));
    expect(hashOf(await bytesOf(second.reader))).toBe(hash);
    expect(hashOf(await bytesOf(other.reader))).not.toBe(hash);
  });

  it('replays from a slot exactly what it sent from there on', async () => {
    const { simulator, reader } = await start({ updates: 15_000, faulty: 30 });
    const all = await bytesOf(reader);
    const messages = all.map((bytes) => reader.decode(bytes));
    const slots = slotsOf(messages);
    // The 10,000th update is where the first snapshot is made: replays begin before, at and after it.
    const [known] = updatesOf(messages).slice(9_999);
    const at = slots.indexOf(String(known?.slot));
    for (const slot of [slots[100], slots[at - 1], slots[at], slots[at + 1], slots.at(-1)]) {
      const before = slots[slots.indexOf(String(slot)) - 1];
      const begin = messages.findIndex(({ slot: notice }) => notice?.slot === before) + 1;
      expect(hashOf(await bytesOf(reader, slot))).toBe(hashOf(all.slice(begin)));
    }
    expect(simulator.sent()).toBe(15_000);
  });

  it('serves what is new to everybody when no slot is asked for', async () => {
    const { reader } = await start({ updates: 1_000 });
    expect(updatesOf(await reader.read())).toHaveLength(1_000);
    expect(await reader.read()).toEqual([]);
    expect(updatesOf(await reader.read({ from_slot: '0' }))).toHaveLength(1_000);
  });

  it('says which slots can be replayed', async () => {
    const { reader } = await start({ updates: 1_000 });
    const before = await reader.replayInfo();
    const slots = slotsOf(await reader.read());
    expect(before).toEqual({ earliest_slot: slots[0], latest_slot: slots.at(-1) });
    expect(await reader.replayInfo()).toEqual(before);
  });

  it('refuses a slot outside the replay window and names the window', async () => {
    const { reader } = await start({ updates: 2_000, replayWindowSlots: 10 });
    const slots = slotsOf(await reader.read());
    const latest = BigInt(slots.at(-1) as string);
    expect(await reader.replayInfo()).toEqual({ earliest_slot: String(latest - 10n), latest_slot: String(latest) });
    await expect(reader.read({ from_slot: String(latest - 11n) })).rejects.toMatchObject({
      code: status.OUT_OF_RANGE,
      details: expect.stringContaining(`slots ${latest - 10n} to ${latest}`),
    });
    const replayed = slotsOf(await reader.read({ from_slot: String(latest - 10n) }));
    expect(replayed).toEqual(slots.filter((slot) => BigInt(slot) >= latest - 10n));
  });

  it('filters by owner, account and symbol: alternatives in a list, lists together', async () => {
    const { reader } = await start({ updates: 3_000 });
    const all = updatesOf(await reader.read());
    const { owner = '', position_account = '' } = all[100] ?? {};
    const cases = [
      [{ owners: [String(owner)] }, all.filter((update) => update.owner === owner)],
      [{ position_accounts: [String(position_account)] }, all.filter((u) => u.position_account === position_account)],
      [{ symbols: ['BTC-USD', 'SOL-USD'] }, all.filter((u) => u.symbol === 'BTC-USD' || u.symbol === 'SOL-USD')],
      [
        { owners: [String(owner)], symbols: ['BTC-USD'] },
        all.filter((u) => u.owner === owner && u.symbol === 'BTC-USD'),
      ],
    ] as const;
    for (const [filter, expected] of cases) {
      const messages = await reader.read({ from_slot: '0', filter });
      expect(updatesOf(messages)).toEqual(expected);
      expect(slotsOf(messages).length).toBeGreaterThan(100);
    }
  });

  it('echoes the commitment it was asked for, finalized unless told otherwise', async () => {
    const { reader } = await start({ updates: 100 });
    const commitmentOf = async (commitment?: string) => {
      const stream = reader.open({ from_slot: '0', ...(commitment === undefined ? {} : { commitment }) });
      const metadata = await new Promise<{ get(key: string): unknown[] }>((resolve) => stream.on('metadata', resolve));
      stream.resume();
      return metadata.get('commitment');
    };
    expect(await commitmentOf()).toEqual(['finalized']);
    for (const word of ['processed', 'confirmed', 'finalized'])
      expect(await commitmentOf(`COMMITMENT_${word.toUpperCase()}`)).toEqual([word]);
  });

  it('holds a slow reader back instead of filling its memory', async () => {
    const { simulator, reader } = await start({ updates: 40_000 });
    const stream = reader.open();
    const read: Buffer[] = [];
    stream.once('data', (part: Buffer) => {
      read.push(part);
      stream.pause();
    });
    // Sent until everything between here and there is full, then no more.
    let before = -1;
    await waitFor(
      async () => {
        const now = simulator.sent();
        const isHeld = now > 0 && now === before;
        before = now;
        return isHeld || undefined;
      },
      { timeoutMs: 20_000, everyMs: 300, what: 'the feed to be held back' },
    );
    expect(simulator.sent()).toBeLessThan(25_000);
    stream.on('data', (part: Buffer) => read.push(part));
    stream.resume();
    await new Promise((resolve) => stream.on('end', resolve));
    expect(read.filter((part) => reader.decode(part).update !== undefined)).toHaveLength(40_000);
  });

  it('goes on for others when a client leaves', async () => {
    const { simulator, reader } = await start({ updates: 10_000 });
    const leaving = reader.open();
    leaving.on('error', () => {});
    await new Promise((resolve) => leaving.once('data', resolve));
    leaving.cancel();
    const rest = updatesOf(await reader.read({ from_slot: '0' }));
    expect(rest).toHaveLength(10_000);
    expect(simulator.sent()).toBe(10_000);
  });

  it('moves by the clock when it has a rate, read or not', async () => {
    const { simulator, reader } = await start({ ratePerSecond: 5_000 });
    const first = reader.open();
    first.on('error', () => {});
    const began = performance.now();
    let count = 0;
    await new Promise<void>((resolve) => {
      first.on('data', (part: Buffer) => {
        if (reader.decode(part).update !== undefined) count += 1;
        if (count === 1_000) resolve();
      });
    });
    const tookMs = performance.now() - began;
    expect(tookMs).toBeGreaterThan(150);
    first.cancel();
    const { latest_slot } = await reader.replayInfo();
    const later = await waitFor(
      async () => {
        const info = await reader.replayInfo();
        return BigInt(info.latest_slot) > BigInt(latest_slot) + 20n ? info : undefined;
      },
      { timeoutMs: 10_000, everyMs: 20, what: 'the world to move on' },
    );
    // Who comes now without a slot gets what is new, not what was missed.
    const second = reader.open();
    second.on('error', () => {});
    const update = await new Promise<number | string>((resolve) => {
      second.on('data', (part: Buffer) => resolve(reader.decode(part).update?.slot ?? 0));
    });
    expect(BigInt(update)).toBeGreaterThan(BigInt(later.latest_slot));
    expect(simulator.sent()).toBeGreaterThan(1_000);
  });

  it('sends pings while nothing happens', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { reader } = await start({ ratePerSecond: 0.01 });
      const stream = reader.open();
      stream.on('error', () => {});
      await once(stream, 'metadata');
      const pings: (string | undefined)[] = [];
      for (let n = 0; n < 3; n += 1) {
        const next = once(stream, 'data');
        vi.advanceTimersByTime(5_000);
        pings.push(reader.decode((await next)[0]).ping?.id);
      }
      expect(pings).toEqual(['1', '2', '3']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('ends its streams with UNAVAILABLE when it closes, and frees its port', async () => {
    const { simulator, reader } = await start({ ratePerSecond: 100 });
    const refused = expect(reader.read()).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await waitFor(async () => simulator.sent() > 0 || undefined, { timeoutMs: 10_000, what: 'an update' });
    await simulator.close();
    await refused;
    await simulator.done;
    const again = await simulatePositions({ port: portOf(simulator), updates: 1 });
    await again.close();
  });

  it('says so when its port is taken', async () => {
    const { simulator } = await start({ updates: 1 });
    await expect(simulatePositions({ port: portOf(simulator) })).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: expect.stringContaining(`port ${portOf(simulator)} is taken`),
    });
  });

  it.each([
    [{ seed: -1 }, 'seed'],
    [{ updates: 0 }, 'updates'],
    [{ updates: 10, faulty: 11 }, 'faulty'],
    [{ ratePerSecond: 0 }, 'rate'],
    [{ faulty: 1, faultyEvery: 5 }, 'both'],
    [{ replayWindowSlots: 1.5 }, 'replay window'],
  ])('refuses %j', async (options, name) => {
    await expect(simulatePositions(options)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(name),
    });
  });
});

describe('the oracle of a simulated feed', () => {
  it('is what was sent, in order, each update once, however many read and replay', async () => {
    const oraclePath = join(await scratch(), 'oracle.ndjson');
    const { simulator, reader } = await start({ updates: 5_000, faulty: 20, oraclePath });
    const [messages] = await Promise.all([reader.read({ from_slot: '0' }), reader.read({ from_slot: '0' })]);
    await simulator.done;
    await reader.read({ from_slot: '0' });
    const sent = updatesOf(messages);
    let seq = 0;
    let rejected = 0;
    const texts: Record<string, string | null>[] = [];
    for await (const entry of readOracle(oraclePath)) {
      seq += 1;
      expect(entry.seq).toBe(String(seq));
      if (entry.expect === 'rejected') rejected += 1;
      texts.push(entry.update);
    }
    expect(rejected).toBe(20);
    expect(texts.length).toBe(5_000);
    const words = (value: unknown) =>
      String(value)
        .replace(/^(SIDE|POSITION_STATUS|EVENT_TYPE)_/, '')
        .toLowerCase();
    const wireText = (update: Record<string, string | number>) =>
      Object.entries(update).map(([name, value]) => [
        name,
        name === 'block_time' ? new Date(Number(value)).toISOString() : words(value),
      ]);
    // proto3 leaves out an empty text, so such a field is absent here and '' there.
    expect(sent.map((update) => Object.fromEntries(wireText(update)))).toEqual(
      texts.map((update) =>
        Object.fromEntries(
          Object.entries(update).map(([name, value]) => [name, name === 'block_time' ? value : words(value)]),
        ),
      ),
    );
  });

  it('of a feed without an end grows while it is sent', async () => {
    const oraclePath = join(await scratch(), 'oracle.ndjson');
    const { simulator, reader } = await start({ ratePerSecond: 2_000, oraclePath });
    const stream = reader.open();
    stream.on('error', () => {}).resume();
    const count = async () => {
      let lines = 0;
      for await (const _entry of readOracle(oraclePath)) lines += 1;
      return lines;
    };
    // While it is written, the file's last line may be half there, so whole lines are counted as such.
    const wholeLines = async () => (await readFile(oraclePath, 'utf8')).split('\n').length - 1;
    await waitFor(async () => ((await wholeLines()) > 100 ? true : undefined), {
      timeoutMs: 10_000,
      what: 'oracle lines',
    });
    await simulator.close();
    expect(await count()).toBe(simulator.sent());
  });

  it.runIf(process.platform === 'linux')('that cannot be written ends the stream with a reason', async () => {
    const { simulator, reader } = await start({ updates: 5_000, oraclePath: '/dev/full' });
    await expect(reader.read()).rejects.toMatchObject({
      code: status.INTERNAL,
      details: expect.stringContaining('ENOSPC'),
    });
    await expect(simulator.done).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  });
});
