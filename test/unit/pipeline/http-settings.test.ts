import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { feedConnection, httpConnection, knownSecrets } from '../../../pipeline/connections.ts';
import { loadProject } from '../../../pipeline/load.ts';
import type { RestConnect } from '../../../pipeline/types.ts';
import { complaints, projectFolder } from './project-folder.ts';

/** An environment whose parts are on other machines; every part but those that are given is without a login. */
const remote = (
  registry: string,
  connect = '{ target: rest, url: "http://connect.internal:8083" }',
  worker = 'registryAuth: { type: none }',
  feed = '{ address: "feed.internal:443" }',
) => `default: staging
environments:
  staging:
    kafka: { brokers: ["kafka.internal:9092"] }
    registry: ${registry}
    connect: ${connect}
    database: { host: 127.0.0.1, name: perps, user: app, password: "\${env:DATABASE_PASSWORD}" }
    worker: { databasePassword: "\${env:DATABASE_PASSWORD}", ${worker} }
    feed: ${feed}
secrets: { environment: [P, T, DATABASE_PASSWORD] }
`;

const load = (text: string) => {
  const root = projectFolder({ 'connect.yaml': text });
  const { staging } = loadProject(root, {}).environments;
  if (staging === undefined) throw new Error('no environment');
  return { root, staging };
};
const secrets = (reference: string) => `behind ${reference}`;
const HTTPS = 'https://registry.internal';

describe('registry and connect', () => {
  it('have one block for TLS and one for the login', () => {
    const block = (url: string) =>
      `url: "${url}", tls: { ca: certs/ca.pem, certificate: certs/c.pem, key: certs/c.key }, auth: { type: basic, username: me, password: "\${env:P}" }`;
    const { root, staging } = load(
      remote(`{ ${block(HTTPS)} }`, `{ target: rest, ${block('https://connect.internal')} }`),
    );
    const tls = {
      ca: join(root, 'certs/ca.pem'),
      certificate: join(root, 'certs/c.pem'),
      key: join(root, 'certs/c.key'),
    };
    const auth = { type: 'basic', username: 'me', password: `behind \${env:P}` };
    expect(httpConnection(staging.registry, secrets)).toEqual({ url: HTTPS, tls, auth });
    const connect = httpConnection(staging.connect as RestConnect, secrets);
    expect(connect).toEqual({ url: 'https://connect.internal', tls, auth });
  });

  it('log in by token, by certificate, or by the short form', () => {
    const login = (text: string) =>
      httpConnection(load(remote(`{ url: "${HTTPS}", ${text} }`)).staging.registry, secrets).auth;
    expect(login(`auth: { type: bearer, token: "\${env:T}" }`)).toEqual({ type: 'bearer', token: `behind \${env:T}` });
    expect(login('tls: { certificate: c, key: k }, auth: { type: mtls }')).toEqual({ type: 'mtls' });
    const basic = { type: 'basic', username: 'me', password: `behind \${env:P}` };
    expect(login(`username: me, password: "\${env:P}"`)).toEqual(basic);
    expect(login('auth: { type: none }')).toEqual({ type: 'none' });
  });

  it.each([
    [`{ url: "http://registry.internal:8081", username: me, password: "\${env:P}" }`, '5:22'],
    [`{ url: "http://registry.internal:8081", auth: { type: basic, username: me, password: "\${env:P}" } }`, '5:22'],
  ])('send no password in clear text: %s', (registry, place) => {
    expect(complaints({ 'connect.yaml': remote(registry) })).toEqual([
      `connect.yaml:${place}  the password would travel to registry.internal:8081 in clear text: write https://, or, where nobody else can listen, set registry.insecure: true`,
    ]);
    expect(complaints({ 'connect.yaml': remote(registry.replace('url:', 'insecure: true, url:')) })).toEqual([]);
    expect(complaints({ 'connect.yaml': remote(registry.replace('registry.internal', '127.0.0.1')) })).toEqual([]);
  });

  it('send no token in clear text', () => {
    const connect = `{ target: rest, url: "http://connect.internal:8083", auth: { type: bearer, token: "\${env:T}" } }`;
    expect(complaints({ 'connect.yaml': remote(`{ url: "${HTTPS}" }`, connect) })).toEqual([
      'connect.yaml:6:35  the token would travel to connect.internal:8083 in clear text: write https://, or, where nobody else can listen, set connect.insecure: true',
    ]);
  });

  it.each([
    [
      `{ url: "${HTTPS}", username: me, password: "\${env:P}", auth: { type: none } }`,
      'registry has its login twice: keep "auth", or "username" and "password"',
    ],
    [
      '{ url: "http://127.0.0.1:8081", tls: { ca: ca.pem } }',
      '"tls" is for https: write https:// into registry.url, or remove it',
    ],
    [
      `{ url: "${HTTPS}", auth: { type: mtls } }`,
      'a login by certificate needs one: name it and its key by registry.tls.certificate and registry.tls.key',
    ],
    [
      `{ url: "${HTTPS}", auth: { type: basic, username: me } }`,
      'environments.staging.registry.auth lacks "password" (Reference to the password)',
    ],
    [`{ url: "${HTTPS}", auth: { type: token, token: "\${env:T}" } }`, 'must be one of'],
  ])('are refused: %s', (registry, message) => {
    expect(complaints({ 'connect.yaml': remote(registry) }).join('\n')).toContain(message);
  });
});

