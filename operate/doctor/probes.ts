import { dirname } from 'node:path';
import { abilityOf, type ConfigFinding, type Plugin, type SinkHost } from '../../connectors/host.ts';
import { kafkaConnection } from '../../connectors/kafka-connection.ts';
import { renderSink } from '../../connectors/render/render-sink.ts';
import type { SinkConfig } from '../../connectors/sink-config.ts';
import { createAdmin } from '../../core/kafka.ts';
import type { KafkaAdmin } from '../../core/kafka-admin.ts';
import { once } from '../../core/once.ts';
import { type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { databaseConnection, feedConnection, httpConnection, type Secrets } from '../../pipeline/connections.ts';
import { projectFile } from '../../pipeline/load.ts';
import { checkpointTopic } from '../../pipeline/names.ts';
import type { Environment, Project, StreamDefinition } from '../../pipeline/types.ts';
import { openFeed } from '../../producer/feed/client.ts';
import { loadFeedService } from '../../producer/feed/protocol.ts';
import type { ResumePoint } from '../../producer/kafka/checkpoint.ts';
import { readCheckpoint } from '../../producer/kafka/checkpoint-store.ts';
import { loadAvroSchema } from '../../schemas/avro-schema.ts';
import { createSchemaRegistry, type SchemaRegistry } from '../../schemas/registry.ts';
import { countOpen, type SourceCounts } from '../dead-letters/open-records.ts';
import { type GapMark, readAcceptedGaps } from '../gaps.ts';
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
export interface Probes extends Examined {
  readonly database: PostgresConnection;
  readonly registry: SchemaRegistry;
  kafka(): Promise<KafkaAdmin>;
  acceptedGaps(stream: StreamDefinition): Promise<readonly GapMark[]>;
  /** Of so many refused updates and dead-letter records, those that are neither replayed nor discarded. */
  openRecords(stream: StreamDefinition, counts: SourceCounts): Promise<SourceCounts>;
  query<Row extends object>(sql: string): Promise<readonly Row[]>;
  plugins(): Promise<readonly Plugin[]>;
  /** What the worker has against a stream's sink. */
  validate(stream: StreamDefinition): Promise<readonly ConfigFinding[]>;
  /** The `Date` header of an answer of the worker; undefined when it sends none. */
  workerDate(): Promise<Date | undefined>;
  /** The configuration that the files make of a stream's sink. */
  sinkConfig(stream: StreamDefinition): SinkConfig;
  /** What the stream's feed can replay. */
  feedWindow(stream: StreamDefinition): Promise<{ readonly earliest: bigint; readonly latest: bigint }>;
  /** The last checkpoint of the stream's producer; undefined when there is none. Errors: NOT_FOUND without its topic. */
  checkpoint(stream: StreamDefinition): Promise<ResumePoint | undefined>;
  /** Free space where this path is, or will be. */
  freeBytes(path: string): Promise<number>;
  close(): void;
}

const CLIENT_ID = 'perps-connect-doctor';

/** Opens nothing before a check asks. */
export function createProbes(examined: Examined, secrets: Secrets): Probes {
  const { project, environment, host } = examined;
  const database = databaseConnection(environment, secrets);
  const connection = kafkaConnection(environment, secrets);
  const kafka = createAdmin(connection, CLIENT_ID, 1);
  const sinkConfig = (stream: StreamDefinition): SinkConfig =>
    renderSink(stream, environment, loadAvroSchema(projectFile(project, stream.schema)).fields);
  return {
    ...examined,
    database,
    registry: createSchemaRegistry(httpConnection(environment.registry, secrets)),
    kafka: once(() => kafka.connect()),
    acceptedGaps: (stream) => readAcceptedGaps({ stream, kafka: connection }),
    openRecords: (stream, counts) => countOpen({ stream, kafka: connection }, counts, { each: 'record' }),
    query: <Row extends object>(sql: string) =>
      withPostgres(database, async (client) => (await client.query<Row>(sql)).rows),
    plugins: once(async () => abilityOf(host, 'plugins')()),
    validate: onceEach(async (stream) => abilityOf(host, 'validate')(sinkConfig(stream))),
    workerDate: async () => (await host.worker?.())?.date,
    sinkConfig,
    freeBytes,
    async feedWindow(stream) {
      const proto = projectFile(project, stream.feed.proto);
      const service = loadFeedService(proto, [dirname(proto), project.root], stream.feed.service);
      const feed = openFeed({ ...feedConnection(environment, secrets), service });
      try {
        return await feed.replayInfo();
      } finally {
        feed.close();
      }
    },
    checkpoint: (stream) =>
      readCheckpoint(connection, { topic: checkpointTopic(stream), stream: stream.name, clientId: CLIENT_ID }),
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
