import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import type { SubscribeOptions } from '../feed/client.ts';
import type { FeedEvent } from '../feed/event.ts';
import type { AdapterService } from './adapter-service.ts';
import type { Feed, FeedMessage, FeedRead, Update } from './feed.ts';
import { failure } from './open-adapter.ts';

interface ReadAdapterOptions extends Pick<SubscribeOptions, 'signal' | 'onEvent'> {
  readonly feed: Feed;
  readonly service: AdapterService;
  readonly resume: string | undefined;
}

/** A module that does not end its iteration is left alone after so long. */
const END_MS = 10_000;

/** Reads a module's feed once, until it ends or the signal. Errors: what the module throws, as `failure` makes it; those of `onEvent`. */
export async function readAdapter({ feed, service, resume, signal, onEvent }: ReadAdapterOptions): Promise<void> {
  const iterator = iterate(feed, service.name, { resume, signal });
  // One promise for each message, and none that outlives it: a race against one signal would keep them all.
  let wake = () => {};
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort);
  const next = () =>
    new Promise<IteratorResult<FeedMessage> | undefined>((resolve, reject) => {
      wake = () => resolve(undefined);
      iterator.next().then(resolve, (error: unknown) => reject(failure(service.name, error)));
    });
  try {
    while (!signal.aborted) {
      const result = await next();
      if (result === undefined || result.done === true) return;
      const room = onEvent(eventOf(result.value, service));
      if (room !== undefined) await room;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    const ended = Promise.resolve(iterator.return?.()).catch(() => {});
    await Promise.race([ended, sleep(END_MS, undefined, { ref: false })]);
  }
}

/** Errors: REFUSED for a `read` that returns nothing to iterate over; what it throws, as `failure` makes it. */
function iterate(feed: Feed, module: string, from: FeedRead): AsyncIterator<FeedMessage> {
  let messages: Partial<AsyncIterable<FeedMessage>>;
  try {
    messages = feed.read(from);
  } catch (error) {
    throw failure(module, error);
  }
  const iterator = messages?.[Symbol.asyncIterator]?.();
  if (iterator !== undefined) return iterator;
  throw new ConnectError('REFUSED', `read of ${module} returns no async iterable`, {
    hint: 'write it as `async function* read(…)`; docs/adapters.md shows one',
  });
}

/** The updates of a message; undefined for what is no message. */
export function updatesOf(message: FeedMessage): readonly Update[] | undefined {
  const { update, updates, alive } = (message ?? {}) as Partial<Record<'update' | 'updates' | 'alive', unknown>>;
  if (isUpdate(update)) return [update];
  if (Array.isArray(updates) && updates.every(isUpdate)) return updates;
  return alive === true ? [] : undefined;
}

const isUpdate = (one: unknown): one is Update => typeof one === 'object' && one !== null && !Array.isArray(one);

/** Errors: REFUSED for what is no message. */
function eventOf(message: FeedMessage, { name, toSent }: AdapterService): FeedEvent {
  const updates = updatesOf(message);
  if (updates !== undefined) return { kind: 'updates', updates: updates.map(toSent) };
  throw new ConnectError('REFUSED', `${name} yields what is no message of a feed: ${typeof message}`, {
    hint: 'yield { update }, { updates } or { alive: true }; docs/adapters.md describes them',
  });
}
