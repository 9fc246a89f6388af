import { readFileSync } from 'node:fs';
import { ServerCredentials } from '@grpc/grpc-js';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { FeedConnection } from '../../../../pipeline/connections.ts';
import { openFeed } from '../../../../producer/feed/client.ts';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import { type Authority, type CertificateFiles, createAuthority } from '../../../support/certificates.ts';
import { positionIncludes, positionProto, positionService } from '../../../support/position-feed.ts';
import { scratchFolderOfFile } from '../../../support/scratch.ts';
import { startScriptedFeed } from '../../../support/scripted-feed.ts';

const service = loadFeedService(positionProto, positionIncludes, positionService);
const folder = scratchFolderOfFile();
let authority: Authority;
let other: Authority;

beforeAll(async () => {
  authority = await createAuthority(folder);
  other = await createAuthority(folder, 'another authority');
});

/** The address of a feed behind TLS; with `clients`, one that asks callers for a certificate of that authority. */
async function serve(server: CertificateFiles, clients?: Authority): Promise<string> {
  const pair = { cert_chain: readFileSync(server.certificate), private_key: readFileSync(server.key) };
  const credentials = ServerCredentials.createSsl(
    clients === undefined ? null : readFileSync(clients.ca),
    [pair],
    clients !== undefined,
  );
  const refuses = (authorization: string | undefined) =>
    clients !== undefined || authorization === 'Bearer good-token'
      ? undefined
      : authorization === 'Bearer old-token'
        ? 'the token expired at noon'
        : 'no';
  const feed = await startScriptedFeed({ play: () => {}, credentials, refuses });
  onTestFinished(() => feed.close());
  return `localhost:${feed.port}`;
}

/** What the feed can replay, or why it does not say. */
async function ask(address: string, connection: Pick<FeedConnection, 'tls' | 'token'>): Promise<string> {
  try {
    const feed = openFeed({ address, service, ...connection });
    onTestFinished(() => feed.close());
    const { latest } = await feed.replayInfo();
    return `slot ${latest}`;
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return `${code} ${message.replace(address, 'HOST')} | ${hint}`;
  }
}

describe('a feed behind TLS', () => {
  it('is read with an authority of its own, by token and by certificate', async () => {
    const server = await authority.issue('localhost');
    expect(await ask(await serve(server), { tls: { ca: authority.ca }, token: 'good-token' })).toBe('slot 1');
    const { certificate, key } = await authority.issue('perps');
    const tls = { ca: authority.ca, certificate, key };
    expect(await ask(await serve(server, authority), { tls })).toBe('slot 1');
  });

  it('has a remedy of its own for each certificate of the server that is not good', async () => {
    const tls = { ca: authority.ca };
    const good = await serve(await authority.issue('localhost'));
    const untrusted = /^REFUSED feed .* at HOST .*nobody who is trusted vouches .* \| .*feed\.tls\.ca/;
    expect(await ask(good, { tls: true })).toMatch(untrusted);
    expect(await ask(good, { tls: { ca: other.ca } })).toMatch(untrusted);
    expect(await ask(await serve(await authority.issue('localhost', { expired: true })), { tls })).toMatch(
      /^REFUSED .*its certificate has expired .* \| renew the certificate of the server/,
    );
    expect(await ask(await serve(await authority.issue('feed.example')), { tls })).toMatch(
      /^REFUSED .*its certificate is for another host name .* \| write the name/,
    );
  });

  it('has one for each certificate of ours', async () => {
    const address = await serve(await authority.issue('localhost'), authority);
    expect(await ask(address, { tls: { ca: authority.ca } })).toMatch(
      /^REFUSED .*it asks for a certificate of ours .* \| .*feed\.tls\.certificate and feed\.tls\.key/,
    );
    const { certificate, key } = await other.issue('perps');
    expect(await ask(address, { tls: { ca: authority.ca, certificate, key } })).toMatch(
      /^(UNREACHABLE .*it may also refuse feed\.tls\.certificate|REFUSED .*it does not accept our certificate)/,
    );
    const mixed = { certificate, key: (await authority.issue('a')).key };
    expect(await ask(address, { tls: { ca: authority.ca, ...mixed } })).toMatch(
      /^REFUSED .*our certificate and key cannot be used .* \| feed\.tls\.certificate and feed\.tls\.key must be/,
    );
    expect(await ask(address, { tls: { ca: `${folder}/absent.pem` } })).toMatch(/^USAGE feed\.tls\.ca .*ENOENT/);
  });

  it('has one for each token', async () => {
    const address = await serve(await authority.issue('localhost'));
    const tls = { ca: authority.ca };
    expect(await ask(address, { tls })).toMatch(/^REFUSED .* asks for a token: no \| name a reference .* feed\.token/);
    expect(await ask(address, { tls, token: 'wrong-token' })).toMatch(
      /^REFUSED .* does not accept the token: no \| check feed\.token/,
    );
    expect(await ask(address, { tls, token: 'old-token' })).toMatch(
      /^REFUSED .* says that the token has expired: .* \| get a new token for feed\.token/,
    );
  });

  it('is thought of where nothing answers without TLS', async () => {
    const address = await serve(await authority.issue('localhost'));
    expect(await ask(address, { tls: false })).toMatch(/^UNREACHABLE .* where it speaks TLS, set feed\.tls: true$/);
  });
});
