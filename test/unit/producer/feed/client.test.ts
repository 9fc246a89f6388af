import { createServer } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { ConnectError } from '../../../../core/errors.ts';
import { type FeedClient, openFeed, type SubscribeOptions } from '../../../../producer/feed/client.ts';
import type { FeedEvent } from '../../../../producer/feed/event.ts';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import { eventually } from '../../../support/eventually.ts';
import {
  feedMessage,
  positionIncludes,
  positionProto,
  positionService,
  positionUpdate,
} from '../../../support/position-feed.ts';
import { type ScriptedCall, type ScriptedFeed, startScriptedFeed } from '../../../support/scripted-feed.ts';

const service = loadFeedService(positionProto, positionIncludes, positionService);
const toClose: { close(): void }[] = [];
afterEach(() => {
  for (const each of toClose.splice(0)) each.close();
});

async function feedThat(
  play: (call: ScriptedCall, index: number) => void | Promise<void>,
  options: Partial<Parameters<typeof openFeed>[0]> = {},
): Promise<{ server: ScriptedFeed; feed: FeedClient }> {
  const server = await startScriptedFeed({ play, window: () => ({ earliest: 5n, latest: 2n ** 63n }) });
  const feed = openFeed({ address: server.address, tls: false, service, ...options });
  toClose.push(feed, server);
  return { server, feed };
}

const never = new AbortController().signal;

/** Subscribes from slot 7 and notes the events; `onEvent` may make the feed wait. */
async function read(
  feed: FeedClient,
  { commitment = 'confirmed', signal = never, onEvent }: Partial<SubscribeOptions> = {},
): Promise<{ kinds: string[]; error?: unknown }> {
  const kinds: string[] = [];
  const take = (event: FeedEvent) => {
    kinds.push(event.kind);
    return onEvent?.(event);
  };
  try {
    await feed.subscribe({ fromSlot: 7n, commitment, signal, onEvent: take });
    return { kinds };
  } catch (error) {
    return { kinds, error };
  }
}

