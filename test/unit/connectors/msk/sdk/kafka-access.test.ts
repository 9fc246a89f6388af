import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { iamLogin, mskBrokers } from '../../../../../connectors/msk/sdk/kafka-access.ts';
import { withAdmin } from '../../../../../core/kafka.ts';
import { serveJson } from '../../../../support/json-server.ts';

const ARN = 'arn:aws:kafka:eu-central-1:123456789012:cluster/perps/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d-2';

/** Credentials of the environment win over all others of the default chain. */
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-a-secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
});
afterEach(() => void vi.unstubAllEnvs());

/** A machine on which nobody is logged in to AWS. */
function withoutCredentials(): void {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined);
  }
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nowhere/aws');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
}

describe('a login by IAM', () => {
  it('is a URL of the kafka-cluster service, signed with the credentials of the environment, for 15 minutes', async () => {
    const token = await iamLogin('eu-central-1').token();
    const url = new URL(Buffer.from(token, 'base64url').toString());
    expect([url.protocol, url.host]).toEqual(['https:', 'kafka.eu-central-1.amazonaws.com']);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'kafka-cluster:Connect',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': expect.stringMatching(/^AKIAEXAMPLE\/\d{8}\/eu-central-1\/kafka-cluster\/aws4_request$/),
      'X-Amz-Security-Token': 'session',
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('uses a token again while it is fresh', async () => {
    const login = iamLogin('eu-central-1');
    expect(await login.token()).toBe(await login.token());
  });
});

it.each([
  ['a login', () => iamLogin('eu-central-1').token()],
  ['a search for brokers', () => mskBrokers(ARN, 'iam', 'http://127.0.0.1:9').lookUp()],
])('%s without credentials says that they are missing, and where they are looked for', async (_what, attempt) => {
  withoutCredentials();
  await expect(attempt()).rejects.toMatchObject({
    code: 'ENVIRONMENT',
    message: expect.stringContaining('no AWS credentials'),
    hint: expect.stringContaining('AWS_PROFILE'),
  });
});

describe('the brokers of an MSK cluster', () => {
  const strings = {
    bootstrapBrokerString: 'b-1.x:9092',
    bootstrapBrokerStringTls: 'b-1.x:9094,b-2.x:9094',
    bootstrapBrokerStringSaslScram: 'b-1.x:9096',
    bootstrapBrokerStringPublicSaslIam: 'b-1-public.x:9198',
  };
  const path = `GET /v1/clusters/${encodeURIComponent(ARN)}/bootstrap-brokers`;

  it.each([
    ['plaintext', ['b-1.x:9092']],
    ['tls', ['b-1.x:9094', 'b-2.x:9094']],
    ['scram', ['b-1.x:9096']],
    ['iam', ['b-1-public.x:9198']],
  ] as const)('are those for access by %s, asked for once', async (access, brokers) => {
    const server = await serveJson((request) => (request === path ? { status: 200, body: strings } : undefined));
    const source = mskBrokers(ARN, access, server.url);
    expect(await source.lookUp()).toEqual(brokers);
    expect(await source.lookUp()).toEqual(brokers);
    expect(server.requests).toEqual([path]);
    expect(server.authorization()).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-central-1\/kafka\/aws4_request/,
    );
  });

  it('are said not to be there when the cluster has no such access', async () => {
    const server = await serveJson(() => ({ status: 200, body: { bootstrapBrokerStringTls: 'b-1.x:9094' } }));
    await expect(mskBrokers(ARN, 'iam', server.url).lookUp()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `${ARN} has no brokers for access by iam`,
    });
  });

  it('are refused to whom has no right to ask, in the words of the service, through the Kafka client as well', async () => {
    const server = await serveJson(() => ({
      status: 403,
      body: { message: 'not authorized to perform kafka:GetBootstrapBrokers' },
    }));
    const connection = { brokers: mskBrokers(ARN, 'tls', server.url), ssl: true };
    await expect(withAdmin(connection, 'test', async () => {})).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('not authorized to perform kafka:GetBootstrapBrokers'),
    });
  });
});
