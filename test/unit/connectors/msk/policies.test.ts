import { describe, expect, it, test } from 'vitest';
import { ROLES, type Role } from '../../../../connectors/msk/iam/commands.ts';
import type { MskEnvironment, PolicyDocument } from '../../../../connectors/msk/iam/policy.ts';
import { rolePolicy, sizeNotes } from '../../../../connectors/msk/iam/role-policy.ts';
import { workerPolicies } from '../../../../connectors/msk/iam/worker-policy.ts';
import { renderSink } from '../../../../connectors/render/render-sink.ts';
import { onMsk } from '../../../support/msk/environment.ts';
import { positions } from '../../../support/positions-stream.ts';

const sinkOf = (environment: MskEnvironment, stream = positions) => ({
  stream,
  config: renderSink(stream, environment, [{ name: 'slot' }]),
});
const ofWorker = (environment: MskEnvironment, stream = positions) =>
  workerPolicies(environment, [sinkOf(environment, stream)]);
const deployerPolicy = (environment: MskEnvironment) => rolePolicy('deployer', environment, [positions]);
const resources = ({ Statement }: PolicyDocument, sid: string) => Statement.find(({ Sid }) => Sid === sid)?.Resource;
const sids = ({ Statement }: PolicyDocument) => Statement.map(({ Sid }) => Sid);

test('the policies of an environment are the same each time, to the last character', async () => {
  const environment = onMsk();
  const { trust, permissions } = ofWorker(environment);
  const text = (document: PolicyDocument) => `${JSON.stringify(document, undefined, 2)}\n`;
  await expect(text(trust)).toMatchFileSnapshot('../../../fixtures/iam/worker-trust.json');
  await expect(text(permissions)).toMatchFileSnapshot('../../../fixtures/iam/worker-policy.json');
  for (const role of Object.keys(ROLES) as Role[]) {
    const document = rolePolicy(role, environment, [positions]);
    await expect(text(document)).toMatchFileSnapshot(`../../../fixtures/iam/${role}-policy.json`);
  }
});

describe("the workers' role", () => {
  it('reads the secret that the configuration refers to, and no other', () => {
    const { permissions, notes } = ofWorker(onMsk());
    expect(resources(permissions, 'ReadSecrets')).toEqual([
      'arn:aws:secretsmanager:eu-central-1:123456789012:secret:perps/db-??????',
    ]);
    expect(notes).toEqual([]);
  });

  it.each([
    [
      'a secret by its whole ARN',
      'secretsmanager:arn%3Aaws%3Asecretsmanager%3Aeu-west-1%3A123456789012%3Asecret%3Aperps%2Fdb-AbCdEf:password',
      'SecretsManagerConfigProvider',
      'ReadSecrets',
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:perps/db-AbCdEf',
    ],
    [
      'a parameter, with a time to live',
      'ssm::/perps/db?ttl=60000',
      'SsmParamStoreConfigProvider',
      'ReadParameters',
      'arn:aws:ssm:eu-central-1:123456789012:parameter/perps/db',
    ],
    [
      'a file that is imported',
      's3import:eu-central-1:perps-files/trust/store.jks',
      'S3ImportConfigProvider',
      'ReadImportedFiles',
      'arn:aws:s3:::perps-files/trust/store.jks',
    ],
  ])('reads %s', (_what, reference, providerClass, sid, arn) => {
    const [provider] = reference.split(':');
    const environment = onMsk({
      workerConfiguration: {
        [`config.providers.${provider}.class`]: `com.amazonaws.kafka.config.providers.${providerClass}`,
      },
    });
    const stream = { ...positions, sink: { ...positions.sink, config: { 'connection.password': `\${${reference}}` } } };
    expect(resources(ofWorker(environment, stream).permissions, sid)).toEqual([arn]);
  });

  it('is told of a provider whose reads are not known, and not of one that reads no AWS', () => {
    const withClass = (name: string) =>
      ofWorker(onMsk({ workerConfiguration: { 'config.providers.secretsmanager.class': name } })).notes;
    expect(withClass('com.example.Vault')).toEqual([
      'what config provider "secretsmanager" reads is not known; add it to the role',
    ]);
    expect(withClass('org.apache.kafka.common.config.provider.FileConfigProvider')).toEqual([]);
  });

  it('writes dead letters only for a stream that has them', () => {
    const stream = { ...positions, sink: { ...positions.sink, onUndecodable: 'dlq' as const } };
    expect(sids(ofWorker(onMsk()).permissions)).not.toContain('WriteDeadLetters');
    expect(resources(ofWorker(onMsk(), stream).permissions, 'WriteDeadLetters')).toEqual([
      expect.stringMatching(/:topic\/perps\/0a1b2c3d-.*-2\/positions\.dlq$/),
    ]);
  });

  it('has no rights in a cluster that asks for none', () => {
    expect(sids(ofWorker(onMsk({ authentication: 'none' })).permissions)).toEqual(['ReadSecrets']);
  });

  it('is about every cluster of the region when none is named', () => {
    const { cluster: _cluster, ...connect } = onMsk().connect;
    const environment = {
      ...onMsk(),
      connect: { ...connect, brokers: ['b-1:9098'] },
      kafka: { brokers: ['b-1:9098'], replicationFactor: 3 },
    };
    expect(resources(ofWorker(environment).permissions, 'ConnectToCluster')).toEqual([
      'arn:aws:kafka:eu-central-1:123456789012:cluster/*/*',
    ]);
  });
});

