import type { AxiosInstance } from 'axios';
import { ProxyAgent } from 'proxy-agent';
import { createAxios } from '../core/http.ts';

/** A client of a Maven repository. `close` ends its connections. */
export interface RepositoryClient {
  readonly client: AxiosInstance;
  close(): void;
}

/**
 * The package's usual client, proxies and all, but with connections that are used again: a connection for each of 117
 * files is as many look-ups and handshakes, and took ten times as long.
 */
export function createRepositoryClient(baseUrl: string, maxConnections: number): RepositoryClient {
  const client = createAxios(baseUrl, 30_000);
  // A loopback address has no agent, since it goes through no proxy; nor does it need one.
  if (client.defaults.httpsAgent === undefined) return { client, close() {} };
  const agent = new ProxyAgent({ keepAlive: true, maxSockets: maxConnections });
  client.defaults.httpAgent = agent;
  client.defaults.httpsAgent = agent;
  return { client, close: () => agent.destroy() };
}
