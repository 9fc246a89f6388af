import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SubscribeOptions } from '../../../../producer/feed/client.ts';
import type { FeedEvent } from '../../../../producer/feed/event.ts';
import { readFeed } from '../../../../producer/feed/session.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SILENCE_MS = 1_000;

/** A session on a feed that says what the test lets it say. */
function openSession(onEvent: (event: FeedEvent) => Promise<void> | undefined = () => undefined) {
  let subscription: SubscribeOptions | undefined;
  let end = () => {};
  const stop = new AbortController();
  let firsts = 0;
  const ended = readFeed({
    feed: {
      address: 'feed:443',
      subscribe: (options) => {
        subscription = options;
        return new Promise((resolve) => {
          end = resolve;
          options.signal.addEventListener('abort', () => resolve());
        });
      },
    },
    fromSlot: 1n,
    commitment: 'confirmed',
    signal: stop.signal,
    silenceMs: SILENCE_MS,
    onFirstEvent: () => {
      firsts += 1;
    },
    onEvent,
  });
  let state = 'reading';
  ended.then(
    (outcome) => {
      state = outcome;
    },
    (error: { code: string }) => {
      state = error.code;
    },
  );
  return {
    ended,
    stop,
    state: () => state,
    say: (event: FeedEvent) => subscription?.onEvent(event),
    end: () => end(),
    firsts: () => firsts,
  };
}

const slot = (number: bigint): FeedEvent => ({ kind: 'slot', slot: number, status: undefined, bankId: undefined });
const update: FeedEvent = { kind: 'update', bytes: Buffer.alloc(0), update: {} };

/** Says the same thing every 100 ms for three times the tolerated silence. */
async function repeat(session: ReturnType<typeof openSession>, event: FeedEvent): Promise<void> {
  for (let times = 0; times < 30; times += 1) {
    session.say(event);
    await vi.advanceTimersByTimeAsync(SILENCE_MS / 10);
  }
}

describe('one subscription', () => {
  it('ends with the feed, or is stopped by the signal', async () => {
    const session = openSession();
    session.end();
    expect(await session.ended).toBe('ended');
    const stopped = openSession();
    stopped.stop.abort();
    expect(await stopped.ended).toBe('stopped');
  });

  it('reports its first event once', () => {
    const session = openSession();
    expect(session.firsts()).toBe(0);
    session.say({ kind: 'ping' });
    session.say(update);
    expect(session.firsts()).toBe(1);
  });

  it('goes on as long as updates or new slots come', async () => {
    const session = openSession();
    await repeat(session, update);
    for (let number = 1n; number < 30n; number += 1n) {
      session.say(slot(number));
      await vi.advanceTimersByTimeAsync(SILENCE_MS / 10);
    }
    expect(session.state()).toBe('reading');
  });

  it.each([
    ['nothing but pings comes', { kind: 'ping' } as const],
    ['its slot stands still', slot(200n)],
  ])('is left when %s', async (_what, event) => {
    const session = openSession();
    await repeat(session, event);
    await expect(session.ended).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'feed at feed:443 sent no update and no new slot for 1 s',
    });
  });

  it('is not silent while its own reader makes it wait', async () => {
    let makeRoom = () => {};
    const session = openSession(
      () =>
        new Promise<void>((resolve) => {
          makeRoom = resolve;
        }),
    );
    void session.say(update);
    await vi.advanceTimersByTimeAsync(10 * SILENCE_MS);
    expect(session.state()).toBe('reading');
    makeRoom();
    await vi.advanceTimersByTimeAsync(SILENCE_MS / 2);
    expect(session.state()).toBe('reading');
    await vi.advanceTimersByTimeAsync(SILENCE_MS);
    expect(session.state()).toBe('TIMEOUT');
  });
});
