import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpConnection } from '../../../pipeline/connections.ts';
import { loadProject } from '../../../pipeline/load.ts';
import type { RestConnect } from '../../../pipeline/types.ts';
import { complaints, projectFolder } from './project-folder.ts';

/** An environment whose parts are on other machines; every part but those that are given is without a login. */
const remote = (
  registry: string,
  connect = '{ target: rest, url: "http://connect.internal:8083" }',
) => `default: staging
environments:
  staging:
    kafka: { brokers: ["kafka.internal:9092"] }
    registry: ${registry}
    connect: ${connect}
    database: { host: 127.0.0.1, name: perps, user: app, password: "\${env:DATABASE_PASSWORD}" }
    worker: { databasePassword: "\${env:DATABASE_PASSWORD}" }
    feed: { address: "feed.internal:443" }
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
