import { describe, expect, it, test } from 'vitest';
import { deployerPolicy } from '../../../../connectors/msk/iam/deployer-policy.ts';
import type { MskEnvironment, PolicyDocument } from '../../../../connectors/msk/iam/policy.ts';
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
const resources = ({ Statement }: PolicyDocument, sid: string) => Statement.find(({ Sid }) => Sid === sid)?.Resource;
const sids = ({ Statement }: PolicyDocument) => Statement.map(({ Sid }) => Sid);

test('the policies of an environment are the same each time, to the last character', async () => {
  const environment = onMsk();
  const { trust, permissions } = ofWorker(environment);
  const text = (document: PolicyDocument) => `${JSON.stringify(document, undefined, 2)}\n`;
  await expect(text(trust)).toMatchFileSnapshot('../../../fixtures/iam/worker-trust.json');
  await expect(text(permissions)).toMatchFileSnapshot('../../../fixtures/iam/worker-policy.json');
  await expect(text(deployerPolicy(environment, [positions]))).toMatchFileSnapshot(
    '../../../fixtures/iam/deployer-policy.json',
  );
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
    const sidsWith = sids(deployerPolicy(onMsk({ plugin: { arn, revision: 1 } }), [positions]));
    expect(sidsWith.filter((sid) => /Plugins$/.test(sid))).toEqual(['KeepPlugins']);
  });

  it('sets up only the log deliveries that there are', () => {
    const ofLogs = (logs: MskEnvironment['connect']['logs']) =>
      sids(deployerPolicy(onMsk({ logs }), [positions])).filter((sid) => /Logs|Traces/.test(sid));
    expect(ofLogs({})).toEqual([]);
    expect(ofLogs({ s3: { bucket: 'logs' } })).toEqual(['DeliverLogs', 'DeliverLogsToS3']);
    expect(ofLogs({ firehose: { deliveryStream: 'logs' } })).toEqual(['DeliverLogs', 'DeliverLogsToFirehose']);
  });

  it('touches topics by IAM only when it logs in by IAM', () => {
    const environment = { ...onMsk(), kafka: { brokers: ['b-1:9096'], replicationFactor: 3 } };
    expect(sids(deployerPolicy(environment, [positions]))).not.toContain('KeepTopics');
  });
});

test('in another partition of AWS every ARN is there too', () => {
  const role = 'arn:aws-cn:iam::123456789012:role/perps-connect';
  const cluster = 'arn:aws-cn:kafka:cn-north-1:123456789012:cluster/perps/0a1b2c3d-2';
  const environment = onMsk({ role, cluster, region: 'cn-north-1' });
  const { permissions, trust } = ofWorker(environment);
  const text = JSON.stringify([permissions, trust, deployerPolicy(environment, [positions])]);
  expect(text.match(/arn:aws:[^"]*/g)).toBeNull();
});
