import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../../../core/retry.ts';
import { postWebhook, type WebhookAnswer } from '../../../core/webhook.ts';
import { bodyFor, type Notification } from './notification.ts';
import type { Receiver } from './receiver.ts';
import { createWaitingList } from './waiting-list.ts';

/** Times in milliseconds. */
export interface DeliveryOptions {
  readonly clean: (text: string) => string;
  readonly onFailed: (error: string) => void;
  /** Pauses grow from the one to the other. */
  readonly baseMs: number;
  readonly maxMs: number;
  readonly timeoutMs: number;
}

/** A receiver may ask for a longer pause than ours, up to this. */
const LONGEST_PAUSE_MS = 10 * 60_000;

/**
 * Tells one receiver, one notification after the other. Each incident is opened once, updated, and closed once, in this order, also when
 * the receiver is away for a while.
 */
export function createDelivery(receiver: Receiver, options: DeliveryOptions) {
  const told = new Set<string>();
  const list = createWaitingList();
  const [ending, over] = [new AbortController(), new AbortController()];
  let running = Promise.resolve();
  let isRunning = false;
  let lastError = '';

  /** What is told of it, after all that was told before. */
  function due(notification: Notification): Notification | undefined {
    const { event, incident } = notification;
    if (told.has(incident.id)) return event === 'incident.opened' ? undefined : notification;
    return event === 'incident.closed' ? undefined : { ...notification, event: 'incident.opened' };
  }

  /** Sends one notification. How long to wait before it is sent again, or undefined. */
  async function send(notification: Notification, attempt: number): Promise<number | undefined> {
    const { timeoutMs, clean, onFailed } = options;
    const answer = await postWebhook(receiver.url, bodyFor(receiver, notification), { timeoutMs, signal: over.signal });
    const outcome = outcomeOf(answer);
    const error = outcome === 'told' ? '' : explain(answer, outcome, clean);
    // An outage is told once, not with each try.
    if (outcome === 'refused' || (outcome === 'again' && error !== lastError)) onFailed(error);
    lastError = error;
    if (outcome === 'again') {
      const asked = answer.status === undefined ? 0 : (answer.retryAfterMs ?? 0);
      return Math.min(Math.max(asked, backoffMs(attempt, options)), LONGEST_PAUSE_MS);
    }
    if (notification.event === 'incident.closed') told.delete(notification.incident.id);
    else if (outcome === 'told') told.add(notification.incident.id);
    return undefined;
  }

  /** Sends all that waits; once watch ends, until the first that fails. */
  async function run(): Promise<void> {
    isRunning = true;
    let attempt = 1;
    for (let first = list.begin(); first !== undefined; first = list.begin()) {
      const notification = due(first);
      const pauseMs = notification === undefined ? undefined : await send(notification, attempt);
      list.end(pauseMs === undefined);
      attempt = pauseMs === undefined ? 1 : attempt + 1;
      if (pauseMs === undefined) continue;
      if (ending.signal.aborted) break;
      await sleep(pauseMs, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
    }
    isRunning = false;
  }

  return {
    /** The receiver knows these incidents from an earlier watch. */
    know(ids: readonly string[]): void {
      for (const id of ids) told.add(id);
    },
    take(notification: Notification): void {
      if (ending.signal.aborted) return;
      const left = list.add(notification);
      if (left !== undefined) options.onFailed(`too much waits for this receiver; ${left} is over and was not told`);
      if (!isRunning) running = run();
    },
    /** A last try for what waits, no longer than `withinMs`. */
    async close(withinMs: number): Promise<void> {
      ending.abort();
      const timer = setTimeout(() => over.abort(), withinMs);
      await running;
      clearTimeout(timer);
      const keys = list.keys();
      if (keys.length > 0) options.onFailed(`watch ended before this was told: ${keys.join(', ')}`);
    },
  };
}

type Outcome = 'told' | 'refused' | 'again';

function outcomeOf({ status }: WebhookAnswer): Outcome {
  if (status === undefined || status === 408 || status === 425 || status === 429 || status >= 500) return 'again';
  return status >= 200 && status < 300 ? 'told' : 'refused';
}

/** For a line of a log: what it said is scrubbed before it is cut. */
function explain({ status, said }: WebhookAnswer, outcome: Outcome, clean: (text: string) => string): string {
  const words = clean(said).replaceAll(/\s+/g, ' ').trim().slice(0, 200);
  if (status === undefined) return `did not answer (${words}); it is tried again`;
  if (status >= 300 && status < 400) return `answered ${status}, a redirect, which is not followed; it was not told`;
  const answer = words === '' ? `answered ${status}` : `answered ${status}: ${words}`;
  return outcome === 'again' ? `${answer}; it is tried again` : `${answer}; it was not told`;
}
