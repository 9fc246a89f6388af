import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readerConnection } from '../../../pipeline/connections.ts';
import { loadProject } from '../../../pipeline/load.ts';
import { createAuthority } from '../../support/certificates.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { complaints, projectFolder } from './project-folder.ts';

const environment = (
  database: string,
  worker = '',
  connect = '{ target: rest, url: "http://127.0.0.1:8083" }',
) => `default: staging
environments:
  staging:
    kafka: { brokers: ["127.0.0.1:9092"] }
    registry: { url: "http://127.0.0.1:8081" }
    connect: ${connect}
    database: { name: perps, user: app, password: "\${env:PGPASSWORD}", ${database} }
    worker: { databasePassword: "\${env:P}"${worker} }
    feed: { address: "127.0.0.1:443" }
`;

const load = (text: string) => {
  const root = projectFolder({ 'connect.yaml': text });
  const { staging } = loadProject(root, {}).environments;
  if (staging === undefined) throw new Error('no environment');
  return { root, staging, url: staging.worker.databaseUrl, ours: readerConnection(staging, () => 'secret').tls };
};

const JVM = 'sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory';

describe('the way to PostgreSQL', () => {
  it.each([
    ['host: db.internal', 'verify', `db.internal:5432/perps?sslmode=verify-full&${JVM}`],
    ['host: 127.0.0.1', 'none', '127.0.0.1:5432/perps'],
    [
      'host: localhost, standbys: ["db.internal:5432"]',
      'verify',
      `localhost:5432,db.internal:5432/perps?sslmode=verify-full&${JVM}&targetServerType=primary`,
    ],
    ['host: db.internal, tls: require', 'require', 'db.internal:5432/perps?sslmode=require'],
    ['host: db.internal, insecure: true', 'none', 'db.internal:5432/perps'],
    ['host: 127.0.0.1, tls: verify', 'verify', `127.0.0.1:5432/perps?sslmode=verify-full&${JVM}`],
  ])('{ %s } is encrypted as %s, for us and for the worker', (database, mode, url) => {
    expect(load(environment(database))).toMatchObject({ ours: { mode }, url: `jdbc:postgresql://${url}` });
  });

  it('takes files of the project for us, and files of the worker for the worker', () => {
    const database = 'host: db.internal, tls: { ca: certs/ca.pem, certificate: certs/c.pem, key: certs/c.key }';
    const worker = ', databaseTls: { ca: /etc/perps/ca.pem, certificate: /etc/perps/w.pem, key: /etc/perps/w.pk8 }';
    const { root, ours, url } = load(environment(database, worker));
    expect(ours).toEqual({
      mode: 'verify',
      ca: join(root, 'certs/ca.pem'),
      certificate: join(root, 'certs/c.pem'),
      key: join(root, 'certs/c.key'),
    });
    expect(decodeURIComponent(url)).toBe(
      'jdbc:postgresql://db.internal:5432/perps?sslmode=verify-full&sslrootcert=/etc/perps/ca.pem&sslcert=/etc/perps/w.pem&sslkey=/etc/perps/w.pk8',
    );
  });

  it('can hold the one certificate of an authority itself, for workers that take no files', async () => {
    const { ca } = await createAuthority(scratchFolder());
    const text = environment('host: db.internal', `, databaseTls: { embeddedCa: ${JSON.stringify(ca)} }`);
    const { url } = load(text);
    expect(url).toMatch(
      /\?sslmode=verify-full&sslfactory=org\.postgresql\.ssl\.SingleCertValidatingFactory&sslfactoryarg=-----BEGIN%20CERTIFICATE/,
    );
  });

  it.each([
    [
      environment('host: db.internal, tls: none'),
      'connect.yaml:7:96  the password would travel to db.internal:5432 in clear text: write `tls: verify`, or, where nobody else can listen, set database.insecure: true',
    ],
    [
      environment('host: db.internal', ', databaseUrl: "jdbc:postgresql://db-1.internal:5432/perps"'),
      'connect.yaml:8:58  the password would travel to db-1.internal:5432 in clear text: add sslmode=verify-full to the URL, or, where nobody else can listen, set database.insecure: true',
    ],
    [
      environment('host: db.internal', ', databaseTls: { embeddedCa: certs/absent.pem }'),
      'connect.yaml:8:72  certs/absent.pem cannot be used (ENOENT): it must be a PEM file of the project',
    ],
  ])('is refused with its place and the one change to make', (text, complaint) => {
    expect(complaints({ 'connect.yaml': text })).toEqual([complaint]);
  });

  it('a bundle of several certificates cannot be embedded', () => {
    const files = {
      'connect.yaml': environment('host: db.internal', ', databaseTls: { embeddedCa: bundle.pem }'),
      'bundle.pem': '-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n',
    };
    expect(complaints(files)[0]).toContain('bundle.pem must hold one certificate');
  });
});
