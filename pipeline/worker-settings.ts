import { isReference } from '../core/reference.ts';
import { clearTextProblem } from './clear-text.ts';
import type { Problem } from './finding.ts';
import { secretOf } from './http-settings.ts';
import type { Environment, HttpPart, SecretReference } from './types.ts';
import type { Path, YamlFile } from './yaml-file.ts';

type Worker = Environment['worker'];

/** What of an environment says how a worker logs in to the registry; its address is complete. */
interface WorkerForm {
  readonly registry: Pick<HttpPart, 'auth'>;
  readonly worker: Pick<Worker, 'converter' | 'registryUrl' | 'registryAuth' | 'registryTls' | 'insecure'>;
}

/** What of `worker` holds references. */
export type WorkerSecrets = Pick<Worker, 'databasePassword' | 'registryAuth' | 'registryTls'>;

/** Files of `registryTls`. On MSK Connect each is fetched by a provider. */
export const WORKER_FILES = ['ca', 'truststore', 'keystore'] as const;
const pathBehind = (path: string | undefined): string | undefined =>
  path !== undefined && isReference(path) ? path : undefined;

/** Every reference that the workers resolve, and where below `worker` it stands. */
export function workerReferences(
  worker: WorkerSecrets,
): { readonly path: Path; readonly reference: SecretReference }[] {
  const { databasePassword, registryAuth, registryTls = {} } = worker;
  const secret = registryAuth?.type === 'bearer' ? 'token' : 'password';
  const all: [Path, SecretReference | undefined][] = [
    [['databasePassword'], databasePassword],
    [['registryAuth', secret], secretOf(registryAuth)],
    [['registryTls', 'truststorePassword'], registryTls.truststorePassword],
    [['registryTls', 'keystorePassword'], registryTls.keystorePassword],
    ...WORKER_FILES.map((name): [Path, string | undefined] => [['registryTls', name], pathBehind(registryTls[name])]),
  ];
  return all.flatMap(([path, reference]) => (reference === undefined ? [] : [{ path, reference }]));
}

/** What the schema cannot say about the converter's login to the registry. `at` leads to the environment. */
export function checkWorker(file: YamlFile, at: Path, { registry, worker }: WorkerForm): Problem[] {
  const { converter, insecure, registryAuth, registryTls, registryUrl } = worker;
  const problems: Problem[] = [];
  const refuse = (path: Path, message: string) => problems.push(file.problemAtKey([...at, ...path], message));
  const isEncrypted = /^https:/.test(registryUrl);
  if (secretOf(registry.auth) !== undefined && registryAuth === undefined) {
    refuse(
      ['worker'],
      `the registry wants a login, and the converter on the worker asks it too: add registryAuth: { type: ${registry.auth?.type}, … } with a reference that the worker resolves, or { type: none } where it needs none`,
    );
  }
  if (secretOf(registryAuth) !== undefined) {
    const secret = registryAuth?.type === 'bearer' ? 'token' : 'password';
    const change = 'write https:// into worker.registryUrl';
    const way = { block: 'worker', secret, address: registryUrl, isEncrypted, insecure, change };
    problems.push(...clearTextProblem(file, [...at, 'worker', 'registryAuth'], way));
  }
  if (registryAuth?.type === 'mtls' && registryTls?.keystore === undefined) {
    const message = 'a login by certificate needs one: name its key store by worker.registryTls.keystore';
    refuse(['worker', 'registryAuth', 'type'], message);
  }
  if (registryTls === undefined) return problems;
  const tls = ['worker', 'registryTls'];
  if (!isEncrypted) refuse(tls, '"registryTls" is for https: write https:// into worker.registryUrl, or remove it');
  if (registryTls.ca !== undefined && converter === 'confluent') {
    const message =
      "Confluent's converter reads no PEM files: put the certificate into a trust store, and name that by";
    refuse([...tls, 'ca'], `${message} worker.registryTls.truststore`);
  }
  if (registryTls.ca !== undefined && registryTls.truststore !== undefined) {
    refuse([...tls, 'ca'], 'the converter reads one of the two: "ca" or "truststore"');
  }
  return problems;
}
