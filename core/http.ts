import axios, { type AxiosInstance, isAxiosError } from 'axios';
import { ProxyAgent } from 'proxy-agent';
import { ConnectError } from './errors.ts';
import { isLoopback } from './loopback.ts';

/** A JSON-over-HTTP client of one service. Throws ConnectError only. */
export interface Http {
  readonly baseUrl: string;
  request<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<HttpReply<T>>;
}

/** Any answer at all, also 4xx and 5xx: what they mean is for the caller to say. */
export interface HttpReply<T> {
  readonly status: number;
  readonly body: T;
  /** When the service says it answered; undefined when it does not say. To the second. */
  readonly date?: Date;
}

export interface HttpOptions {
  /** What is called, for messages: "schema registry". */
  readonly what: string;
  readonly baseUrl: string;
  readonly timeoutMs?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** What to try when nothing answers. */
  readonly hint?: string;
}

/**
 * An axios instance that honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY by CONNECT tunnels.
 * Loopback addresses never go through a proxy: the local stack lives there.
 */
export function createAxios(baseUrl: string, timeoutMs: number): AxiosInstance {
  return axios.create({ baseURL: baseUrl, timeout: timeoutMs, proxy: false, ...proxyAgents(baseUrl) });
}

/** Agents of node:http and node:https that honour the proxy variables; none for a loopback address. */
export const proxyAgents = (url?: string): { httpAgent?: ProxyAgent; httpsAgent?: ProxyAgent } =>
  url !== undefined && isLoopback(url) ? {} : { httpAgent: new ProxyAgent(), httpsAgent: new ProxyAgent() };

/** No service of the pipeline says as much at once. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** A client for one service. Errors: UNREACHABLE when nothing answers, TIMEOUT when it is too slow, REFUSED for a huge answer. */
export function createHttp(options: HttpOptions): Http {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const timeoutMs = options.timeoutMs ?? 30_000;
  const client = createAxios(baseUrl, timeoutMs);
  const auth =
    options.username === undefined ? {} : { auth: { username: options.username, password: options.password ?? '' } };
  return {
    baseUrl,
    async request<T>(method: string, path: string, body?: unknown): Promise<HttpReply<T>> {
      try {
        const reply = await client.request<T>({
          method,
          url: path,
          headers: { Accept: 'application/json', ...options.headers },
          validateStatus: () => true,
          maxContentLength: MAX_ANSWER_BYTES,
          // axios' own timeout begins anew with each byte.
          signal: AbortSignal.timeout(timeoutMs),
          ...auth,
          ...(body === undefined ? {} : { data: body }),
        });
        const { date } = reply.headers;
        return {
          status: reply.status,
          body: reply.data,
          ...(typeof date === 'string' ? { date: new Date(date) } : {}),
        };
      } catch (error) {
        throw unanswered(error, options, baseUrl, timeoutMs);
      }
    },
  };
}

function unanswered(error: unknown, options: HttpOptions, baseUrl: string, timeoutMs: number): ConnectError {
  const address = new URL(baseUrl).host;
  const hint = options.hint ?? 'check the address in connect.yaml and that the service runs';
  // The cause is reduced to its message: an axios error carries the request with its credentials.
  const reason = isAxiosError(error) ? (error.code ?? error.message) : String(error);
  if (reason === 'ERR_BAD_RESPONSE') {
    return new ConnectError('REFUSED', `${options.what} at ${address} answered with more than 16 MiB`, {
      hint,
      details: { address },
    });
  }
  if (['ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED'].includes(reason)) {
    return new ConnectError('TIMEOUT', `${options.what} at ${address} did not answer within ${timeoutMs / 1000} s`, {
      hint,
      details: { address },
    });
  }
  return new ConnectError('UNREACHABLE', `${options.what} at ${address} is not reachable (${reason})`, {
    hint,
    details: { address },
  });
}
