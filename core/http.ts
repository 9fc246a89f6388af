import { Agent, type AgentOptions } from 'node:https';
import axios, { type AxiosInstance, type AxiosResponse, isAxiosError } from 'axios';
import { ProxyAgent, type ProxyAgentOptions } from 'proxy-agent';
import { ConnectError } from './errors.ts';
import { accessRefusal, type HttpLogin, loginHeaders } from './http-login.ts';
import { isLoopback } from './loopback.ts';
import { readTls, type TlsFiles, tlsFailure } from './tls.ts';

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
  readonly auth?: HttpLogin | undefined;
  readonly tls?: TlsFiles | undefined;
  /** The block of connect.yaml that this service is described in, for remedies. */
  readonly settings?: string;
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

/** Agents for http and https that honour the proxy variables; not those for a loopback address. */
export function proxyAgents(
  url: string | undefined,
  options?: ProxyAgentOptions,
): { httpAgent?: ProxyAgent; httpsAgent?: Agent | ProxyAgent } {
  if (url !== undefined && isLoopback(url))
    return options === undefined ? {} : { httpsAgent: new Agent(options as AgentOptions) };
  const agent = new ProxyAgent(options);
  return { httpAgent: agent, httpsAgent: agent };
}

/** No service of the pipeline says as much at once. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * A client for one service. Errors: UNREACHABLE when nothing answers, TIMEOUT when it is too slow, USAGE for a file of TLS that cannot be
 * read, REFUSED for a login or a certificate that one side does not accept, for a huge answer, for one that sends on, and for a success that
 * is no JSON: both come of a login page in front of the service, and nothing has been done there.
 */
export function createHttp(options: HttpOptions) {
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const timeoutMs = options.timeoutMs ?? 30_000;
  const { settings = 'its settings', tls } = options;
  let client: AxiosInstance | undefined;
  return {
    baseUrl,
    async request<T>(
      method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
      path: string,
      body?: unknown,
    ): Promise<HttpReply<T>> {
      client ??= createAxios(baseUrl, timeoutMs, tls && readTls(tls, `${settings}.tls`));
      try {
        const reply = await client.request<string>({
          method,
          url: path,
          headers: { Accept: 'application/json', ...loginHeaders(options.auth), ...options.headers },
          validateStatus: () => true,
          maxContentLength: MAX_ANSWER_BYTES,
          maxRedirects: 0,
          responseType: 'text',
          transformResponse: (text: unknown) => text,
          // axios' own timeout begins anew with each byte.
          signal: AbortSignal.timeout(timeoutMs),
          data: body,
        });
        const { date } = reply.headers;
        const content = contentOf(reply, options, baseUrl) as T;
        return { status: reply.status, body: content, date: typeof date === 'string' ? new Date(date) : undefined };
      } catch (error) {
        if (error instanceof ConnectError) throw error;
        throw unanswered(error, options, baseUrl, timeoutMs);
      }
    },
  };
}

/** What an answer holds: JSON, or the text of a refusal that has none. An empty one may be a success. */
function contentOf({ status, data, headers }: AxiosResponse<string>, options: HttpOptions, baseUrl: string): unknown {
  const where = `${options.what} at ${new URL(baseUrl).host}`;
  const details = { address: new URL(baseUrl).host, status };
  if (status >= 300 && status < 400) {
    const target = originOf(headers.location, baseUrl);
    throw new ConnectError('REFUSED', `${where} answered ${status} and sends on${target}, which is not followed`, {
      details,
      hint: 'write the address that answers itself into connect.yaml; where a login page stands in front, ask for a way past it',
    });
  }
  const json = parsed(data);
  const challenge = String(headers['www-authenticate'] ?? '');
  const refusal = accessRefusal({ status, challenge, body: json }, { ...options, where });
  if (refusal !== undefined) throw refusal;
  const isSuccess = status >= 200 && status < 300;
  if (!isSuccess || data === '' || (json !== undefined && /\bjson\b/.test(String(headers['content-type'])))) {
    return json === undefined ? data : json;
  }
  throw new ConnectError('REFUSED', `${where} answered ${status} with something that is no JSON`, {
    details,
    hint: 'a login page or another program answers there; check the address in connect.yaml',
  });
}

/** Where an answer sends on to, without what may be secret of it. */
const originOf = (location: unknown, baseUrl: string): string =>
  typeof location === 'string' && URL.canParse(location, baseUrl) ? ` to ${new URL(location, baseUrl).origin}` : '';

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unanswered(error: unknown, options: HttpOptions, baseUrl: string, timeoutMs: number): ConnectError {
  const address = new URL(baseUrl).host;
  const where = `${options.what} at ${address}`;
  const { hint = 'check the address in connect.yaml and that the service runs' } = options;
  const context = { hint, details: { address } };
  // The cause is reduced to its message: an axios error carries the request with its credentials.
  const reason = isAxiosError(error) ? (error.code ?? error.message) : String(error);
  const { settings = 'its settings', tls } = options;
  const failure = tlsFailure(error, { setting: `${settings}.tls`, hasCertificate: tls?.certificate !== undefined });
  if (failure !== undefined) {
    return new ConnectError('REFUSED', `no TLS connection to ${where}: ${failure.says}`, {
      ...context,
      hint: failure.hint,
    });
  }
  if (reason === 'ERR_BAD_RESPONSE') {
    return new ConnectError('REFUSED', `${where} answered with more than 16 MiB`, context);
  }
  if (['ECONNABORTED', 'ETIMEDOUT', 'ERR_CANCELED'].includes(reason)) {
    return new ConnectError('TIMEOUT', `${where} did not answer within ${timeoutMs / 1000} s`, context);
  }
  // Some servers only hang up on a certificate that they do not accept.
  const isHungUp = tls?.certificate !== undefined && ['ECONNRESET', 'EPIPE'].includes(reason);
  const also = isHungUp ? `; it may also refuse ${settings}.tls.certificate` : '';
  return new ConnectError('UNREACHABLE', `${where} is not reachable (${reason})`, {
    ...context,
    hint: `${hint}${also}`,
  });
}
