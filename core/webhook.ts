import type { Readable } from 'node:stream';
import { anySignal } from './abort.ts';
import { createAxios, isAxiosError } from './http.ts';

/** What a receiver of webhooks answered. Holds nothing of its address. */
export type WebhookAnswer =
  | {
      readonly status: number;
      /** The beginning of what it said. */
      readonly said: string;
      /** How long it asks to wait, ms. */
      readonly retryAfterMs: number | undefined;
    }
  /** It did not answer: `ECONNREFUSED`, or `no answer within 10 s`. */
  | { readonly status: undefined; readonly said: string };

export interface WebhookOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Longer answers say no more than their beginning does. */
const READ_BYTES = 2048;

/**
 * Posts JSON to an address that is a secret itself: it stands in no answer and in no error. Follows no redirect, and reads the
 * beginning of an answer only.
 */
export async function postWebhook(url: string, body: unknown, options: WebhookOptions): Promise<WebhookAnswer> {
  const { timeoutMs, signal, headers } = options;
  const time = AbortSignal.timeout(timeoutMs);
  try {
    const reply = await createAxios(url, timeoutMs).request<Readable>({
      method: 'POST',
      data: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...headers },
      maxRedirects: 0,
      responseType: 'stream',
      validateStatus: () => true,
      signal: anySignal([time, signal]),
    });
    const said = await beginningOf(reply.data);
    return { status: reply.status, said, retryAfterMs: pauseAskedFor(reply.headers['retry-after']) };
  } catch (error) {
    const reason = isAxiosError(error) ? (error.code ?? 'no connection') : 'no connection';
    const isLate = time.aborted || ['ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED'].includes(reason);
    return { status: undefined, said: isLate ? `no answer within ${timeoutMs / 1000} s` : reason };
  }
}

/** A receiver that stops in the middle has answered all the same. */
async function beginningOf(answer: Readable): Promise<string> {
  let text = '';
  try {
    for await (const chunk of answer.setEncoding('utf8')) {
      text += String(chunk);
      if (text.length >= READ_BYTES) break;
    }
  } catch {
    // What was said before is enough.
  }
  return text.slice(0, READ_BYTES);
}

/** Retry-After is a number of seconds, or a date. */
function pauseAskedFor(header: unknown): number | undefined {
  if (typeof header !== 'string' || header === '') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
