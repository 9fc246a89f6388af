import type { SinkHost } from '../../connectors/host.ts';
import { kafkaConnection } from '../../connectors/kafka-connection.ts';
import { renderSink } from '../../connectors/render/render-sink.ts';
import type { SinkConfig } from '../../connectors/sink-config.ts';
import { createAdmin } from '../../core/kafka.ts';
import { silentLogger } from '../../core/log.ts';
import { once } from '../../core/once.ts';
import { withPostgres } from '../../core/postgres.ts';
import { feedConnection, httpConnection, readerConnection, type Secrets } from '../../pipeline/connections.ts';
import type { AdapterDefinition } from '../../pipeline/feed.ts';
import { projectFile } from '../../pipeline/load.ts';
import type { Environment, Project, StreamDefinition } from '../../pipeline/types.ts';
import { adapterHealth } from '../../producer/adapter/adapter-health.ts';
import { openChannel, openFeed } from '../../producer/feed/client.ts';
import { feedServiceOf } from '../../producer/feed/feed-service.ts';
import { readCheckpoint } from '../../producer/kafka/checkpoint-store.ts';
import { loadAvroSchema } from '../../schemas/avro-schema.ts';
import { createSchemaRegistry } from '../../schemas/registry.ts';
import { countOpen, meanRejectedBytes, type SourceCounts } from '../dead-letters/open-records.ts';
import { type AcceptedGap, readAcceptedGaps } from '../gaps.ts';
import { freeBytes } from './free-bytes.ts';

/** A server that the checks ask. */
export type Part = 'kafka' | 'worker' | 'registry' | 'postgres' | 'feed';

/** This machine, where it runs the stack itself. */
export interface Machine {
  readonly nodeVersion: string;
  /** Version of the Java that would run the stack. Errors: ENVIRONMENT. */
  java(): Promise<string>;
  /** The folders here that fill up, and what each is for. */
  readonly folders: readonly { readonly what: string; readonly path: string }[];
}

/** What is examined. */
export interface Examined {
  readonly project: Project;
  readonly environment: Environment;
  readonly streams: readonly StreamDefinition[];
  readonly machine: Machine;
  readonly host: SinkHost;
}

/** What the checks may ask. An answer that several checks need is asked for once. */
export type Probes = ReturnType<typeof createProbes>;

/** A module that says nothing is not well. */
const HEALTH_MS = 10_000;
const CLIENT_ID = 'perps-connect-doctor';

/** Opens nothing before a check asks. */
export function createProbes(examined: Examined, secrets: Secrets) {
  const { project, environment, host } = examined;
  const database = readerConnection(environment, secrets);
  const connection = kafkaConnection(environment, secrets);
  const kafka = createAdmin(connection, CLIENT_ID, 1);
  const sinkConfig = (stream: StreamDefinition): SinkConfig =>
    renderSink(stream, environment, loadAvroSchema(projectFile(project, stream.schema)).fields);
  return {
    ...examined,
    database,
    registry: createSchemaRegistry(httpConnection(environment.registry, secrets)),
    kafka: once(() => kafka.connect()),
    acceptedGaps: (stream: StreamDefinition): Promise<readonly AcceptedGap[]> =>
      readAcceptedGaps({ stream, kafka: connection }),
    /** Of so many refused updates and dead-letter records, those that are neither replayed nor discarded. */
    openRecords: (stream: StreamDefinition, counts: SourceCounts) =>
      countOpen({ stream, kafka: connection }, counts, { each: 'record' }),
    /** Mean size of the oldest refused updates. */
    meanRejectedBytes: (stream: StreamDefinition) => meanRejectedBytes({ stream, kafka: connection }),
    query: <Row extends object>(sql: string): Promise<readonly Row[]> =>
      withPostgres(database, async (client) => (await client.query<Row>(sql)).rows),
    /** What the worker has installed; undefined when the host does not say. */
    plugins: once(async () => host.plugins?.()),
    /** What the worker has against a stream's sink; undefined when the host validates nothing. */
    validate: onceEach(async (stream) => host.validate?.(sinkConfig(stream))),
    /** The `Date` header of an answer of the worker; undefined when it sends none. */
    workerDate: async () => (await host.worker?.())?.date,
    /** The configuration that the files make of a stream's sink. */
    sinkConfig,
    freeBytes,
    /** What the stream's feed can replay; undefined for one with a method of its own, which takes connections and says no more. */
    async feedWindow(stream: StreamDefinition) {
      const service = feedServiceOf(project.root, stream);
      const address = feedConnection(environment, secrets);
      const feed = service.kind === 'replay' ? openFeed({ ...address, service }) : openChannel(address);
      try {
        if ('replayInfo' in feed) return await feed.replayInfo();
        await feed.reach();
        return undefined;
      } finally {
        feed.close();
      }
    },
    /** What the module says that reads the stream's feed. */
    feedHealth: (stream: StreamDefinition, adapter: AdapterDefinition) =>
      adapterHealth(
        {
          root: project.root,
          stream: stream.name,
          adapter,
          connection: feedConnection(environment, secrets),
          logger: silentLogger,
        },
        AbortSignal.timeout(HEALTH_MS),
      ),
    /** The last checkpoint of the stream's producer; undefined when there is none. Errors: NOT_FOUND without its topic. */
    checkpoint: (stream: StreamDefinition) => readCheckpoint(connection, stream, { clientId: CLIENT_ID }),
    // Not awaited: it would wait for a broker that takes connections and says nothing.
    close: () => void kafka.close().catch(() => {}),
  };
}

function onceEach<T>(ask: (stream: StreamDefinition) => Promise<T>): (stream: StreamDefinition) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (stream) => {
    const answer = answers.get(stream.name) ?? ask(stream);
    answers.set(stream.name, answer);
    return answer;
  };
}
