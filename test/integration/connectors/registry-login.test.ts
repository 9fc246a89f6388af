import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { renderSink } from '../../../connectors/render/render-sink.ts';
import { projectFile } from '../../../pipeline/load.ts';
import type { Environment } from '../../../pipeline/types.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { type Authority, createAuthority } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';
import { type Login, startTlsProxy } from '../../support/tls-proxy.ts';

type Worker = Pick<Environment['worker'], 'registryAuth' | 'registryTls'>;

// The one secret that the shared worker can resolve: also the password of these logins.
const SECRET = '$' + '{env:PERPS_WORKER_PASSWORD}';

/** Certificate and key as a Java client reads them. */
function keyStore({ certificate, key }: { certificate: string; key: string }, password: string): string {
  const path = key.replace(/\.key$/, '.p12');
  execFileSync('openssl', ['pkcs12', '-export', '-in', certificate, '-inkey', key, '-out', path, '-passout', 'env:P'], {
    env: { ...process.env, P: password },
  });
  return path;
}

describe("the converter's way to a registry behind TLS", { timeout: 180_000 }, () => {
  let sink: SinkFixture;
  let authority: Authority;
  let password: string;
  let rows = 0;

  beforeAll(async () => {
    sink = await createSinkFixture('registrylogin');
    authority = await createAuthority(sink.test.root);
    password = sink.test.env.PERPS_WORKER_PASSWORD ?? '';
  }, 120_000);
  afterAll(async () => {
    await sink?.test.remove();
  });

  /** Deploys the sink with a converter that reaches the registry this way alone, and sends ten updates through it. */
  async function expectRows(login: Login, worker: Worker): Promise<void> {
    const { environment, project } = sink.test;
    const registry = await startTlsProxy(environment.worker.registryUrl, await authority.issue('localhost'), login);
    onTestFinished(() => registry.close());
    const { fields } = loadAvroSchema(projectFile(project, sink.stream.schema));
    const ofWorker = { ...environment.worker, ...worker, registryUrl: registry.url };
    await sink.deploy({ config: renderSink(sink.stream, { ...environment, worker: ofWorker }, fields) });
    await sink.produce(10, rows);
    rows += 10;
    await eventually(
      async () => expect(await sink.query('SELECT count(*)::int AS count FROM positions')).toEqual([{ count: rows }]),
      { timeoutMs: 60_000 },
    );
    expect(registry.requests).toContainEqual(expect.stringMatching(/^GET \/apis\/registry\/v2\/ids\/contentIds\/\d+/));
  }

  it('leads in by password', async () => {
    await expectRows(
      { type: 'basic', username: 'perps-worker', password },
      {
        registryAuth: { type: 'basic', username: 'perps-worker', password: SECRET },
        registryTls: { ca: authority.ca },
      },
    );
  });

  it('leads in by token', async () => {
    await expectRows(
      { type: 'bearer', token: password },
      { registryAuth: { type: 'bearer', token: SECRET }, registryTls: { ca: authority.ca } },
    );
  });

  it('leads in by certificate', async () => {
    const keystore = keyStore(await authority.issue('perps-worker'), password);
    await expectRows(
      { type: 'mtls', ca: authority.ca },
      {
        registryAuth: { type: 'mtls' },
        registryTls: { ca: authority.ca, keystore, keystorePassword: SECRET },
      },
    );
  });
});
