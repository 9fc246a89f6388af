import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../../core/log.ts';
import { openFeed } from '../../../../producer/feed/client.ts';
import type { FeedEvent } from '../../../../producer/feed/event.ts';
import { type FollowOptions, followFeed } from '../../../../producer/feed/follow.ts';
import { createFeedPosition } from '../../../../producer/feed/position.ts';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import type { Gap } from '../../../../producer/feed/resume.ts';
import { eventually } from '../../../support/eventually.ts';
import { positionIncludes, positionProto, positionService } from '../../../support/position-feed.ts';
import { type ScriptedCall, startScriptedFeed } from '../../../support/scripted-feed.ts';

const service = loadFeedService(positionProto, positionIncludes, positionService);
const toClose: { close(): void }[] = [];
afterEach(() => {
  for (const each of toClose.splice(0)) each.close();
});

interface Setup {
  readonly play: (call: ScriptedCall, index: number) => void | Promise<void>;
  readonly window?: () => { earliest: bigint; latest: bigint };
  readonly start?: Partial<FollowOptions['start']>;
  readonly options?: Partial<FollowOptions>;
}

/** Follows a scripted feed; slot notices move the position as in a real run. */
async function follow({ play, window, start = {}, options = {} }: Setup) {
  const server = await startScriptedFeed({ play, window: window ?? (() => ({ earliest: 100n, latest: 1_000n })) });
  const feed = openFeed({ address: server.address, tls: false, service });
  toClose.push(feed, server);
  const stop = new AbortController();
  const position = createFeedPosition(start.checkpoint);
  const slots: bigint[] = [];
  const gaps: Gap[] = [];
  const subscriptions: bigint[] = [];
  const ended = followFeed({
    stream: 'positions',
    feed,
    position,
    start: { checkpoint: undefined, fromSlot: undefined, overlapSlots: 10n, acceptGap: false, ...start },
    endWithFeed: false,
    commitment: 'confirmed',
    silenceMs: 30_000,
    connectTimeoutMs: 300,
    signal: stop.signal,
    logger: silentLogger,
    onEvent: (event: FeedEvent) => {
      if (event.kind !== 'slot') return undefined;
      slots.push(event.slot);
      position.noticed(event.slot);
      return undefined;
    },
    onSubscribe: (slot, gap) => {
      subscriptions.push(slot);
      if (gap !== undefined) gaps.push(gap);
    },
    ...options,
  });
  ended.catch(() => {});
  const asked = () => server.calls.map(({ fromSlot }) => fromSlot);
  return { server, stop, ended, slots, gaps, subscriptions, asked };
}

const waitFor = (check: () => void) => eventually(check, { timeoutMs: 10_000 });

