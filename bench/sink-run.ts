import type { SinkHost } from '../connectors/host.ts';
import { renderSink } from '../connectors/render/render-sink.ts';
import { createRestApi, type RestApi } from '../connectors/rest/api.ts';
import { createRestHost } from '../connectors/rest/host.ts';
import type { SinkConfig } from '../connectors/sink-config.ts';
import { createSinkGroups } from '../connectors/sink-group.ts';
import { failuresOf } from '../connectors/wait/failure.ts';
import { withRetry } from '../connectors/wait/retry-policy.ts';
import { ConnectError } from '../core/errors.ts';
import type { PostgresConnection } from '../core/postgres.ts';
import { httpConnection, knownSecrets } from '../pipeline/connections.ts';
import type { RestConnect, StreamDefinition } from '../pipeline/types.ts';
import { type Arrival, type ArrivalOptions, awaitRows } from './arrival.ts';
import type { BenchStack } from './stack.ts';

export interface SinkRun {
  /** Names the connector; its consumer group is new with each name. */
  readonly name: string;
  readonly topic: string;
  readonly database: PostgresConnection;
  readonly rows: number;
  /** Whose table is written; default: the stack's stream. */
  readonly stream?: StreamDefinition;
  /** Settings that differ from what the definition renders; undefined takes one away. */
  readonly changes?: Readonly<Record<string, string | undefined>>;
  /** Instead of the rendered settings: a configuration of another hand. */
  readonly config?: SinkConfig;
  readonly timeoutMs?: number;
  readonly onRows?: ArrivalOptions['onRows'];
}

const restApi = ({ environment, secrets }: BenchStack): RestApi =>
  createRestApi({
    // The embedded stack has a Connect cluster of its own.
    ...httpConnection(environment.connect as RestConnect, secrets),
    secrets: knownSecrets(environment, secrets),
  });

export const sinkHost = (stack: BenchStack): SinkHost => createRestHost(restApi(stack), createSinkGroups(stack.kafka));

/** The stream under another topic and connector name. */
export const renamed = (stream: StreamDefinition, topic: string, name: string): StreamDefinition => ({
  ...stream,
  topic: { ...stream.topic, name: topic },
  sink: { ...stream.sink, name },
});

/** What this package deploys, for another topic and database. */
export function renderedSink(stack: BenchStack, run: SinkRun): SinkConfig {
  const { host, port, database } = run.database;
  const worker = { ...stack.environment.worker, databaseUrl: `jdbc:postgresql://${host}:${port}/${database}` };
  const config = renderSink(
    renamed(run.stream ?? stack.stream, run.topic, run.name),
    { ...stack.environment, worker },
    stack.schema.fields,
  );
  const changed = { ...config, ...run.changes };
  return Object.fromEntries(
    Object.entries(changed).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Deploys a sink, waits until every record of the topic is a row, and removes it. Errors: REFUSED when a task fails. */
export async function runSink(stack: BenchStack, run: SinkRun): Promise<Arrival> {
  const api = restApi(stack);
  const config = run.config ?? renderedSink(stack, run);
  await withRetry(() => api.putConfig(run.name, config));
  try {
    return await awaitRows({
      database: run.database,
      rows: run.rows,
      ...(run.timeoutMs === undefined ? {} : { timeoutMs: run.timeoutMs }),
      ...(run.onRows === undefined ? {} : { onRows: run.onRows }),
      check: async () => {
        const status = await api.status(run.name).catch(() => undefined);
        const [failure] = status === undefined ? [] : failuresOf(status, renamed(stack.stream, run.topic, run.name));
        if (failure !== undefined) throw new ConnectError('REFUSED', `${run.name} has failed: ${failure.cause}`);
      },
    });
  } finally {
    await withRetry(() => api.remove(run.name));
  }
}
