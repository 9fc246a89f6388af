import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHttp, type HttpOptions } from '../../../core/http.ts';
import { type Authority, type CertificateFiles, createAuthority } from '../../support/certificates.ts';
import { serveJson } from '../../support/json-server.ts';
import { scratchFolderOfFile } from '../../support/scratch.ts';
import { type Login, startTlsProxy } from '../../support/tls-proxy.ts';

const folder = scratchFolderOfFile();
let authority: Authority;
let other: Authority;
let server: CertificateFiles;

beforeAll(async () => {
  authority = await createAuthority(folder);
  other = await createAuthority(folder, 'another authority');
  server = await authority.issue('localhost');
});

/** A service behind TLS; the login is what it wants. */
async function serve(login: Login, certificate = server): Promise<string> {
  const { url } = await serveJson(() => ({ status: 200, body: { well: true } }));
  const proxy = await startTlsProxy(url, certificate, login);
  onTestFinished(() => proxy.close());
  return proxy.url;
}

const ask = (baseUrl: string, options: Pick<HttpOptions, 'auth' | 'tls'>) =>
  createHttp({ what: 'schema registry', settings: 'registry', baseUrl, ...options }).request('GET', '/subjects');

/** What an error says, without the address. */
const failure = async (url: string, options: Pick<HttpOptions, 'auth' | 'tls'>): Promise<string> =>
  ask(url, options).then(
    () => 'no error',
    ({ code, message, hint }) =>
      `${code} ${String(message).replace(new URL(url).host, 'HOST')} | ${String(hint).replaceAll(folder, '')}`,
  );

const basic = { type: 'basic', username: 'perps', password: 'correct horse' } as const;

describe('an HTTP service behind TLS', () => {
  it('is asked with a login by password, by token and by certificate', async () => {
    const tls = { ca: authority.ca };
    expect(await ask(await serve(basic), { tls, auth: basic })).toMatchObject({ body: { well: true } });
    const token = { type: 'bearer', token: 'a.b.c' } as const;
    expect(await ask(await serve(token), { tls, auth: token })).toMatchObject({ body: { well: true } });
    const ours = await authority.issue('perps');
    const url = await serve({ type: 'mtls', ca: authority.ca });
    expect(await ask(url, { tls: { ...tls, ...ours }, auth: { type: 'mtls' } })).toMatchObject({
      body: { well: true },
    });
  });

  it('is reached through a proxy with the same authority', async () => {
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      const target = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(target).pipe(socket);
      });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const url = (await serve(basic, await authority.issue('registry.example'))).replace(
      'localhost',
      'registry.example',
    );
    expect(await ask(url, { tls: { ca: authority.ca }, auth: basic })).toMatchObject({ body: { well: true } });
    expect(await failure(url, { tls: { ca: other.ca }, auth: basic })).toContain('nobody who is trusted vouches');
    expect(tunnels).toEqual([new URL(url).host, new URL(url).host]);
  });
});

describe('every refusal has its own message and remedy', () => {
  const tls = () => ({ ca: authority.ca });

  it('of its certificate', async () => {
    const url = await serve(basic);
    const untrusted =
      /^REFUSED no TLS connection to schema registry at HOST: nobody who is trusted vouches .*registry\.tls\.ca/;
    expect(await failure(url, { auth: basic })).toMatch(untrusted);
    expect(await failure(url, { auth: basic, tls: { ca: other.ca } })).toMatch(untrusted);
    expect(
      await failure(await serve(basic, await authority.issue('localhost', { expired: true })), { tls: tls() }),
    ).toBe(
      'REFUSED no TLS connection to schema registry at HOST: its certificate has expired or is not valid yet (CERT_HAS_EXPIRED) | renew the certificate of the server, and check the clocks of both machines',
    );
    expect(await failure(await serve(basic, await authority.issue('db.example')), { tls: tls() })).toMatch(
      /its certificate is for another host name \(ERR_TLS_CERT_ALTNAME_INVALID\) \| write the name/,
    );
  });

  it('of our certificate', async () => {
    const url = await serve({ type: 'mtls', ca: authority.ca });
    expect(await failure(url, { tls: tls() })).toMatch(
      /^REFUSED .* it asks for a certificate of ours .*registry\.tls\.certificate and registry\.tls\.key$/,
    );
    expect(await failure(url, { tls: { ...tls(), ...(await other.issue('perps')) } })).toMatch(
      /^(UNREACHABLE .*it may also refuse registry\.tls\.certificate|REFUSED .* it does not accept our certificate)/,
    );
    const mixed = { certificate: (await authority.issue('a')).certificate, key: (await authority.issue('b')).key };
    expect(await failure(url, { tls: { ...tls(), ...mixed } })).toMatch(
      /^REFUSED .* our certificate and key cannot be used/,
    );
    expect(await failure(url, { tls: { ca: `${folder}/absent.pem` } })).toMatch(/^USAGE registry\.tls\.ca .*ENOENT/);
  });

  it('of a login', async () => {
    const byPassword = await serve(basic);
    expect(await failure(byPassword, { tls: tls() })).toBe(
      'REFUSED schema registry at HOST asks for a login: Unauthorized | say by registry.auth how to log in: type basic or bearer',
    );
    expect(await failure(byPassword, { tls: tls(), auth: { ...basic, password: 'wrong' } })).toBe(
      'REFUSED schema registry at HOST does not accept user perps and the password: Unauthorized | check registry.auth.username and registry.auth.password',
    );
    const byToken = await serve({ type: 'bearer', token: 'new', expired: 'old' });
    expect(await failure(byToken, { tls: tls(), auth: { type: 'bearer', token: 'old' } })).toBe(
      'REFUSED schema registry at HOST says that the token is not valid any more ("The access token expired"): Unauthorized | get a new token for registry.auth.token',
    );
    expect(await failure(byToken, { tls: tls(), auth: { type: 'bearer', token: 'none of it' } })).toMatch(
      /does not accept the token: Unauthorized \| check registry\.auth\.token/,
    );
    const forbidding = await serveJson(() => ({ status: 403, body: { error_code: 40301, message: 'User is denied' } }));
    expect(await failure(forbidding.url, { auth: basic })).toBe(
      'REFUSED schema registry at HOST accepts the login and forbids this: User is denied | give user perps the right to do it there',
    );
  });

  it('of TLS where there is none', async () => {
    const { url } = await serveJson(() => ({ status: 200, body: {} }));
    expect(await failure(url.replace('http:', 'https:'), {})).toMatch(
      /it does not speak TLS .*whether TLS is switched on/,
    );
  });
});
