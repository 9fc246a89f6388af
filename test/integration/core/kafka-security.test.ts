import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { iamLogin } from '../../../connectors/msk/sdk/kafka-access.ts';
import { createKafka, type KafkaConnection, withAdmin } from '../../../core/kafka.ts';
import { scanTopic } from '../../../core/kafka-scan.ts';
import { eventually } from '../../support/eventually.ts';
import { expectKafkaRoles, KAFKA_USERS } from '../../support/kafka-roles.ts';
import { startSecureBroker } from '../../support/secure-broker.ts';

/** A JSON web token without a signature, as the broker's own validator for tests takes it. */
function unsignedToken(subject: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: now - 60, exp: now + 600 })}.`;
}

/** Creates the topic, sends a record to it and reads it back, all by the package's own clients. */
async function roundTrip(connection: KafkaConnection, topic: string): Promise<string[]> {
  await withAdmin(connection, 'test', (admin) => admin.createTopic({ name: topic, partitions: 1 }));
  const producer = createKafka(connection, 'test').producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ key: 'k', value: `hello from ${topic}` }] });
  await producer.disconnect();
  const values: string[] = [];
  await scanTopic(connection, {
    topic,
    clientId: 'test',
    onRecords: async (records) => void values.push(...records.map(({ value }) => String(value))),
  });
  return values;
}

/** A session that ends is renewed with a token asked for anew, on the connection that there is. */
async function expectRenewedLogin(connection: KafkaConnection): Promise<void> {
  let asked = 0;
  const sasl = {
    async token() {
      asked += 1;
      return unsignedToken('perps');
    },
  };
  await withAdmin({ ...connection, sasl }, 'test', async (admin) => {
    await admin.listTopics();
    const before = asked;
    await eventually(
      async () => {
        await admin.listTopics();
        expect(asked).toBeGreaterThan(before);
      },
      { timeoutMs: 60_000 },
    );
  });
}

const failure = async (connection: KafkaConnection) =>
  withAdmin(connection, 'test', (admin) => admin.listTopics()).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a cluster behind TLS', { timeout: 240_000 }, () => {
  it('is entered by SCRAM, by a client certificate and by a bearer token, and says why it is not', async () => {
    const broker = await startSecureBroker(KAFKA_USERS);
    const { files, user } = broker;
    const ca = readFileSync(files.ca, 'utf8');
    const scram = { brokers: [broker.scram], ssl: { ca }, sasl: { mechanism: 'scram-sha-512', ...user } } as const;
    expect(await roundTrip(scram, 'by-scram')).toEqual(['hello from by-scram']);

    const pair = { cert: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') };
    const mutual = { brokers: [broker.mutualTls], ssl: { ca, ...pair } };
    expect(await roundTrip(mutual, 'by-certificate')).toEqual(['hello from by-certificate']);

    const bearer = { brokers: [broker.oauth], ssl: { ca }, sasl: { token: async () => unsignedToken('perps') } };
    expect(await roundTrip(bearer, 'by-token')).toEqual(['hello from by-token']);
    await expectRenewedLogin(bearer);

    const wrong = await failure({ ...scram, sasl: { ...scram.sasl, password: 'battery staple' } });
    expect(wrong).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining(`Kafka at ${broker.scram} refuses the login`),
      hint: expect.stringContaining('kafka.sasl'),
    });
    expect(JSON.stringify(wrong)).not.toContain('battery staple');
    expect(await failure({ ...scram, ssl: true })).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('nobody who is trusted vouches for its certificate'),
      hint: expect.stringContaining('kafka.ssl.ca'),
    });
    expect(await failure({ ...mutual, ssl: { ca } })).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('it asks for a certificate of ours'),
      hint: expect.stringContaining('kafka.ssl.certificate'),
    });
    const expired = await broker.authority.issue('perps-client', { expired: true });
    const outdated = { cert: readFileSync(expired.certificate, 'utf8'), key: readFileSync(expired.key, 'utf8') };
    expect(await failure({ ...mutual, ssl: { ca, ...outdated } })).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('it does not accept our certificate'),
    });
    // AWS's token is no JSON web token: this broker reads it, and refuses it.
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await failure({ ...bearer, sasl: iamLogin('eu-central-1') })).toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/refuses the login by token \(.*invalid_token/),
    });
    await expectKafkaRoles(broker);
  });
});
