import type { SinkHost } from '../connectors/host.ts';
import { kafkaConnection } from '../connectors/kafka-connection.ts';
import type { CallBounds } from '../connectors/msk/sdk/client.ts';
import type { StoppedSinks } from '../connectors/msk/stopped-sinks.ts';
import type { StartFrom } from '../connectors/plan/start-plan.ts';
import { renderSink } from '../connectors/render/render-sink.ts';
import type { DesiredSink } from '../connectors/sink-config.ts';
import { createSinkGroups, type SinkGroups } from '../connectors/sink-group.ts';
import type { KafkaConnection } from '../core/kafka.ts';
import type { PostgresConnection } from '../core/postgres.ts';
import { createScrub, type Scrub } from '../core/scrub.ts';
import { stoppedMarks } from '../operate/stopped-marks.ts';
import {
  type FeedConnection,
  feedConnection,
  type HttpConnection,
  httpConnection,
  migratorConnection,
  readerConnection,
  type Secrets,
  sinkConnection,
} from '../pipeline/connections.ts';
import { findProjectRoot, loadProject, projectFile, selectEnvironment, selectStreams } from '../pipeline/load.ts';
import { resolveSecret } from '../pipeline/secrets.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { type AvroSchema, loadAvroSchema } from '../schemas/avro-schema.ts';
import type { SharedDecoder } from '../schemas/record-decoder.ts';
import type { SchemaRegistry } from '../schemas/registry.ts';
import { keyFileSecrets, projectSecrets, recordFields, stackSecrets } from './known-secrets.ts';

/** What a verb gets from the process that it runs in. */
export interface Runtime {
  /** The project is looked for from here upwards. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted when the user interrupts. */
  readonly signal: AbortSignal;
  /** Receives each secret before a verb uses it, so that no output repeats it. `fields`: names in records, which are no names of secrets. */
  learn(secrets: Iterable<string>, fields?: Iterable<string>): void;
}

/** What a program gives that uses this package, in place of the command line. */
export interface RuntimeOptions {
  /** A folder of the project: it is looked for from here upwards. */
  readonly folder: string;
  /** Where references `${env:NAME}` get their values: `process.env`, or a part of it. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends what runs. Default: nothing does. */
  readonly signal?: AbortSignal | undefined;
  /** Hears each secret before it is used, for programs that must not log it. */
  readonly onSecret?: ((secret: string) => void) | undefined;
}

/** Makes the runtime of a program that uses this package. */
export const createRuntime = ({ folder, env, signal, onSecret }: RuntimeOptions): Runtime => ({
  cwd: folder,
  env,
  signal: signal ?? new AbortController().signal,
  learn: (secrets) => {
    if (onSecret !== undefined) for (const secret of secrets) onSecret(secret);
  },
});

/** Which of the project's streams a verb is about: all, unless it says some. */
export interface StreamSelection {
  readonly only?: readonly string[] | undefined;
}

/** What a verb is opened with. */
export interface SessionOptions extends StreamSelection {
  /** No answer of a cloud service is waited for longer than this, which is the user's bound of the verb's waits. */
  readonly timeoutMs?: number | undefined;
}

/** Loads the project around `cwd`. Errors: USAGE without one; INVALID_DEFINITION with every problem of every file in `details.problems`. */
export function openProject({ cwd, env, learn }: Runtime): Project {
  const root = findProjectRoot(cwd, env);
  learn(stackSecrets(root));
  const project = loadProject(root, env);
  learn(projectSecrets(project, env), recordFields(project));
  learn(keyFileSecrets(project));
  return project;
}

/** Opens one environment of a project. No part is asked for anything yet. Errors: USAGE for an unknown name. */
export const openEnvironment = (
  project: Project,
  name: string | undefined,
  runtime: Runtime & SessionOptions,
): Session => new Session(project, selectEnvironment(project, name), runtime);

/**
 * An environment, and the way to each of its parts. Whatever needs a secret or a heavy package is opened when it is used, so
 * that a verb which asks no server needs neither. Errors of the ways: USAGE for a secret that cannot be resolved.
 */
