import { isReference } from '../core/reference.ts';
import type { DefinedStream } from './definition.ts';
import type { Problem } from './finding.ts';
import { type AutoscaledCapacity, type MskConnect, WORKER_JAVA } from './msk-connect.ts';
import { checkProvider, providersOf } from './msk-providers.ts';
import { whyRefused, workerPropertyOf } from './msk-worker-properties.ts';
import type { Environment } from './types.ts';
import { WORKER_FILES } from './worker-settings.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** `connect` of an environment as the schema leaves it: each value is valid, but not yet what goes together. */
export type MskForm = Omit<MskConnect, 'capacity' | 'plugin'> & {
  readonly capacity: { readonly provisioned?: object; readonly autoscaled?: AutoscaledCapacity };
  readonly plugin: { readonly bucket?: string; readonly arn?: string };
};

/** The Java that the sink needs: Debezium JDBC 3.x is built for 17. */
const SINK_JAVA = 17;

/** Worker properties that every sink sets for itself, and from where: set for the environment too, they would win unseen. */
const SET_BY_SINKS: Readonly<Record<string, string>> = {
  'consumer.auto.offset.reset': 'a new sink begins with the first record',
  'consumer.max.poll.records': 'it comes from sink.maxPollRecords',
  'consumer.max.partition.fetch.bytes': 'it comes from sink.maxPartitionFetchBytes',
  'consumer.max.poll.interval.ms': 'it is longer than the sink tries again',
  'consumer.metadata.max.age.ms': 'partitions that are added are read soon',
};

/** What the schema cannot say about an MSK Connect target, and the service would refuse. `at` leads to its `connect`. */
export function checkMskConnect(file: YamlFile, at: Path, form: MskForm): Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: Path, message: string) => problems.push(file.problemAt([...at, ...path], message));
  const exactlyOne = (path: Path, value: object, keys: readonly string[], message: string) => {
    if (keys.filter((key) => Object.hasOwn(value, key)).length !== 1)
      problems.push(file.problemAtKey([...at, ...path], message));
  };
  const named = 'name the Kafka cluster by "cluster" (its ARN) or by "brokers", not both';
  exactlyOne([], form, ['cluster', 'brokers'], named);
  exactlyOne(['capacity'], form.capacity, ['provisioned', 'autoscaled'], 'capacity is "provisioned" or "autoscaled"');
  exactlyOne(['plugin'], form.plugin, ['bucket', 'arn'], 'plugin has a "bucket" to upload to, or "arn" and "revision"');
  if (WORKER_JAVA[form.version] < SINK_JAVA) {
    const java = WORKER_JAVA[form.version];
    refuse(['version'], `workers of ${form.version} run on Java ${java}, and the sink needs ${SINK_JAVA}; use 3.7.x`);
  }
  if (form.authentication === 'iam' && form.encryption === 'plaintext') {
    refuse(['encryption'], 'a login by IAM needs TLS: encryption must be tls, or authentication none');
  }
  for (const [path, arn] of [
    [['cluster'], form.cluster],
    [['plugin', 'arn'], form.plugin.arn],
  ] as const) {
    const region = arn?.split(':')[3];
    if (region !== undefined && region !== form.region) {
      refuse(path, `${path.join('.')} is in ${region}, but connectors are created in ${form.region}`);
    }
  }
  if (form.capacity.autoscaled !== undefined) checkAutoscaled(form.capacity.autoscaled, refuse);
  for (const key of Object.keys(form.workerConfiguration)) {
    const from = Object.hasOwn(SET_BY_SINKS, key) ? SET_BY_SINKS[key] : undefined;
    const reason = from === undefined ? whyRefused(key) : `"${key}" is not set here; ${from}`;
    if (reason !== undefined) problems.push(file.problemAtKey([...at, 'workerConfiguration', key], reason));
  }
  for (const provider of providersOf(form)) {
    const key = `config.providers.${provider}.class`;
    if (!Object.hasOwn(form.workerConfiguration, key))
      refuse(['workerConfiguration', 'config.providers'], `provider "${provider}" has no class; set ${key} as well`);
  }
  return problems;
}

/** Files of the workers: the service gives them none. `at` leads to the environment. */
export function checkMskFiles(
  file: YamlFile,
  at: Path,
  { databaseTls, registryTls = {} }: Pick<Environment['worker'], 'databaseTls' | 'registryTls'>,
): Problem[] {
  const refuse = (path: Path, message: string) => file.problemAt([...at, 'worker', ...path], message);
  const none = "MSK Connect's workers take no files";
  const problems = WORKER_FILES.flatMap((name) =>
    registryTls[name] === undefined || isReference(registryTls[name])
      ? []
      : [refuse(['registryTls', name], `${none}: name one in S3 by a reference, \${s3import:REGION:BUCKET/FILE}`)],
  );
  if (databaseTls?.ca !== undefined) {
    const message = `${none}: name a file of this project with that one certificate by embeddedCa`;
    problems.push(refuse(['databaseTls', 'ca'], message));
  } else if (databaseTls?.certificate !== undefined) {
    const message = `${none}, and so show no certificate: let the sink log in by its password alone`;
    problems.push(refuse(['databaseTls', 'certificate'], message));
  }
  return problems;
}

function checkAutoscaled(
  { minWorkers, maxWorkers, scaleInCpu, scaleOutCpu, maxTasks }: AutoscaledCapacity,
  refuse: (path: Path, message: string) => void,
): void {
  const at = (key: string): Path => ['capacity', 'autoscaled', key];
  if (minWorkers > maxWorkers) refuse(at('minWorkers'), `minWorkers must be at most maxWorkers (${maxWorkers})`);
  if (scaleInCpu >= scaleOutCpu) {
    const message = `scaleInCpu must be less than scaleOutCpu (${scaleOutCpu}), or workers come and go in turn`;
    refuse(at('scaleInCpu'), message);
  }
  if (maxTasks !== undefined && maxTasks < maxWorkers) {
    refuse(at('maxTasks'), `maxTasks must be at least maxWorkers (${maxWorkers}), not ${maxTasks}`);
  }
}

/** A plugin's or worker configuration's name is the connector's with a dash and 12 digits of its contents' hash. */
const MAX_CONNECTOR_NAME = 128 - 13;

/** What MSK Connect refuses of a definition. `form` is the target in the environment of that name. */
export function checkMskStream({ file, stream }: DefinedStream, environment: string, form: MskForm): Problem[] {
  const { name, config } = stream.sink;
  const problems: Problem[] = [];
  if (name.length > MAX_CONNECTOR_NAME) {
    const message = `sink.name must have at most ${MAX_CONNECTOR_NAME} characters for the environment ${environment}`;
    problems.push(file.problemAt(['sink', 'name'], message));
  }
  if (stream.sink.state === 'stopped') {
    const message = `sink.state: MSK Connect cannot stop a connector (environment ${environment}); paused holds it back`;
    problems.push(file.problemAt(['sink', 'state'], message));
  }
  for (const [key, value] of Object.entries(config)) {
    const at = ['sink', 'config', key];
    const property = workerPropertyOf(key) ?? '';
    const setTwice = `connect.workerConfiguration sets "${property}" for every sink as well; set it in one place`;
    const isSetTwice = Object.hasOwn(form.workerConfiguration, property);
    const reason = whyRefused(property) ?? (isSetTwice ? setTwice : undefined);
    if (reason !== undefined) problems.push(file.problemAtKey(at, `${reason} (environment ${environment})`));
    problems.push(...checkProvider(file, at, value, form));
  }
  return problems;
}
