import { ConnectError, ifFound } from '../../core/errors.ts';
import { createHttp, type HttpReply } from '../../core/http.ts';
import { secretsOf } from '../../core/http-login.ts';
import { createScrub, type Scrub } from '../../core/scrub.ts';
import { isOlder } from '../../core/version.ts';
import type { HttpConnection } from '../../pipeline/connections.ts';
import type { ConfigFinding, Plugin, WorkerInfo } from '../host.ts';
import type { ObservedSink, RunState, SinkConfig, SinkOffset } from '../sink-config.ts';
import { replyError } from './errors.ts';

/** A connector's states as the worker reports them; secrets in traces are replaced. */
export type ConnectorStatus = Pick<ObservedSink, 'state' | 'worker' | 'trace' | 'tasks'>;

export interface RestApiOptions extends HttpConnection {
  /** Values that no answer may repeat, e.g. the database password. */
  readonly secrets?: readonly string[] | undefined;
  readonly timeoutMs?: number | undefined;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * A Kafka Connect cluster by its REST API: one method for each call. What does not exist is undefined where a question allows
 * it; otherwise NOT_FOUND. A cluster that is busy with a rebalance is NOT_READY, which may be tried again. No answer holds a
 * resolved secret. Errors: UNREACHABLE, TIMEOUT, NOT_READY, NOT_FOUND, REFUSED.
 */
export type RestApi = ReturnType<typeof createRestApi>;

export function createRestApi(options: RestApiOptions) {
  const { secrets = [], auth, tls, url, timeoutMs } = options;
  const label = `Kafka Connect at ${new URL(url).host}`;
  const scrub = createScrub([...secrets, ...secretsOf(auth)]);
  const http = createHttp({
    what: 'Kafka Connect',
    baseUrl: url,
    // Also where there is no body: axios would call an empty PUT a form, which a worker refuses.
    headers: { 'Content-Type': 'application/json' },
    hint: 'check connect.url of the environment and that the worker runs; the local one is started by `connect up`',
    settings: 'connect',
    auth,
    tls,
    timeoutMs,
  });

  async function ask<T>(what: string, method: Method, path: string, body?: unknown): Promise<HttpReply<T>> {
    const reply = await http.request<T>(method, path, body);
    const error = replyError(reply, { label, what }, scrub);
    if (error !== undefined) throw error;
    return reply;
  }

  const call = async <T>(what: string, method: Method, path: string, body?: unknown): Promise<T> =>
    (await ask<T>(what, method, path, body)).body;

  const find = <T>(what: string, path: string): Promise<T | undefined> => ifFound(call<T>(what, 'GET', path));

  const at = (name: string): string => `/connectors/${encodeURIComponent(name)}`;

  async function worker(): Promise<WorkerInfo> {
    const { body, date } = await ask<{ readonly version: string }>('say its version', 'GET', '/');
    return { version: body.version, date };
  }

  return {
    label,
    scrub,
    worker,
    list: () => call<string[]>('list its connectors', 'GET', '/connectors'),
    /** Configuration and state of every connector, in one answer; one that has just been made may have no state yet. */
    async all() {
      const path = '/connectors?expand=info&expand=status';
      const reply = await call<Record<string, ExpandedReply>>('show its connectors', 'GET', path);
      return new Map(
        Object.entries(reply).flatMap(([name, { info, status }]) =>
          info === undefined
            ? []
            : [[name, { config: info.config, status: status && toStatus(status, scrub) }] as const],
        ),
      );
    },
    config: (name: string) => find<SinkConfig>(`show the configuration of ${name}`, `${at(name)}/config`),
    /** Creates the connector or replaces its whole configuration; answers before anything has run. */
    putConfig: (name: string, config: SinkConfig) => call<void>(`deploy ${name}`, 'PUT', `${at(name)}/config`, config),
    /**
     * Creates a connector that is PAUSED or STOPPED from its first moment, so that it has read nothing. Errors: REFUSED where
     * the cluster cannot.
     */
    async createHeld(name: string, config: SinkConfig, state: 'PAUSED' | 'STOPPED'): Promise<void> {
      const { version } = await worker();
      if (isOlder(version, '3.7')) {
        const message = `${label} is version ${version}, which cannot create ${name} ${state}: it would read records first`;
        throw new ConnectError('REFUSED', message, {
          details: { connector: name, version },
          hint: 'Kafka Connect 3.7 or newer can; here, deploy it without sink.state and --from',
        });
      }
      await call(`create ${name}`, 'POST', '/connectors', { name, config, initial_state: state });
    },
    /** What the worker has against a configuration; empty when it accepts it. */
    async validate(config: SinkConfig): Promise<ConfigFinding[]> {
      const plugin = encodeURIComponent(config['connector.class'] ?? '');
      const path = `/connector-plugins/${plugin}/config/validate`;
      const reply = await call<ValidateReply>(`validate ${config.name ?? 'the configuration'}`, 'PUT', path, config);
      return toFindings(reply, config, scrub);
    },
    async status(name: string): Promise<ConnectorStatus | undefined> {
      const reply = await find<StatusReply>(`show the status of ${name}`, `${at(name)}/status`);
      return reply && toStatus(reply, scrub);
    },
    /** The configurations that the tasks were last given. */
    async tasks(name: string) {
      const reply =
        (await find<{ readonly id: { readonly task: number }; readonly config: SinkConfig }[]>(
          `list the tasks of ${name}`,
          `${at(name)}/tasks`,
        )) ?? [];
      return reply.map(({ id, config }) => ({ id: id.task, config })).sort((a, b) => a.id - b.id);
    },
    /** Restarts the connector and its tasks, or only those that failed. */
    restart: (name: string, { onlyFailed }: { readonly onlyFailed: boolean }) =>
      call<void>(`restart ${name}`, 'POST', `${at(name)}/restart?includeTasks=true&onlyFailed=${onlyFailed}`),
    pause: (name: string) => call<void>(`pause ${name}`, 'PUT', `${at(name)}/pause`),
    resume: (name: string) => call<void>(`resume ${name}`, 'PUT', `${at(name)}/resume`),
    /** Stops it for good, so that offsets can be changed; `resume` starts it again. */
    stop: (name: string) => call<void>(`stop ${name}`, 'PUT', `${at(name)}/stop`),
    /** Removes the connector. Its offsets stay and are resumed under the same name. */
    remove: (name: string) => call<void>(`delete ${name}`, 'DELETE', at(name)),
    async offsets(name: string): Promise<SinkOffset[]> {
      const reply = await call<OffsetsReply>(`show the offsets of ${name}`, 'GET', `${at(name)}/offsets`);
      return reply.offsets.map(toSinkOffset);
    },
    /** Only on a stopped connector. */
    setOffsets: (name: string, offsets: readonly SinkOffset[]) => {
      const body: OffsetsReply = { offsets: offsets.map(fromSinkOffset) };
      return call<void>(`set the offsets of ${name}`, 'PATCH', `${at(name)}/offsets`, body);
    },
    /** Only on a stopped connector: forgets all offsets. */
    resetOffsets: (name: string) => call<void>(`reset the offsets of ${name}`, 'DELETE', `${at(name)}/offsets`),
    plugins: () => call<Plugin[]>('list its plugins', 'GET', '/connector-plugins?connectorsOnly=false'),
  };
}

interface StateReply {
  readonly state: RunState;
  readonly worker_id: string;
  readonly trace?: string;
}

interface StatusReply {
  readonly connector: StateReply;
  readonly tasks: readonly (StateReply & { readonly id: number })[];
}

interface ValidateReply {
  readonly configs: readonly {
    readonly value: { readonly name: string; readonly value: string | null; readonly errors: readonly string[] };
  }[];
}

interface OffsetReply {
  readonly partition: { readonly kafka_topic: string; readonly kafka_partition: number };
  readonly offset: { readonly kafka_offset: number } | null;
}

interface ExpandedReply {
  readonly info?: { readonly config: SinkConfig };
  readonly status?: StatusReply;
}

interface OffsetsReply {
  readonly offsets: readonly OffsetReply[];
}

function toStatus({ connector, tasks }: StatusReply, scrub: Scrub): ConnectorStatus {
  const state = (reply: StateReply) => ({
    state: reply.state,
    worker: reply.worker_id,
    trace: reply.trace === undefined ? undefined : scrub(reply.trace),
  });
  return {
    ...state(connector),
    tasks: tasks.map((task) => ({ id: task.id, ...state(task) })).sort((a, b) => a.id - b.id),
  };
}

/**
 * The worker resolves references before it validates, and repeats resolved values in its answer, also inside messages.
 * Values are left out altogether, and what a reference resolved to is hidden wherever a message repeats it.
 */
function toFindings(reply: ValidateReply, submitted: SinkConfig, scrub: Scrub): ConfigFinding[] {
  const resolved = reply.configs
    .map(({ value }) => ({ given: submitted[value.name], answered: value.value }))
    .filter(({ given, answered }) => given?.includes('${') && answered !== given)
    .map(({ answered }) => answered ?? '');
  const hideResolved = createScrub(resolved);
  return reply.configs
    .filter(({ value }) => value.errors.length > 0)
    .map(({ value }) => ({ key: value.name, errors: value.errors.map((text) => scrub(hideResolved(text))) }));
}

const toSinkOffset = ({ partition, offset }: OffsetReply): SinkOffset => ({
  topic: partition.kafka_topic,
  partition: partition.kafka_partition,
  offset: offset === null ? undefined : BigInt(offset.kafka_offset),
});

const fromSinkOffset = ({ topic, partition, offset }: SinkOffset): OffsetReply => ({
  partition: { kafka_topic: topic, kafka_partition: partition },
  offset: offset === undefined ? null : { kafka_offset: Number(offset) },
});