export class Session {
  readonly project: Project;
  readonly environment: Environment;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Of each call to a cloud service. */
  readonly callBounds: CallBounds;
  /** Resolves `${env:…}` and `${file:…}` references. */
  readonly secrets: Secrets;
  /** Receives each secret that a verb has read otherwise, so that no output repeats it. */
  readonly learn: Runtime['learn'];
  readonly #only: readonly string[] | undefined;
  #kafka: KafkaConnection | undefined;
  #host: Promise<SinkHost> | undefined;
  #isWithoutBrokers = false;

  constructor(project: Project, environment: Environment, options: Runtime & SessionOptions) {
    const { env, signal, learn, only, timeoutMs } = options;
    this.project = project;
    this.environment = environment;
    this.env = env;
    this.signal = signal;
    this.callBounds = { signal, timeoutMs };
    this.learn = learn;
    this.#only = only;
    this.secrets = (reference) => {
      const value = resolveSecret(reference, { root: project.root, env, rules: project.secrets ?? {} });
      learn([value]);
      return value;
    };
  }

  /** The selected streams, in the project's order. Errors: USAGE for an unknown name, or when the project has none. */
  get streams(): readonly StreamDefinition[] {
    return selectStreams(this.project, this.#only);
  }

  /** One for all, because it keeps the brokers that an MSK cluster has named. */
  get kafka(): KafkaConnection {
    this.#kafka ??= kafkaConnection(this.environment, this.secrets, this.callBounds);
    return this.#kafka;
  }

  /** The database for whoever changes tables. */
  get asMigrator(): PostgresConnection {
    return migratorConnection(this.environment, this.secrets);
  }

  /** The database for whoever writes rows as a sink does. */
  get asSink(): PostgresConnection {
    return sinkConnection(this.environment, this.secrets);
  }

  /** The database for whoever only looks. */
  get asReader(): PostgresConnection {
    return readerConnection(this.environment, this.secrets);
  }

  get feed(): FeedConnection {
    return feedConnection(this.environment, this.secrets);
  }

  get registryAddress(): HttpConnection {
    return httpConnection(this.environment.registry, this.secrets);
  }

  async registry(): Promise<SchemaRegistry> {
    const { createSchemaRegistry } = await import('../schemas/registry.ts');
    return createSchemaRegistry(this.registryAddress);
  }

  /** Decodes records of any stream; it keeps the schemas that it has fetched. */
  async decoder(): Promise<SharedDecoder> {
    const { createRecordDecoder } = await import('../schemas/record-decoder.ts');
    return createRecordDecoder(this.registryAddress);
  }

  /** Where the sinks run; one for all, because it keeps what a plan has shown. */
  host(): Promise<SinkHost> {
    this.#host ??= import('./choose-host.ts').then(({ chooseHost }) => chooseHost(this));
    return this.#host;
  }

  /** The consumer groups of the sinks. The same object before and after `leaveOutBrokers`, because a host keeps it. */
  get groups(): SinkGroups {
    return createSinkGroups(this.kafka, () => this.#isWithoutBrokers);
  }

  /** The sinks that are stopped where the host has no word for it. */
  get stopped(): StoppedSinks {
    return stoppedMarks(this.kafka, this.project.streams, () => this.#isWithoutBrokers);
  }

  /** From now on nothing is known of the consumer groups: the brokers cannot be reached. */
  leaveOutBrokers(): void {
    this.#isWithoutBrokers = true;
  }

  /** A stream's sink as the files want it. `from`: where it begins when it has to be created. */
  desiredSink(stream: StreamDefinition, from: StartFrom = 'resume'): DesiredSink {
    return { stream, config: renderSink(stream, this.environment, this.schema(stream).fields), from };
  }

  /** Hides the project's secrets in a text. */
  get scrub(): Scrub {
    return createScrub(projectSecrets(this.project, this.env), new Set(recordFields(this.project)));
  }

  /** Absolute path of a file that a definition names. */
  file(relative: string): string {
    return projectFile(this.project, relative);
  }

  /** The Avro schema of a stream's values. Errors: INVALID_DEFINITION. */
  schema({ schema }: Pick<StreamDefinition, 'schema'>): AvroSchema {
    return loadAvroSchema(this.file(schema));
  }
}
