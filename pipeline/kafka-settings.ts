import { resolve } from 'node:path';
import type { TlsFiles } from '../core/tls.ts';
import { clearTextProblem } from './clear-text.ts';
import type { Problem } from './finding.ts';
import type { Environment, KafkaLogin } from './types.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** What of `connect` says where the Kafka cluster is. */
type Regional = Pick<Environment['connect'], 'region' | 'cluster'>;

/** How a client gets into an MSK cluster; each way has brokers of its own. */
export type MskAccess = 'iam' | 'scram' | 'tls' | 'plaintext';

/** `eu-central-1` of `arn:aws:kafka:eu-central-1:…`. */
export const regionOf = (arn: string): string => arn.split(':')[3] ?? '';

/** `eu-central-1` of a broker of MSK, provisioned or serverless; undefined for any other host. */
const regionOfBroker = (broker: string): string | undefined =>
  /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?:\d+$/.exec(broker)?.[1];

/** `kafka` of an environment as the schema leaves it. */
export interface KafkaForm extends Omit<Environment['kafka'], 'brokers' | 'sasl'> {
  readonly brokers?: readonly string[];
  readonly sasl?:
    | Exclude<KafkaLogin, { mechanism: 'aws-iam' }>
    | { readonly mechanism: 'aws-iam'; readonly region?: string };
}

/** `kafka` with everything the file left out. */
export function completeKafka(form: KafkaForm, connect: Regional, root: string): Environment['kafka'] {
  const { sasl, ssl, ...rest } = form;
  const isByIam = sasl?.mechanism === 'aws-iam';
  // MSK speaks TLS unless the file says otherwise, and a login by IAM knows nothing else.
  const usesTls = form.cluster !== undefined || isByIam ? true : undefined;
  return {
    ...rest,
    brokers: form.brokers ?? [],
    ssl: typeof ssl === 'object' ? absolute(ssl, root) : (ssl ?? usesTls),
    sasl: isByIam ? { ...sasl, region: sasl.region ?? regionIn(form, connect) ?? '' } : sasl,
  };
}

/** Files that the project names, by absolute path. */
export const absolute = (files: TlsFiles, root: string): TlsFiles =>
  Object.fromEntries(Object.entries(files).map(([name, path]) => [name, resolve(root, path)]));

function regionIn({ brokers, cluster }: KafkaForm, connect: Regional): string | undefined {
  if (cluster !== undefined) return regionOf(cluster);
  return regionOfBroker(brokers?.[0] ?? '') ?? connect.region;
}

/** The MSK cluster that an environment is on, by its ARN; undefined for any other Kafka. */
export const clusterOf = ({ kafka, connect }: Pick<Environment, 'kafka' | 'connect'>): string | undefined =>
  kafka.cluster ?? connect.cluster;

/** Which of an MSK cluster's addresses a client with these settings wants. */
export function accessOf({ sasl, ssl }: Pick<Environment['kafka'], 'sasl' | 'ssl'>): MskAccess {
  if (sasl !== undefined) return sasl.mechanism === 'aws-iam' ? 'iam' : 'scram';
  return ssl === false ? 'plaintext' : 'tls';
}

/** What the schema cannot say about `kafka`. `at` leads to it. */
export function checkKafka(file: YamlFile, at: Path, form: KafkaForm, connect: Regional): Problem[] {
  const { brokers, cluster, insecure, sasl, ssl, topicsBy } = form;
  const problems: Problem[] = [];
  if (topicsBy === 'aws' && (cluster ?? connect.cluster) === undefined) {
    const message = 'MSK tells of the topics of an MSK cluster only: name it by "cluster", here or in connect';
    problems.push(file.problemAt([...at, 'topicsBy'], message));
  }
  if ((brokers === undefined) === (cluster === undefined)) {
    const message = 'name the Kafka cluster by "brokers" or, on MSK, by "cluster" (its ARN), not both';
    problems.push(file.problemAtKey(at, message));
  }
  if (sasl?.mechanism === 'aws-iam') {
    if (ssl === false) problems.push(file.problemAt([...at, 'ssl'], 'a login by IAM needs TLS'));
    if ((sasl.region ?? regionIn(form, connect)) === undefined) {
      const message = 'the brokers do not tell the AWS region; add region to sasl';
      problems.push(file.problemAtKey([...at, 'sasl'], message));
    }
  } else if (sasl !== undefined) {
    const isEncrypted = ssl === undefined ? cluster !== undefined : ssl !== false;
    const way = { block: 'kafka', secret: 'password', isEncrypted, insecure, change: 'set kafka.ssl: true' };
    const exposed = (brokers ?? [cluster ?? '']).map((address) => ({ ...way, address }));
    problems.push(...exposed.flatMap((one) => clearTextProblem(file, [...at, 'sasl'], one)).slice(0, 1));
  }
  if (cluster !== undefined && sasl !== undefined && !['scram-sha-512', 'aws-iam'].includes(sasl.mechanism)) {
    const message = `MSK knows no login by ${sasl.mechanism}; use aws-iam or scram-sha-512`;
    problems.push(file.problemAt([...at, 'sasl', 'mechanism'], message));
  }
  return problems;
}