describe('following a feed', () => {
  it('starts at the first replayable slot and ends with the feed when asked to', async () => {
    const run = await follow({
      play: (call) => {
        call.slot(200n);
        call.end();
      },
      options: { endWithFeed: true },
    });
    expect(await run.ended).toBe('feed');
    expect(run.asked()).toEqual([100n]);
    expect(run.slots).toEqual([200n]);
  });

  it('connects again a little before where it was, after an end, an error and a cut connection', async () => {
    const run = await follow({
      play: async (call, index) => {
        call.slot(200n + BigInt(index) * 100n);
        await waitFor(() => expect(run.slots).toHaveLength(index + 1));
        if (index === 0) call.end();
        if (index === 1) call.fail(status.INTERNAL, 'restarting');
        if (index === 2) call.cut();
      },
    });
    await waitFor(() => expect(run.asked()).toEqual([100n, 190n, 290n, 390n]));
    run.stop.abort();
    expect(await run.ended).toBe('signal');
    expect(run.subscriptions).toEqual(run.asked());
  });

  it('has a place from the first event on: a window that has left it behind is a gap, not a new start', async () => {
    let earliest = 100n;
    const run = await follow({
      window: () => ({ earliest, latest: 1_000n }),
      play: async (call) => {
        call.ping();
        earliest = 300n;
        await call.drained();
        call.fail(status.UNAVAILABLE, 'restarting');
      },
    });
    await expect(run.ended).rejects.toMatchObject({ code: 'UNSAFE', details: { gap: { from: '100', to: '299' } } });
  });

  it('leaves a stream that is open but silent, pings notwithstanding', async () => {
    const run = await follow({
      options: { silenceMs: 150 },
      play: (call, index) => {
        if (index > 0) return void call.slot(300n);
        call.slot(200n);
        const pings = setInterval(() => call.ping(), 20);
        call.gone.addEventListener('abort', () => clearInterval(pings));
      },
    });
    await waitFor(() => expect(run.slots).toEqual([200n, 300n]));
    expect(run.asked()).toEqual([100n, 190n]);
    expect(run.server.calls[0]?.gone.aborted).toBe(true);
    run.stop.abort();
    await run.ended;
  });

  it('leaves a stream whose slot stands still', async () => {
    const run = await follow({
      options: { silenceMs: 150 },
      play: (call) => {
        const notices = setInterval(() => call.slot(200n), 20);
        call.gone.addEventListener('abort', () => clearInterval(notices));
      },
    });
    await waitFor(() => expect(run.asked().length).toBeGreaterThan(1));
    run.stop.abort();
    await run.ended;
  });

  it('fails closed when the feed no longer has the resume point', async () => {
    const run = await follow({ play: () => {}, start: { checkpoint: 50n } });
    await expect(run.ended).rejects.toMatchObject({
      code: 'UNSAFE',
      message: expect.stringContaining('slots 50 to 99 would be missing'),
      details: { gap: { from: '50', to: '99' } },
    });
    expect(run.asked()).toEqual([]);
  });

  it('goes on past the gap when the operator accepts it, and reports the gap', async () => {
    const run = await follow({
      play: (call) => {
        call.slot(200n);
        call.end();
      },
      start: { checkpoint: 50n, acceptGap: true },
      options: { endWithFeed: true },
    });
    expect(await run.ended).toBe('feed');
    expect(run.asked()).toEqual([100n]);
    expect(run.gaps).toEqual([{ from: 50n, to: 99n }]);
  });

  it('fails closed when the window moves past it while the feed is lost', async () => {
    let earliest = 100n;
    const run = await follow({
      window: () => ({ earliest, latest: 10_000n }),
      play: async (call) => {
        call.slot(200n);
        await waitFor(() => expect(run.slots).toHaveLength(1));
        earliest = 5_000n;
        call.fail(status.UNAVAILABLE, 'gone for an hour');
      },
    });
    await expect(run.ended).rejects.toMatchObject({ code: 'UNSAFE', details: { gap: { from: '200', to: '4999' } } });
  });

  it('asks anew when only the overlap fell out of the window meanwhile', async () => {
    let earliest = 195n;
    const run = await follow({
      window: () => ({ earliest, latest: 10_000n }),
      start: { checkpoint: 202n },
      options: { endWithFeed: true },
      play: (call) => {
        if ((call.fromSlot ?? 0n) < 200n) {
          earliest = 200n;
          call.fail(status.OUT_OF_RANGE, 'the window begins at 200');
        } else call.end();
      },
    });
    expect(await run.ended).toBe('feed');
    expect(run.asked()).toEqual([195n, 200n]);
  });

  it('fails closed when the feed keeps refusing the slot', async () => {
    const run = await follow({ play: (call) => call.fail(status.OUT_OF_RANGE, 'no'), start: { checkpoint: 500n } });
    await expect(run.ended).rejects.toMatchObject({ code: 'UNSAFE' });
  });

  it('reads all of a feed that ends long before the checkpoint', async () => {
    const run = await follow({
      play: (call) => call.end(),
      start: { checkpoint: 1_000_000n },
      options: { endWithFeed: true },
    });
    expect(await run.ended).toBe('feed');
    expect(run.asked()).toEqual([100n]);
    expect(run.gaps).toEqual([]);
  });

  it('does not try again what a repetition will not change', async () => {
    const run = await follow({ play: (call) => call.fail(status.PERMISSION_DENIED, 'no') });
    await expect(run.ended).rejects.toMatchObject({ code: 'REFUSED' });
    expect(run.asked()).toHaveLength(1);
  });

  it('gives up on a feed it has never reached, and not on one it has lost', async () => {
    const never = await follow({ play: (call) => call.fail(status.UNAVAILABLE, 'starting') });
    await expect(never.ended).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const lost = await follow({
      play: (call, index) => {
        if (index === 0) call.slot(200n);
        call.fail(status.UNAVAILABLE, 'starting');
      },
      options: { connectTimeoutMs: 1 },
    });
    await waitFor(() => expect(lost.asked().length).toBeGreaterThan(3));
    lost.stop.abort();
    expect(await lost.ended).toBe('signal');
  });
});
