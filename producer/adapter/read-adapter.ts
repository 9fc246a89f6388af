import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import type { SubscribeOptions } from '../feed/client.ts';
import type { FeedEvent } from '../feed/event.ts';
import type { AdapterService } from './adapter-service.ts';
import type { Feed, FeedMessage, Update } from './feed.ts';
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
  const module = service.name;
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const iterator = feed.read({ resume, signal })[Symbol.asyncIterator]();
  try {
    while (!signal.aborted) {
      const next = await Promise.race([iterator.next(), stopped]).catch((error: unknown) => {
        throw failure(module, error);
      });
      if (next === undefined || next.done === true) return;
      const room = onEvent(eventOf(next.value, service));
      if (room !== undefined) await room;
    }
  } finally {
    const ended = Promise.resolve(iterator.return?.()).catch(() => {});
    await Promise.race([ended, sleep(END_MS, undefined, { ref: false })]);
  }
}

/** Errors: REFUSED for what is no message. */
function eventOf(message: FeedMessage, { name, toSent }: AdapterService): FeedEvent {
  const { update, updates, alive } = (message ?? {}) as Partial<Record<'update' | 'updates' | 'alive', unknown>>;
  const isUpdate = (one: unknown): one is Update => typeof one === 'object' && one !== null && !Array.isArray(one);
  if (isUpdate(update)) return { kind: 'updates', updates: [toSent(update)] };
  if (Array.isArray(updates) && updates.every(isUpdate)) return { kind: 'updates', updates: updates.map(toSent) };
  if (alive === true) return { kind: 'updates', updates: [] };
  throw new ConnectError('REFUSED', `${name} yields what is no message of a feed: ${typeof message}`, {
    hint: 'yield { update }, { updates } or { alive: true }; docs/adapters.md describes them',
  });
}
