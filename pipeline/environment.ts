import { ConnectError } from '../core/errors.ts';
import { checkDatabase, completeDatabase, type DatabaseForm, jdbcUrl } from './database-settings.ts';
import type { DefinedStream } from './definition.ts';
import { didYouMean } from './did-you-mean.ts';
import { checkFeed, completeFeed } from './feed-settings.ts';
import type { Problem } from './finding.ts';
import { checkHttp, completeHttp, type HttpForm } from './http-settings.ts';
import { checkKafka, completeKafka, type KafkaForm } from './kafka-settings.ts';
import { checkSecretRules } from './secret-rules.ts';
import { type ConnectForm, targetRules } from './targets.ts';
import type { ConverterFlavour, EmbeddedStackSettings, Environment, HttpPart, SecretRules } from './types.ts';
import { checkWorker } from './worker-settings.ts';
import type { YamlFile } from './yaml-file.ts';

type Ports = EmbeddedStackSettings['ports'];
type PortName = keyof Ports;

/** `connect.yaml` as the schema leaves it: valid, defaults filled in. */
export interface EnvironmentsDocument {
  readonly default: string;
  readonly project?: string;
  readonly secrets?: SecretRules;
  readonly environments: Readonly<Record<string, EmbeddedForm | RemoteForm>>;
}

interface EmbeddedForm {
  readonly stack: EmbeddedStackSettings;
}

interface RemoteForm
  extends Omit<Environment, 'name' | 'stack' | 'worker' | 'kafka' | 'registry' | 'database' | 'connect'> {
  readonly kafka: KafkaForm;
  readonly registry: HttpForm;
  readonly database: DatabaseForm;
  readonly connect: ConnectForm;
  readonly worker: Partial<Environment['worker']> & Pick<Environment['worker'], 'converter' | 'databasePassword'>;
}

const PORT_NAMES: readonly PortName[] = ['kafka', 'registry', 'postgres', 'connect', 'feed'];

/** The variable of the process environment that wins over a port of the embedded stack in the file: CONNECT_PORT_KAFKA. */
const portVariable = (name: PortName): string => `CONNECT_PORT_${name.toUpperCase()}`;

/** An environment with everything the file left out. Errors: USAGE for a port variable that is no port. */
export function completeEnvironment(
  name: string,
  form: EmbeddedForm | RemoteForm,
  { root, env }: { readonly root: string; readonly env: NodeJS.ProcessEnv },
): Environment {
  if ('stack' in form)
    return embeddedEnvironment(name, { kind: 'embedded', ports: overriddenPorts(form.stack.ports, env) });
  const { database, kafka, registry, worker } = form;
  return {
    ...form,
    name,
    kafka: completeKafka(kafka, form.connect, root),
    registry: completeHttp<HttpPart>(registry, root),
    database: completeDatabase(database, root),
    feed: completeFeed(form.feed, root),
    connect: targetRules(form.connect).complete({ environment: name, root, ...form }),
    worker: {
      registryUrl: registryOfWorker(worker.converter, registry.url),
      databaseUrl: jdbcUrl(database, worker.databaseTls ?? {}, root),
      databaseUser: database.user,
      ...worker,
    },
  };
}

function embeddedEnvironment(name: string, stack: EmbeddedStackSettings): Environment {
  const { kafka, registry, postgres, connect, feed } = stack.ports;
  const user = 'perps_worker';
  const secret = (owner: string) => `\${file:.connect/secrets.properties:${owner}.password}`;
  const database = {
    host: '127.0.0.1',
    port: postgres,
    name: 'perps',
    user,
    password: secret('worker'),
    migrator: { user: 'perps', password: secret('database') },
    reader: { user: 'perps_viewer', password: secret('viewer') },
  };
  return {
    name,
    stack,
    kafka: { brokers: [`127.0.0.1:${kafka}`], replicationFactor: 1 },
    registry: { url: `http://127.0.0.1:${registry}/apis/ccompat/v7` },
    database,
    connect: { target: 'rest', url: `http://127.0.0.1:${connect}` },
    worker: {
      converter: 'apicurio',
      registryUrl: `http://127.0.0.1:${registry}`,
      databaseUrl: jdbcUrl(database, {}, ''),
      databaseUser: user,
      databasePassword: `\${env:PERPS_WORKER_PASSWORD}`,
    },
    feed: { address: `127.0.0.1:${feed}`, tls: false },
  };
}

