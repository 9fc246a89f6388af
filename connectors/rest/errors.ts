import { ConnectError, type ErrorCode } from '../../core/errors.ts';
import type { HttpReply } from '../../core/http.ts';
import type { Scrub } from '../../core/scrub.ts';

/** What was asked, for messages: "deploy positions-sink". */
export interface Asked {
  readonly label: string;
  readonly what: string;
}

// Answers of a worker that is between two states; the same call works a little later.
const NOT_YET = [
  /rebalance/i,
  /two hops/i,
  /not the leader|leader.*(unknown|changed)|no leader/i,
  /request timed out/i,
  /still starting up|has not (yet )?(joined|finished)/i,
  /(herder|worker) is (still )?(starting|initializ|stopping|shutting)/i,
  /IO Error trying to forward REST request/i,
];

/** The one place where an answer of a Connect worker becomes a typed error; undefined for an answer that is none. */
export function replyError({ status, body }: HttpReply<unknown>, asked: Asked, scrub: Scrub): ConnectError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const message = messageOf(body);
  const [code, hint] = judge(status, message);
  const reason = message === undefined ? `HTTP ${status}` : scrub(message);
  return new ConnectError(code, `${asked.label} could not ${asked.what}: ${reason}`, { details: { status }, hint });
}

/** The kind of error, and what to do about it. */
function judge(status: number, message: string | undefined): readonly [code: ErrorCode, hint?: string] {
  if (message === undefined && status < 500) {
    return ['REFUSED', 'what answers there is no Kafka Connect REST API; check connect.url of the environment'];
  }
  const reason = message ?? '';
  if (status === 404) return ['NOT_FOUND'];
  if ([408, 409, 429, 502, 503, 504].includes(status) || NOT_YET.some((pattern) => pattern.test(reason))) {
    return ['NOT_READY', 'the cluster is rebalancing or starting; try again in a moment'];
  }
  if (/Failed to find any class/i.test(reason)) {
    return ['REFUSED', 'the plugin is not on the worker; check its plugin.path and `GET /connector-plugins`'];
  }
  return /STOPPED state|must be stopped/i.test(reason) ? ['REFUSED', 'stop the connector first'] : ['REFUSED'];
}

function messageOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
  return typeof body.message === 'string' ? body.message : undefined;
}
