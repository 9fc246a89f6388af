import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Metadata,
  type ServerWritableStream,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ConnectError } from '../../core/errors.ts';
import type { ReplayWindow } from '../feed/resume.ts';
import type { FeedProtocol, SubscribeRequest } from './feed-protocol.ts';
import { createFilter } from './update-filter.ts';
import type { World } from './world.ts';

interface ServedFeedOptions {
  readonly world: World;
  readonly protocol: FeedProtocol;
  /** Ends every subscription with UNAVAILABLE. */
  readonly closing: AbortSignal;
  /** Called each time the last update of a world with an end has gone out. */
  readonly onOver: () => void;
  /** Called when the feed cannot go on, for example because the oracle's disk is full. */
  readonly onFailure: (error: ConnectError) => void;
}

const PING_EVERY_MS = 5_000;

type Subscription = ServerWritableStream<SubscribeRequest, Buffer>;

/** The two calls of a feed service on one world. */
export const createFeedHandlers = (options: ServedFeedOptions): UntypedServiceImplementation => ({
  Subscribe: (call: Subscription) => void subscribe(call, options),
  GetReplayInfo: (_call: unknown, reply: sendUnaryData<ReplayWindow>) => reply(null, options.world.range()),
});

async function subscribe(call: Subscription, options: ServedFeedOptions): Promise<void> {
  const gone = new AbortController();
  const stop = () => gone.abort();
  call.on('cancelled', stop);
  call.on('close', stop);
  options.closing.addEventListener('abort', stop, { once: true });
  if (options.closing.aborted) stop();
  const refusal = refusalOf(call, options);
  if (refusal !== undefined) return fail(call, status.OUT_OF_RANGE, refusal);
  const pings = startPings(call, options);
  try {
    await stream(call, options, gone.signal);
    if (options.closing.aborted) fail(call, status.UNAVAILABLE, 'the simulator is closing');
    else call.end();
  } catch (error) {
    if (gone.signal.aborted) return fail(call, status.UNAVAILABLE, 'the simulator is closing');
    const failure = ConnectError.from(error);
    fail(call, status.INTERNAL, failure.message);
    options.onFailure(failure);
  } finally {
    clearInterval(pings);
    options.closing.removeEventListener('abort', stop);
  }
}

/** Sends what the subscription asks for until the world ends or the client has gone. */
async function stream(call: Subscription, options: ServedFeedOptions, signal: AbortSignal): Promise<void> {
  const { world, protocol } = options;
  const { commitment, filter, fromSlot } = call.request;
  const echo = new Metadata();
  echo.set('commitment', commitment);
  call.sendMetadata(echo);

  const isWanted = createFilter(filter);
  const drained = () => once(call, 'drain', { signal });
  for await (const { slot, updates } of world.slots(fromSlot, signal)) {
    for (const update of updates) {
      const waitMs = world.untilDue(update.seq);
      if (waitMs > 0) await sleep(waitMs, undefined, { signal });
      if (signal.aborted) return;
      if (!world.pass(update, slot)) await world.oracleDrained();
      if (isWanted(update.record) && !call.write(protocol.update(update.record))) await drained();
    }
    if (!call.write(protocol.slot(slot))) await drained();
    if (world.isOver) options.onOver();
  }
}

function refusalOf({ request }: Subscription, { world }: ServedFeedOptions): string | undefined {
  const { fromSlot } = request;
  if (fromSlot === undefined || world.canReplay(fromSlot)) return undefined;
  const { earliest, latest } = world.range();
  return `slot ${fromSlot} is outside the replay window: slots ${earliest} to ${latest} can be replayed`;
}

function startPings(call: Subscription, { protocol }: ServedFeedOptions): NodeJS.Timeout {
  let id = 0;
  const timer = setInterval(() => {
    id += 1;
    // A client that is behind has enough to read; a ping would only grow the queue.
    if (!call.writableNeedDrain && !call.writableEnded) call.write(protocol.ping(id));
  }, PING_EVERY_MS);
  return timer.unref();
}

function fail(call: Subscription, code: status, details: string): void {
  if (!call.writableEnded && !call.destroyed) call.emit('error', { code, details });
}
