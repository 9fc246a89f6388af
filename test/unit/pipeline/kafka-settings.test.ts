import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kafkaConnection } from '../../../connectors/kafka-connection.ts';
import { ConnectError } from '../../../core/errors.ts';
import { loadProject } from '../../../pipeline/load.ts';
import type { Environment } from '../../../pipeline/types.ts';
import { projectFolder } from './project-folder.ts';

const ARN = 'arn:aws:kafka:eu-central-1:123456789012:cluster/perps/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d-2';
const MSK_BROKER = 'b-1.perps.abc123.c2.kafka.eu-west-1.amazonaws.com:9098';
const secrets = (reference: string) => `secret behind ${reference}`;

/** The environment of a project whose `kafka` is the given flow map. */
function load(kafka: string): { root: string; environment: Environment } {
  const root = projectFolder({
    'connect.yaml': `default: staging
environments:
  staging:
    kafka: ${kafka}
    registry: { url: "http://registry.example.com:8081" }
    database: { host: db.example.com, name: perps, user: app, password: "\${env:PGPASSWORD}" }
    connect: { target: rest, url: "http://connect.example.com:8083" }
    worker: { databasePassword: "\${env:PGPASSWORD}" }
    feed: { address: feed.example.com:443 }
`,
  });
  const { staging } = loadProject(root, {}).environments;
  if (staging === undefined) throw new Error('no environment');
  return { root, environment: staging };
}

function complaints(kafka: string): string[] {
  try {
    load(kafka);
    return [];
  } catch (error) {
    const { problems } = ConnectError.from(error).details as { problems: { line: number; message: string }[] };
    return problems.map(({ line, message }) => `${line}: ${message}`);
  }
}

test('brokers stand in the file, and without more there is neither TLS nor a login', () => {
  const { environment } = load('{ brokers: [b-1.example.com:9092] }');
  expect(environment.kafka).toEqual({ brokers: ['b-1.example.com:9092'], replicationFactor: 3 });
  expect(kafkaConnection(environment, secrets)).toEqual({ brokers: ['b-1.example.com:9092'] });
});

test('a cluster is named by its ARN: TLS, and by IAM in its region', () => {
  const { environment } = load(`{ cluster: "${ARN}", sasl: { mechanism: aws-iam } }`);
  expect(environment.kafka).toEqual({
    brokers: [],
    cluster: ARN,
    replicationFactor: 3,
    ssl: true,
    sasl: { mechanism: 'aws-iam', region: 'eu-central-1' },
  });
  const connection = kafkaConnection(environment, secrets);
  expect(connection).toMatchObject({
    brokers: { label: `cluster ${ARN}` },
    ssl: true,
    sasl: { token: expect.any(Function) },
  });
});

test.each([
  ['as the brokers say', `{ brokers: ["${MSK_BROKER}"], sasl: { mechanism: aws-iam } }`, 'eu-west-1'],
  [
    'as the file says',
    '{ brokers: [kafka.example.com:9098], sasl: { mechanism: aws-iam, region: us-east-1 } }',
    'us-east-1',
  ],
])('the region of a login by IAM is %s', (_what, kafka, region) => {
  expect(load(kafka).environment.kafka).toMatchObject({ ssl: true, sasl: { mechanism: 'aws-iam', region } });
});

test('a password is resolved when it is used, not when the file is read', () => {
  const sasl = '{ mechanism: scram-sha-512, username: app, password: "$' + '{env:PERPS_KAFKA_PASSWORD}" }';
  const { environment } = load(`{ brokers: [b-1.example.com:9096], ssl: true, sasl: ${sasl} }`);
  expect(kafkaConnection(environment, secrets)).toEqual({
    brokers: ['b-1.example.com:9096'],
    ssl: true,
    sasl: { mechanism: 'scram-sha-512', username: 'app', password: 'secret behind $' + '{env:PERPS_KAFKA_PASSWORD}' },
  });
});

test('certificates are files of the project, and one that is not there is named', () => {
  const { root, environment } = load(
    '{ brokers: [b-1.example.com:9094], ssl: { ca: ca.pem, certificate: client.pem, key: client.key } }',
  );
  writeFileSync(join(root, 'ca.pem'), 'the authority');
  writeFileSync(join(root, 'client.pem'), 'the certificate');
  expect(() => kafkaConnection(environment, secrets)).toThrow(
    `kafka.ssl.key ${join(root, 'client.key')} cannot be read (ENOENT)`,
  );
  writeFileSync(join(root, 'client.key'), 'the key');
  expect(kafkaConnection(environment, secrets).ssl).toEqual({
    ca: 'the authority',
    cert: 'the certificate',
    key: 'the key',
  });
});

test.each([
  ['no cluster at all', '{ replicationFactor: 3 }', /^4: name the Kafka cluster by "brokers" or, on MSK, by "cluster"/],
  ['a cluster twice', `{ brokers: ["${MSK_BROKER}"], cluster: "${ARN}" }`, /not both/],
  ['IAM without TLS', `{ cluster: "${ARN}", ssl: false, sasl: { mechanism: aws-iam } }`, /a login by IAM needs TLS/],
  ['IAM in no region', '{ brokers: [kafka.example.com:9098], sasl: { mechanism: aws-iam } }', /add region to sasl/],
  [
    'a login that MSK does not know',
    `{ cluster: "${ARN}", sasl: { mechanism: plain, username: a, password: "\${env:P}" } }`,
    /MSK knows no login by plain; use aws-iam or scram-sha-512/,
  ],
  ['IAM with a user', '{ brokers: [b:1], sasl: { mechanism: aws-iam, username: app } }', /unknown key "username"/],
  ['SCRAM without one', '{ brokers: [b:1], sasl: { mechanism: scram-sha-512 } }', /kafka.sasl lacks "username"/],
  [
    'a key without its certificate',
    '{ brokers: [b:1], ssl: { key: client.key } }',
    /has "key" but lacks "certificate"/,
  ],
  ['a misspelt mechanism', '{ brokers: [b:1], sasl: { mechanism: aws_iam } }', /did you mean "aws-iam"\?/],
  [
    'something else for TLS',
    '{ brokers: [b:1], ssl: "yes" }',
    /kafka.ssl must be true or false or a map of keys, not text/,
  ],
])('%s is refused', (_what, kafka, complaint) => {
  expect(complaints(kafka)).toEqual(expect.arrayContaining([expect.stringMatching(complaint)]));
});

test('a password does not travel to another machine in clear text', () => {
  const sasl = `sasl: { mechanism: plain, username: me, password: "\${env:PERPS_KAFKA}" }`;
  const refusal = (host: string) =>
    `4: the password would travel to ${host} in clear text: set kafka.ssl: true, or, where nobody else can listen, set kafka.insecure: true`;
  expect(complaints(`{ brokers: ["127.0.0.1:9092", "b-1.example.com:9092"], ${sasl} }`)).toEqual([
    refusal('b-1.example.com:9092'),
  ]);
  expect(complaints(`{ brokers: ["b-1.example.com:9092"], ssl: false, ${sasl} }`)).toEqual([
    refusal('b-1.example.com:9092'),
  ]);
  expect(complaints(`{ brokers: ["b-1.example.com:9092"], ssl: { ca: ca.pem }, ${sasl} }`)).toEqual([]);
  expect(complaints(`{ brokers: ["b-1.example.com:9092"], insecure: true, ${sasl} }`)).toEqual([]);
  expect(complaints(`{ brokers: ["localhost:9092"], ${sasl} }`)).toEqual([]);
});
