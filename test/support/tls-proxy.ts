import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CertificateFiles } from './certificates.ts';
import { passOn } from './pass-on.ts';

/** What a caller must show. `expired` is a token that was valid once; `ca` vouches for clients. */
export type Login =
  | { readonly type: 'none' }
  | { readonly type: 'basic'; readonly username: string; readonly password: string }
  | { readonly type: 'bearer'; readonly token: string; readonly expired?: string }
  | { readonly type: 'mtls'; readonly ca: string };

export interface TlsProxy {
  /** https://localhost:… */
  readonly url: string;
  /** `METHOD path` of every request that was let in. */
  readonly requests: string[];
  close(): void;
}

/** Stands in front of an HTTP service, speaks TLS and lets nobody in without the login. */
export async function startTlsProxy(
  target: string,
  { certificate, key }: Pick<CertificateFiles, 'certificate' | 'key'>,
  login: Login,
): Promise<TlsProxy> {
  const requests: string[] = [];
  const clients = login.type === 'mtls' ? { ca: readFileSync(login.ca), requestCert: true } : {};
  const options = { cert: readFileSync(certificate), key: readFileSync(key), ...clients };
  const server = createServer(options, (incoming, outgoing) => {
    const challenge = refusal(incoming, login);
    if (challenge !== undefined) {
      outgoing.writeHead(401, { 'Content-Type': 'application/json', 'WWW-Authenticate': challenge });
      outgoing.end(JSON.stringify({ error_code: 401, message: 'Unauthorized' }));
      return;
    }
    requests.push(`${incoming.method} ${incoming.url}`);
    passOn(incoming, outgoing, target);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://localhost:${port}`,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What `WWW-Authenticate` says to a caller that is not let in. */
function refusal({ headers: { authorization } }: IncomingMessage, login: Login): string | undefined {
  if (login.type === 'basic') {
    const wanted = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
    return authorization === wanted ? undefined : 'Basic realm="perps"';
  }
  if (login.type === 'bearer') {
    if (authorization === `Bearer ${login.token}`) return undefined;
    const isExpired = login.expired !== undefined && authorization === `Bearer ${login.expired}`;
    return `Bearer realm="perps"${isExpired ? ', error="invalid_token", error_description="The access token expired"' : ''}`;
  }
  return undefined;
}