describe('a feed client', () => {
  it('asks for slot and commitment, with its token, and reads every kind of message until the end', async () => {
    const { server, feed } = await feedThat(
      (call) => {
        call.send(feedMessage({ update: positionUpdate() }));
        call.slot(8n);
        call.ping();
        call.send(Buffer.from('ffffffff', 'hex'));
        call.send(feedMessage({ update: positionUpdate() }));
        call.end();
      },
      { token: 'let-me-in' },
    );
    const { kinds, error } = await read(feed, { commitment: 'finalized' });
    expect(error).toBeUndefined();
    expect(kinds).toEqual(['update', 'slot', 'ping', 'undecodable', 'update']);
    expect(server.calls[0]).toMatchObject({
      fromSlot: 7n,
      commitment: 'COMMITMENT_FINALIZED',
      token: 'Bearer let-me-in',
    });
  });

  it('reads the replay window over 64 bits', async () => {
    const { feed } = await feedThat(() => {});
    expect(await feed.replayInfo()).toEqual({ earliest: 5n, latest: 2n ** 63n });
  });

  it.each([
    [status.OUT_OF_RANGE, 'UNSAFE', 'from slot 7: window is 100 to 200'],
    [status.UNAUTHENTICATED, 'REFUSED', 'asks for a token'],
    [status.PERMISSION_DENIED, 'REFUSED', 'does not permit'],
    [status.UNIMPLEMENTED, 'REFUSED', 'does not serve'],
    [status.INVALID_ARGUMENT, 'REFUSED', 'refused the request'],
    [status.UNAVAILABLE, 'UNREACHABLE', 'is not reachable'],
    [status.INTERNAL, 'UNREACHABLE', 'broke off (INTERNAL'],
    [status.DATA_LOSS, 'UNREACHABLE', 'broke off (DATA_LOSS'],
    [status.RESOURCE_EXHAUSTED, 'UNREACHABLE', 'broke off (RESOURCE_EXHAUSTED'],
  ])('tells status %i as %s, after what came before it', async (code, expected, words) => {
    const { server, feed } = await feedThat(async (call) => {
      call.slot(8n);
      await call.drained();
      call.fail(code, 'window is 100 to 200');
    });
    const { error } = await read(feed);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ code: expected });
    expect((error as Error).message).toContain(words);
    expect((error as Error).message).toContain(server.address);
  });

  it('names the address that does not answer', async () => {
    const free = createServer();
    const port = await new Promise<number>((resolve) =>
      free.listen(0, '127.0.0.1', () => resolve((free.address() as { port: number }).port)),
    );
    await new Promise((resolve) => free.close(resolve));
    const feed = openFeed({ address: `127.0.0.1:${port}`, tls: false, service });
    toClose.push(feed);
    await expect(feed.replayInfo()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${port} is not reachable`),
      hint: expect.stringContaining('feed.address'),
    });
  });

  it('never shows its token', async () => {
    const { feed } = await feedThat((call) => call.fail(status.UNAUTHENTICATED, 'who?'), { token: 'let-me-in' });
    const { error } = await read(feed);
    expect(JSON.stringify(error) + (error as Error).stack).not.toContain('let-me-in');
    expect((error as Error).cause).toBeUndefined();
  });

  it('never shows a value of its metadata that cannot be sent', () => {
    const open = () => openFeed({ address: '127.0.0.1:1', tls: false, service, metadata: { 'x-key': 'let-me\nin' } });
    expect(open).toThrow(/^the value of feed\.metadata x-key cannot be sent/);
  });

  it('ends quietly when it is told to stop, and leaves the server', async () => {
    const stop = new AbortController();
    const { server, feed } = await feedThat((call) => void call.slot(8n));
    const { kinds, error } = await read(feed, { signal: stop.signal, onEvent: () => void stop.abort() });
    expect(error).toBeUndefined();
    expect(kinds).toEqual(['slot']);
    await eventually(() => expect(server.calls[0]?.gone.aborted).toBe(true), { timeoutMs: 5_000 });
  });

  it('leaves the server when its reader fails, and fails in the same way', async () => {
    const failures = [
      () => Promise.reject(new Error('no room')),
      () => {
        throw new Error('no record');
      },
    ];
    for (const onEvent of failures) {
      const { server, feed } = await feedThat((call) => {
        call.slot(8n);
        call.slot(9n);
      });
      const { kinds, error } = await read(feed, { onEvent });
      expect((error as Error).message).toMatch(/^no r/);
      expect(kinds).toEqual(['slot']);
      await eventually(() => expect(server.calls[0]?.gone.aborted).toBe(true), { timeoutMs: 5_000 });
    }
  });

  it('does not read on while its reader has no room', async () => {
    let sent = 0;
    const message = feedMessage({ update: positionUpdate() });
    const total = 20_000;
    const { feed } = await feedThat(async (call) => {
      while (sent < total && !call.gone.aborted) {
        sent += 1;
        if (!call.send(message)) await call.drained();
      }
      call.end();
    });
    let makeRoom = () => {};
    const room = new Promise<void>((resolve) => {
      makeRoom = resolve;
    });
    let taken = 0;
    const reading = read(feed, {
      onEvent: () => {
        taken += 1;
        return taken === 1 ? room : undefined;
      },
    });
    let before = -1;
    await eventually(
      () => {
        const moved = sent !== before || taken === 0;
        before = sent;
        expect(moved).toBe(false);
      },
      { timeoutMs: 5_000 },
    );
    expect(taken).toBe(1);
    // What is under way fills the sockets, far from all of it.
    expect(sent).toBeLessThan(total / 2);
    makeRoom();
    expect((await reading).kinds).toHaveLength(total);
  });

  it('refuses a message beyond the size limit instead of holding it', async () => {
    const { feed } = await feedThat((call) => void call.send(Buffer.alloc(5_000_000)));
    const { error } = await read(feed);
    expect(error).toMatchObject({ code: 'REFUSED', retryable: false });
  });
});
