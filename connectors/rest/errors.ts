import { ConnectError } from '../../core/errors.ts';
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
export function replyError(reply: HttpReply<unknown>, asked: Asked, scrub: Scrub): ConnectError | undefined {
  if (reply.status >= 200 && reply.status < 300) return undefined;
  const told = messageOf(reply.body);
  const reason = told === undefined ? `HTTP ${reply.status}` : scrub(told);
  const message = `${asked.label} could not ${asked.what}: ${reason}`;
  const details = { status: reply.status };
  if (reply.status === 401 || reply.status === 403) {
    return new ConnectError('REFUSED', message, {
      details,
      hint: 'check connect.username and connect.password of the environment',
    });
  }
  if (told === undefined && reply.status < 500) {
    return new ConnectError('REFUSED', message, {
      details,
      hint: 'what answers there is no Kafka Connect REST API; check connect.url of the environment',
    });
  }
  if (reply.status === 404) return new ConnectError('NOT_FOUND', message, { details });
  const notYet =
    [408, 409, 429, 502, 503, 504].includes(reply.status) || NOT_YET.some((pattern) => pattern.test(reason));
  if (notYet) {
    return new ConnectError('NOT_READY', message, {
      details,
      hint: 'the cluster is rebalancing or starting; try again in a moment',
    });
  }
  return new ConnectError('REFUSED', message, { details, ...hintFor(reason) });
}

function messageOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
  return typeof body.message === 'string' ? body.message : undefined;
}

function hintFor(reason: string): { hint?: string } {
  if (/Failed to find any class/i.test(reason)) {
    return { hint: 'the plugin is not on the worker; check its plugin.path and `GET /connector-plugins`' };
  }
  if (/STOPPED state|must be stopped/i.test(reason)) return { hint: 'stop the connector first' };
  return {};
}
