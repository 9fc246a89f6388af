import axios, { type AxiosInstance, isAxiosError } from 'axios';
import { ProxyAgent, type ProxyAgentOptions } from 'proxy-agent';
import { ConnectError } from './errors.ts';
import { isLoopback } from './loopback.ts';

export { isAxiosError };

/** A JSON-over-HTTP client of one service. Throws ConnectError only. */
export type Http = ReturnType<typeof createHttp>;

/** Any answer at all, also 4xx and 5xx: what they mean is for the caller to say. */
export interface HttpReply<T> {
  readonly status: number;
  readonly body: T;
  /** When the service says it answered; undefined when it does not say. To the second. */
  readonly date?: Date | undefined;
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
export const createAxios = (baseUrl: string, timeoutMs: number, options?: ProxyAgentOptions): AxiosInstance =>
  axios.create({ baseURL: baseUrl, timeout: timeoutMs, proxy: false, ...proxyAgents(baseUrl, options) });

/** An agent for http and https that honours the proxy variables; none for a loopback address. */
export function proxyAgents(
  url: string | undefined,
  options?: ProxyAgentOptions,
): { httpAgent?: ProxyAgent; httpsAgent?: ProxyAgent } {
  if (url !== undefined && isLoopback(url)) return {};
  const agent = new ProxyAgent(options);
  return { httpAgent: agent, httpsAgent: agent };
}

/** No service of the pipeline says as much at once. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** A client for one service. Errors: UNREACHABLE when nothing answers, TIMEOUT when it is too slow, REFUSED for a huge answer. */
export function createHttp(options: HttpOptions) {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const timeoutMs = options.timeoutMs ?? 30_000;
  const client = createAxios(baseUrl, timeoutMs);
  const { username, password = '' } = options;
  return {
    baseUrl,
    async request<T>(
      method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
      path: string,
      body?: unknown,
    ): Promise<HttpReply<T>> {
      try {
        const reply = await client.request<T>({
          method,
          url: path,
          headers: { Accept: 'application/json', ...options.headers },
          validateStatus: () => true,
          maxContentLength: MAX_ANSWER_BYTES,
          // axios' own timeout begins anew with each byte.
          signal: AbortSignal.timeout(timeoutMs),
          data: body,
          ...(username === undefined ? {} : { auth: { username, password } }),
        });
        const { date } = reply.headers;
        return { status: reply.status, body: reply.data, date: typeof date === 'string' ? new Date(date) : undefined };
      } catch (error) {
        throw unanswered(error, options, baseUrl, timeoutMs);
      }
    },
  };
}

function unanswered(error: unknown, options: HttpOptions, baseUrl: string, timeoutMs: number): ConnectError {
  const address = new URL(baseUrl).host;
  const where = `${options.what} at ${address}`;
  const { hint = 'check the address in connect.yaml and that the service runs' } = options;
  const context = { hint, details: { address } };
  // The cause is reduced to its message: an axios error carries the request with its credentials.
  const reason = isAxiosError(error) ? (error.code ?? error.message) : String(error);
  if (reason === 'ERR_BAD_RESPONSE') {
    return new ConnectError('REFUSED', `${where} answered with more than 16 MiB`, context);
  }
  if (['ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED'].includes(reason)) {
    return new ConnectError('TIMEOUT', `${where} did not answer within ${timeoutMs / 1000} s`, context);
  }
  return new ConnectError('UNREACHABLE', `${where} is not reachable (${reason})`, context);
}
