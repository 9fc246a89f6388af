import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, test } from 'vitest';
import { silentLogger } from '../../../../core/log.ts';
import { adapterHealth } from '../../../../producer/adapter/adapter-health.ts';
import { createAdapterService } from '../../../../producer/adapter/adapter-service.ts';
import type { Feed, FeedMessage, FeedRead } from '../../../../producer/adapter/feed.ts';
import { followAdapter } from '../../../../producer/adapter/follow-adapter.ts';
import { openAdapter } from '../../../../producer/adapter/open-adapter.ts';
import { readAdapter } from '../../../../producer/adapter/read-adapter.ts';
import { testFeed } from '../../../../producer/adapter/test-feed.ts';
import type { FeedEvent } from '../../../../producer/feed/event.ts';
import { createMethodPosition } from '../../../../producer/feed/method/method-position.ts';
import { parseAvroSchema } from '../../../../schemas/avro-schema.ts';

const SCHEMA = parseAvroSchema(
  JSON.stringify({
    type: 'record',
    name: 'Line',
    fields: [
      { name: 'seq', type: 'long' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      {
        name: 'exact_at',
        type: { type: 'long', logicalType: 'timestamp-micros', 'connect.name': 'io.debezium.time.MicroTimestamp' },
      },
      { name: 'proof', type: 'bytes' },
    ],
  }),
  'line.avsc',
);
const service = createAdapterService('feeds/lines.mjs', SCHEMA);

test('an update that is kept as JSON is the same update again: whole numbers of 64 bits, times, bytes', () => {
  const at = new Date('2026-11-29T01:02:03.004Z');
  const sent = service.toSent({ seq: 9_223_372_036_854_775_807n, at, exact_at: at, proof: new Uint8Array([0, 255]) });
  expect(sent).toEqual({
    seq: 9_223_372_036_854_775_807n,
    at: at.getTime(),
    exact_at: BigInt(at.getTime()) * 1_000n,
    proof: Buffer.from([0, 255]),
  });
  const read = service.readRejected(service.encodeUpdate(sent));
  expect(read).toMatchObject({
    kind: 'update',
    update: { seq: '9223372036854775807', at: at.getTime(), proof: Buffer.from([0, 255]) },
  });
  expect(service.readRejected(Buffer.from('{'))).toMatchObject({ kind: 'undecodable' });
});

describe('a module', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'adapter-'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  let number = 0;
  const contextOf = (text: string) => {
    number += 1;
    writeFileSync(join(root, `${number}.mjs`), text);
    return {
      root,
      stream: 'lines',
      adapter: { module: `${number}.mjs`, options: { market: 'SOL' }, position: { kind: 'none' as const } },
      connection: { address: 'feed:1', tls: false, token: 'let me in' },
      logger: silentLogger,
    };
  };

  it('is given its options, and the connection of the environment', async () => {
    const text = `export default async ({ stream, options, connection }) =>
      ({ address: [stream, options.market, connection.address, connection.token, connection.tls].join(' '), read() {} })`;
    expect((await openAdapter(contextOf(text))).address).toBe('lines SOL feed:1 let me in false');
  });

  it.each([
    ['throw new Error("no such host")', 'INVALID_DEFINITION', /cannot be loaded: no such host/],
    ['export const open = 1', 'INVALID_DEFINITION', /no function as its default export/],
    ['export default () => ({ address: "x" })', 'INVALID_DEFINITION', /no function `read`/],
    ['export default () => ({ read() {} })', 'INVALID_DEFINITION', /its `address` is no text/],
    ['export default () => undefined', 'INVALID_DEFINITION', /no function `read`/],
    ['export default async () => { throw new Error("key revoked") }', 'REFUSED', /cannot open its feed: key revoked/],
    ['export default () => { throw new Error("key revoked") }', 'REFUSED', /cannot open its feed: key revoked/],
  ])('that is none is refused: %s', async (text, code, message) => {
    await expect(openAdapter(contextOf(text))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('tells its health to doctor; without that, what it can replay', async () => {
    const health = (members: string) =>
      adapterHealth(
        contextOf(`export default () => ({ address: 'x', read() {}, ${members} })`),
        AbortSignal.timeout(1_000),
      );
    expect(await health('health: async () => "well"')).toBe('well');
    expect(await health('replayWindow: async () => ({ earliest: "1", latest: "2" })')).toBe('can replay 1 to 2');
    expect(await health('')).toMatch(/does not say whether it answers/);
    expect(await health('health: async () => "well", close() { throw new Error("closed twice") }')).toBe('well');
    await expect(health('health: async () => { throw new Error("ill") }')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('failed: ill'),
    });
  });
});

/** A feed whose updates are whole numbers, from the one that is asked for. */
const counting = (members: Partial<Feed> = {}, to = 100): Feed => ({
  address: 'counting',
  async *read({ resume, signal }: FeedRead): AsyncGenerator<FeedMessage> {
    for (let seq = Number(resume ?? 1); seq <= to && !signal.aborted; seq += 1) yield { update: { seq } };
  },
  ...members,
});

describe('reading a module’s feed', () => {
  const readAll = async (
    feed: Feed,
    onEvent: (event: FeedEvent) => Promise<void> | undefined,
    signal = new AbortController().signal,
  ) => readAdapter({ feed, service, resume: undefined, signal, onEvent });

  it('asks for the next message when there is room for it', async () => {
    let yielded = 0;
    const feed = counting({
      async *read() {
        for (yielded = 1; yielded <= 5; yielded += 1) yield { update: { seq: yielded } };
      },
    });
    const seen: number[] = [];
    await readAll(feed, async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      seen.push(yielded);
    });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('ends by its signal though the module waits, and lets the module clean up', async () => {
    const stop = new AbortController();
    let cleaned = false;
    const feed = counting({
      async *read({ signal }) {
        try {
          yield { update: { seq: 1 } };
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        } finally {
          cleaned = true;
        }
      },
    });
    const reading = readAll(feed, () => void setTimeout(() => stop.abort(), 10), stop.signal);
    await reading;
    expect(cleaned).toBe(true);
  });

  it('takes an error for a break, and one that is fatal for the end', async () => {
    const failing = (fatal: boolean) =>
      counting({
        // biome-ignore lint/correctness/useYield: it breaks before its first message.
        async *read() {
          throw Object.assign(new Error('gone'), { fatal });
        },
      });
    await expect(readAll(failing(false), () => undefined)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      retryable: true,
    });
    await expect(readAll(failing(true), () => undefined)).rejects.toMatchObject({ code: 'REFUSED', retryable: false });
  });
});

it.each([undefined, [1, 2], { next: () => 1 }])(
  'a read that returns %j ends the run with the reason',
  async (returned) => {
    const feed = counting({ read: () => returned as never });
    const { signal } = new AbortController();
    await expect(
      readAdapter({ feed, service, resume: undefined, signal, onEvent: () => undefined }),
    ).rejects.toMatchObject({ code: 'REFUSED', message: 'read of feeds/lines.mjs returns no async iterable' });
  },
);

describe('following a module’s feed', () => {
  const follow = (feed: Feed, kind: 'slot' | 'cursor', at: string, acceptGap: boolean) => {
    const lost: unknown[] = [];
    const gaps: unknown[] = [];
    const place = kind === 'slot' ? ({ slot: BigInt(at) } as const) : ({ kind, cursor: at } as const);
    const definition = { kind, field: 'seq' };
    const onGap = (from: bigint, to: bigint) => gaps.push([from, to]);
    const position = createMethodPosition('lines', definition, {
      place,
      acceptGap,
      onGap,
      onReset: () => {},
      onLead: () => {},
    });
    const seen: unknown[] = [];
    const ended = followAdapter({
      stream: 'lines',
      feed,
      service,
      definition,
      position,
      acceptGap,
      since: '2026-11-29T00:00:00.000Z',
      signal: new AbortController().signal,
      silenceMs: 5_000,
      connectTimeoutMs: 1_000,
      endWithFeed: true,
      logger: silentLogger,
      onSubscribe: () => {},
      onLost: (time) => lost.push(time),
      onEvent: (event) => {
        if (event.kind !== 'updates') return undefined;
        for (const update of event.updates) {
          position.take(update);
          seen.push(update.seq);
        }
        return undefined;
      },
    });
    return { ended, lost, gaps, seen };
  };
  const replayWindow = async () => ({ earliest: '50', latest: '100' });

  it('goes on where the checkpoint is', async () => {
    const run = follow(counting({ replayWindow }), 'slot', '60', false);
    expect(await run.ended).toBe('feed');
    expect(run.seen[0]).toBe(60);
  });

  it.each(['slot', 'cursor'] as const)('%s: refuses to leave out what the feed no longer has', async (kind) => {
    await expect(follow(counting({ replayWindow }), kind, '20', false).ended).rejects.toMatchObject({
      code: 'UNSAFE',
      message: expect.stringContaining('must be read from 20, but the feed at counting replays from 50 on'),
    });
  });

  it('leaves it out when told, and says so: slots by number, behind a cursor by time', async () => {
    const slots = follow(counting({ replayWindow }), 'slot', '20', true);
    await slots.ended;
    expect([slots.seen[0], slots.gaps, slots.lost]).toEqual([50, [[20n, 49n]], []]);
    const cursors = follow(counting({ replayWindow }), 'cursor', '20', true);
    await cursors.ended;
    expect(cursors.lost).toEqual([{ from: '2026-11-29T00:00:00.000Z', to: expect.any(String) }]);
  });
});

it('a slot that a module gives as text is a slot, and other texts are none', () => {
  const definition = { kind: 'slot', field: 'seq' } as const;
  const start = { place: undefined, acceptGap: false, onGap: () => {}, onReset: () => {}, onLead: () => {} };
  const position = createMethodPosition('lines', definition, start);
  // One alone could be wrong.
  for (let twice = 0; twice < 2; twice += 1) expect(position.take({ seq: '9223372036854775807' })).toBeUndefined();
  expect(position.resume()).toBe('9223372036854775807');
  expect(position.take({ seq: 'abc' })).toMatchObject({ field: 'seq', code: 'MISSING' });
});

describe('the tests for a feed of one’s own', () => {
  const position = { kind: 'slot', field: 'seq' } as const;

  it('pass a feed that keeps its promises', async () => {
    const findings = await testFeed({ open: () => counting({ health: async () => 'well' }), position });
    expect(findings.length).toBeGreaterThan(7);
    expect(findings.filter(({ broken }) => broken !== undefined)).toEqual([]);
  });

  const broken: [string, () => Feed, RegExp][] = [
    [
      'has a slot that is no number',
      () =>
        counting({
          async *read() {
            for (let i = 0; i < 30; i += 1) yield { update: { seq: `s${i}` } };
          },
        }),
      /has its slot at seq: update 1 has none: it needs a whole number$/m,
    ],
    [
      'sends on after its signal',
      () =>
        counting({
          async *read() {
            for (let seq = 1; ; seq += 1) yield { update: { seq } };
          },
        }),
      /ends within 500 ms of its signal: it went on/,
    ],
    [
      'waits on after its signal',
      () =>
        counting({
          async *read() {
            for (let seq = 1; seq < 30; seq += 1) yield { update: { seq } };
            await new Promise(() => {});
          },
        }),
      /ends within 500 ms of its signal: it went on/,
    ],
    ['sends too little', () => counting({}, 3), /sends 20 updates in 500 ms: it sent 3/],
    [
      'yields strange things',
      () =>
        counting({
          async *read() {
            yield 7 as never;
          },
        }),
      /alone: it yields 7/,
    ],
    [
      'has no position',
      () =>
        counting({
          async *read() {
            for (let i = 0; i < 30; i += 1) yield { update: { id: `t${i}` } };
          },
        }),
      /has its slot at seq: update 1 has none/,
    ],
    [
      'goes back',
      () =>
        counting({
          async *read() {
            for (let i = 30; i > 0; i -= 1) yield { update: { seq: i } };
          },
        }),
      /does not fall: 29 comes after 30/,
    ],
    [
      'ignores where to go on',
      () =>
        counting({
          async *read({ resume }) {
            for (let i = resume === undefined ? 1 : 40; i < 90; i += 1) yield { update: { seq: i } };
          },
        }),
      /goes on from a slot, leaving out nothing: asked for 11, it began at 40/,
    ],
    [
      'leaves out the slot itself',
      () =>
        counting({
          async *read({ resume }) {
            for (let i = Number(resume ?? 0) + 1; i < 90; i += 1) yield { update: { seq: i } };
          },
        }),
      /a slot is sent whole again/,
    ],
    [
      'says a wrong window',
      () => counting({ replayWindow: async () => ({ earliest: '0', latest: '0' }) }),
      /replay window holds what it has sent: it ends at 0, and 1 was sent/,
    ],
    [
      'throws',
      () =>
        counting({
          // biome-ignore lint/correctness/useYield: it breaks before its first message.
          async *read() {
            throw new Error('boom');
          },
        }),
      /it throws: boom/,
    ],
    ['has a health that is no text', () => counting({ health: async () => 7 as never }), /health\(\) is no text/],
  ];
  it.each(broken)('find a feed that %s', async (_what, open, message) => {
    await expect(testFeed({ open, position, timeoutMs: 500 })).rejects.toThrow(message);
  });

  it('find a feed that can be read once only', async () => {
    let reads = 0;
    const open = () =>
      counting({
        async *read(from) {
          reads += 1;
          if (reads <= 2) yield* counting().read(from);
        },
      });
    await expect(testFeed({ open, position, timeoutMs: 500 })).rejects.toThrow(/can be read again: it sent nothing/);
    onTestFinished(() => expect(reads).toBe(3));
  });
});