describe("the converter's login to the registry", () => {
  const BASIC = `auth: { type: basic, username: me, password: "\${env:P}" }`;
  const ofWorker = (worker: string, registry = `{ url: "${HTTPS}", ${BASIC} }`) => remote(registry, undefined, worker);

  it('is a reference that the worker resolves, and files that the worker has', () => {
    const worker = `registryAuth: { type: basic, username: w, password: "\${vault:a:b}" }, registryTls: { ca: /etc/ca.pem, keystore: /etc/w.p12, keystorePassword: "\${env:ANY}" }`;
    const { registryAuth, registryTls } = load(ofWorker(worker)).staging.worker;
    expect(registryAuth).toEqual({ type: 'basic', username: 'w', password: `\${vault:a:b}` });
    expect(registryTls).toEqual({ ca: '/etc/ca.pem', keystore: '/etc/w.p12', keystorePassword: `\${env:ANY}` });
  });

  it('must be given where ours is, but for the short form', () => {
    const wanted =
      'connect.yaml:8:5  the registry wants a login, and the converter on the worker asks it too: add registryAuth: { type: basic, … } with a reference that the worker resolves, or { type: none } where it needs none';
    expect(complaints({ 'connect.yaml': ofWorker('converter: apicurio') })).toEqual([wanted]);
    const short = `{ url: "${HTTPS}", username: me, password: "\${env:P}" }`;
    expect(complaints({ 'connect.yaml': ofWorker('converter: apicurio', short) })).toEqual([]);
  });

  it('does not travel in clear text', () => {
    const worker = `registryUrl: "http://registry.vpc:8080", registryAuth: { type: bearer, token: "\${env:T}" }`;
    expect(complaints({ 'connect.yaml': ofWorker(worker) })).toEqual([
      'connect.yaml:8:116  the token would travel to registry.vpc:8080 in clear text: write https:// into worker.registryUrl, or, where nobody else can listen, set worker.insecure: true',
    ]);
    expect(complaints({ 'connect.yaml': ofWorker(`insecure: true, ${worker}`) })).toEqual([]);
  });

  it.each([
    ['registryAuth: { type: mtls }', 'name its key store by worker.registryTls.keystore'],
    [
      'registryAuth: { type: none }, registryUrl: "http://127.0.0.1:1", registryTls: { ca: /a }',
      '"registryTls" is for https',
    ],
    [
      'registryAuth: { type: none }, converter: confluent, registryTls: { ca: /a }',
      "Confluent's converter reads no PEM files",
    ],
    [
      `registryAuth: { type: none }, registryTls: { ca: /a, truststore: /b, truststorePassword: "\${env:A}" }`,
      'the converter reads one of the two: "ca" or "truststore"',
    ],
    ['registryAuth: { type: none }, registryTls: { keystore: /b }', 'lacks "keystorePassword"'],
    [`registryAuth: { type: basic, username: "a:b", password: "\${env:A}" }`, 'letters, digits and _ . @ -'],
    ['registryAuth: { type: bearer, token: abc }', 'no secret stands in a file'],
  ])('is refused: %s', (worker, message) => {
    expect(complaints({ 'connect.yaml': ofWorker(worker) }).join('\n')).toContain(message);
  });
});

