import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../../core/errors.ts';
import type { SubscribeOptions } from '../client.ts';
import type { FeedEvent, SentMessage } from '../event.ts';
import type { MethodService } from './method-service.ts';
import type { LostTime, MethodPosition } from './position-kind.ts';

/** What the last answer held. It outlives a break: after one, updates are most likely to be missing. */
export interface LastAnswer {
  /** Marks of its updates. */
  seen: ReadonlySet<string>;
  /** ISO, UTC. */
  at: string;
}

export const noAnswer = (): LastAnswer => ({ seen: new Set(), at: new Date().toISOString() });

interface PollOptions extends Pick<SubscribeOptions, 'signal' | 'onEvent'> {
  readonly stream: string;
  readonly service: MethodService;
  readonly kind: 'slot' | 'cursor';
  readonly position: Pick<MethodPosition, 'subscribed'>;
  readonly last: LastAnswer;
  /** Asks once, from the position that has been reached. */
  readonly ask: () => Promise<Buffer>;
  readonly everyMs: number;
  /** End when an answer has nothing new. */
  readonly endWithFeed: boolean;
  readonly acceptGap: boolean;
  readonly onLost: (lost: LostTime) => void;
}

/**
 * Asks a method again and again. An answer begins with what the one before ended with, because it is asked for from the last slot, or behind
 * the last cursor that is complete: what stood in the answer before is not taken twice. Something new is asked for more at once, and otherwise
 * after the interval. Errors: those of `ask`; UNSAFE when an answer repeats nothing, so that updates between the two are missing.
 */
export async function pollMethod(options: PollOptions): Promise<void> {
  const { service, last, everyMs, endWithFeed, signal, onEvent } = options;
  while (!signal.aborted) {
    const event = service.readEvent(await options.ask());
    const updates = partsOf(event);
    const marks = updates.map((update) => markOf(event, update, service));
    const fresh = updates.filter((_, index) => !last.seen.has(marks[index] ?? ''));
    if (last.seen.size > 0 && updates.length > 0 && fresh.length === updates.length) requireOverlap(options);
    last.at = new Date().toISOString();
    if (marks.length > 0) last.seen = new Set(marks);
    const room = onEvent(fresh.length === updates.length ? event : { kind: 'updates', updates: sentOf(fresh) });
    if (room !== undefined) await room;
    if (fresh.length > 0) continue;
    if (endWithFeed) return;
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
}

/** What an answer holds, one by one; bytes that are no message are one thing, too. */
function partsOf(event: FeedEvent): readonly (SentMessage | undefined)[] {
  if (event.kind === 'updates') return event.updates;
  if (event.kind === 'update') return [event.update];
  return event.kind === 'undecodable' ? [undefined] : [];
}

const sentOf = (parts: readonly (SentMessage | undefined)[]): readonly SentMessage[] =>
  parts.filter((part) => part !== undefined);

/** The same bytes are the same update. */
function markOf(event: FeedEvent, update: SentMessage | undefined, { encodeUpdate }: MethodService): string {
  const bytes = update === undefined && event.kind === 'undecodable' ? event.bytes : encodeUpdate(update ?? {});
  return createHash('sha256').update(bytes).digest('base64');
}

/** Errors: UNSAFE, unless the operator allows what is missing to be left out. */
function requireOverlap({ stream, kind, last, position, acceptGap, onLost }: PollOptions): void {
  if (!acceptGap) {
    throw new ConnectError(
      'UNSAFE',
      `an answer to stream ${stream} repeats nothing of the one of ${last.at}: updates between the two may be missing`,
      {
        details: { stream, lastAnswer: last.at },
        hint: 'ask more often with a smaller feed.pollSeconds; read what is missing from another feed, or leave it out with --accept-gap, which records the gap',
      },
    );
  }
  // Of slots the next update tells how many are missing.
  position.subscribed();
  if (kind === 'cursor') onLost({ from: last.at, to: new Date().toISOString() });
}
