import { describe, expect, it } from 'vitest';
import type { Feed } from '../../../../producer/adapter/feed.ts';
import { readAdapter } from '../../../../producer/adapter/read-adapter.ts';
import type { FeedEvent } from '../../../../producer/feed/event.ts';
import { counting, lineService as service } from '../../../support/counting-feed.ts';

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