describe('whoever deploys', () => {
  it('has no bucket to write to when the plugin is there already', () => {
    const arn = 'arn:aws:kafkaconnect:eu-central-1:123456789012:custom-plugin/perps/0a1b2c3d-2';
    const sidsWith = sids(deployerPolicy(onMsk({ plugin: { arn, revision: 1 } })));
    expect(sidsWith.filter((sid) => /Plugins$/.test(sid))).toEqual([]);
  });

  it('sets up only the log deliveries that there are', () => {
    const ofLogs = (logs: MskEnvironment['connect']['logs']) =>
      sids(deployerPolicy(onMsk({ logs }))).filter((sid) => /Logs|Traces/.test(sid));
    expect(ofLogs({})).toEqual([]);
    expect(ofLogs({ s3: { bucket: 'logs' } })).toEqual(['DeliverLogs', 'DeliverLogsToS3']);
    expect(ofLogs({ firehose: { deliveryStream: 'logs' } })).toEqual(['DeliverLogs', 'DeliverLogsToFirehose']);
  });

  it('touches topics by IAM only when it logs in by IAM', () => {
    const environment = { ...onMsk(), kafka: { brokers: ['b-1:9096'], replicationFactor: 3 } };
    expect(sids(deployerPolicy(environment))).not.toContain('Topics');
  });
});

test('in another partition of AWS every ARN is there too', () => {
  const role = 'arn:aws-cn:iam::123456789012:role/perps-connect';
  const cluster = 'arn:aws-cn:kafka:cn-north-1:123456789012:cluster/perps/0a1b2c3d-2';
  const changed = onMsk({ role, cluster, region: 'cn-north-1' });
  const environment = { ...changed, kafka: { ...changed.kafka, cluster } };
  const { permissions, trust } = ofWorker(environment);
  const text = JSON.stringify([permissions, trust, deployerPolicy(environment)]);
  expect(text.match(/arn:aws:[^"]*/g)).toBeNull();
});

describe('whoever prunes', () => {
  const condition = (environment: MskEnvironment) =>
    deployerPolicy(environment).Statement.find(({ Sid }) => Sid === 'PruneConnectors')?.Condition;

  it("deletes connectors of names that nobody knows only by the environment's tags", () => {
    const environment = onMsk({ tags: { team: 'perps', stage: 'production' } });
    expect(condition(environment)).toEqual({
      StringEquals: { 'aws:ResourceTag/team': 'perps', 'aws:ResourceTag/stage': 'production' },
    });
    expect(condition(onMsk({ tags: {} }))).toBeUndefined();
  });
});

test('a reader, and what watches, can neither create nor delete', () => {
  for (const role of ['reader', 'watch'] as const) {
    const actions = rolePolicy(role, onMsk(), [positions]).Statement.flatMap(({ Action }) => Action);
    expect(
      actions.filter((action) => /^(kafkaconnect:(Create|Delete|Update|Pause|Tag)|iam:|s3:)/.test(action)),
    ).toEqual([]);
    expect(actions.includes('kafkaconnect:RestartConnector')).toBe(role === 'watch');
  }
});

test('a producer writes its topics idempotently, and reads its resume point', () => {
  const { Statement } = rolePolicy('producer', onMsk(), [positions]);
  const topic = (name: string) => expect.stringMatching(`:topic/perps/.*/${name}$`);
  expect(Statement).toMatchObject([
    { Action: ['kafka:GetBootstrapBrokers'] },
    { Action: ['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'] },
    { Action: ['kafka-cluster:ReadData'], Resource: [topic('positions.checkpoint')] },
    {
      Action: ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
      Resource: [topic('positions'), topic('positions.checkpoint'), topic('positions.rejected')],
    },
    { Resource: [expect.stringMatching(/:group\/perps\/.*\/connect-producer-positions-\*$/)] },
  ]);
});

test('a policy that is near a limit of AWS, or above it, says so', () => {
  const of = (size: number) => {
    const empty = { Version: '2012-10-17', Statement: [{ Sid: '', Effect: 'Allow', Action: [] }] } as const;
    const [statement] = empty.Statement;
    const Sid = 'x'.repeat(size - JSON.stringify(empty).length);
    return sizeNotes('deployer', { ...empty, Statement: [{ ...statement, Sid }] });
  };
  expect(of(5_000)).toEqual([]);
  expect(of(6_000)).toEqual([
    expect.stringMatching(/has 6000 characters, near the limit of a managed policy \(6144\)/),
  ]);
  expect(of(7_000)).toEqual([expect.stringContaining('too many for a managed policy')]);
  expect(of(11_000)).toHaveLength(2);
});