describe('a feed', () => {
  const withFeed = (feed: string) => remote(`{ url: "${HTTPS}" }`, undefined, undefined, feed);
  const TOKEN = `token: "\${env:T}"`;

  it('is reached by TLS with files of the project', () => {
    const { root, staging } = load(
      withFeed(`{ address: "feed.internal:443", tls: { ca: ca.pem, certificate: c.pem, key: c.key }, ${TOKEN} }`),
    );
    expect(feedConnection(staging, secrets)).toEqual({
      address: 'feed.internal:443',
      tls: { ca: join(root, 'ca.pem'), certificate: join(root, 'c.pem'), key: join(root, 'c.key') },
      token: `behind \${env:T}`,
    });
  });

  it('gets metadata: text as it is, and secrets by reference alone', () => {
    const { staging } = load(
      withFeed(
        `{ address: "feed.internal:443", tls: true, keepaliveSeconds: 300, metadata: { x-client: perps, x-api-key: "\${env:T}" } }`,
      ),
    );
    expect(feedConnection(staging, secrets)).toMatchObject({
      metadata: { 'x-client': 'perps', 'x-api-key': `behind \${env:T}` },
      keepaliveSeconds: 300,
    });
    expect(knownSecrets(staging, secrets)).toContain(`behind \${env:T}`);
  });

  it.each([
    ['metadata: { x-api-key: abc }', 'x-api-key is a secret in plain text'],
    [`metadata: { x-who: "me \${env:T}" }`, 'x-who mixes text with a reference'],
    [`${TOKEN}, metadata: { authorization: "\${env:T}" }`, 'feed.token is sent as authorization already'],
    ['metadata: { grpc-timeout: 1S }', 'neither begins with grpc-'],
    ['metadata: { trace-bin: AA }', 'nor ends in -bin'],
    ['metadata: { X-Client: perps }', 'small letters'],
    ['metadata: { x-client: "ä" }', 'printable ASCII'],
    ['keepaliveSeconds: -1', 'keepaliveSeconds'],
  ])('is refused with %s', (part, says) => {
    const feed = withFeed(`{ address: "feed.internal:443", tls: true, ${part} }`);
    expect(complaints({ 'connect.yaml': feed }).join('\n')).toContain(says);
  });

  it('sends a secret of its metadata in clear text on this machine only', () => {
    const feed = `{ address: "feed.internal:443", metadata: { x-api-key: "\${env:T}" } }`;
    expect(complaints({ 'connect.yaml': withFeed(feed) }).join()).toContain(
      'the metadata x-api-key would travel to feed.internal:443 in clear text',
    );
    expect(complaints({ 'connect.yaml': withFeed(feed.replace('feed.internal', '127.0.0.1')) })).toEqual([]);
  });

  it('gets its token in clear text on this machine only', () => {
    const feed = `{ address: "feed.internal:443", ${TOKEN} }`;
    expect(complaints({ 'connect.yaml': withFeed(feed) })).toEqual([
      'connect.yaml:9:50  the token would travel to feed.internal:443 in clear text: set feed.tls: true, or, where nobody else can listen, set feed.insecure: true',
    ]);
    for (const allowed of [
      feed.replace('443"', '443", tls: true'),
      feed.replace('443"', '443", insecure: true'),
      feed.replace('feed.internal', '127.0.0.1'),
    ]) {
      expect(complaints({ 'connect.yaml': withFeed(allowed) })).toEqual([]);
    }
  });
});