/** Apicurio's converter wants the registry's own address, Confluent's that of the Confluent API, which is ours too. */
const registryOfWorker = (converter: ConverterFlavour, url: string): string =>
  converter === 'apicurio' ? url.replace(/\/apis\/.*$/, '') : url.replace(/\/+$/, '');

function overriddenPorts(ports: Ports, env: NodeJS.ProcessEnv): Ports {
  const result = { ...ports };
  for (const name of PORT_NAMES) {
    const variable = portVariable(name);
    const text = env[variable];
    if (text === undefined || text === '') continue;
    const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (port < 1 || port > 65_535) {
      throw new ConnectError('USAGE', `${variable} must be a port from 1 to 65535`, {
        hint: `unset ${variable} to use port ${ports[name]} of connect.yaml`,
      });
    }
    result[name] = port;
  }
  const clash = twice(result);
  if (clash !== undefined) {
    const [one, other] = clash;
    throw new ConnectError('USAGE', `ports ${one} and ${other} of the local stack are both ${result[one]}`, {
      hint: `check ${portVariable(one)} and ${portVariable(other)}`,
    });
  }
  return result;
}

function twice(ports: Ports): [PortName, PortName] | undefined {
  for (const name of PORT_NAMES) {
    const owner = PORT_NAMES.find((one) => ports[one] === ports[name]);
    if (owner !== undefined && owner !== name) return [owner, name];
  }
  return undefined;
}

/** What the schema cannot say about `connect.yaml`. `root` is the project's folder. */
export function checkEnvironments(file: YamlFile, document: EnvironmentsDocument, root: string): Problem[] {
  const problems = checkSecretRules(file, document);
  const names = Object.keys(document.environments);
  if (!names.includes(document.default)) {
    const guess = didYouMean(document.default, names);
    const message = `no environment "${document.default}"; allowed: ${names.join(', ')}${guess}`;
    problems.push(file.problemAt(['default'], message));
  }
  for (const [name, form] of Object.entries(document.environments)) {
    if ('stack' in form) problems.push(...checkPorts(file, name, form.stack.ports));
    else {
      problems.push(...checkKafka(file, ['environments', name, 'kafka'], form.kafka, form.connect));
      problems.push(...checkHttp(file, ['environments', name, 'registry'], form.registry));
      problems.push(...checkDatabase(file, ['environments', name], { ...form, root }));
      problems.push(...checkFeed(file, ['environments', name, 'feed'], form.feed));
      const { registryUrl = registryOfWorker(form.worker.converter, form.registry.url) } = form.worker;
      const worker = { ...form.worker, registryUrl };
      problems.push(...checkWorker(file, ['environments', name], { ...form, worker }));
      problems.push(...targetRules(form.connect).check(file, { environment: name, ...form }));
    }
  }
  return problems;
}

function checkPorts(file: YamlFile, environment: string, ports: Ports): Problem[] {
  const clash = twice(ports);
  if (clash === undefined) return [];
  const message = `port ${ports[clash[1]]} is already taken by ${clash[0]}; each part needs its own`;
  return [file.problemAt(['environments', environment, 'stack', 'ports', clash[1]], message)];
}

/** What the targets of the environments have against the definitions. */
export const checkStreamsOnTargets = (document: EnvironmentsDocument, streams: readonly DefinedStream[]): Problem[] =>
  Object.entries(document.environments).flatMap(([name, form]) => {
    if ('stack' in form) return [];
    return streams.flatMap((defined) => targetRules(form.connect).checkStream(defined, { environment: name, ...form }));
  });
