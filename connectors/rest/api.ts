import { ConnectError } from '../../core/errors.ts';
import { createHttp, type HttpReply } from '../../core/http.ts';
import { createScrub, type Scrub } from '../../core/scrub.ts';
import { isOlder } from '../../core/version.ts';
import type { SinkConfig } from '../render/render-sink.ts';
import type {
  ConfigFinding,
  ConnectorInfo,
  ConnectorStatus,
  ConnectTarget,
  Plugin,
  RunState,
  SettingDefinition,
  SinkOffset,
  WorkerInfo,
} from '../targets/target.ts';
import { replyError } from './errors.ts';

export interface RestTargetOptions {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Values that no answer may repeat, e.g. the database password. */
  readonly secrets?: readonly string[];
  readonly timeoutMs?: number;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A Kafka Connect cluster by its REST API. Errors: UNREACHABLE, TIMEOUT, NOT_READY, NOT_FOUND, REFUSED. */
export function createRestTarget(options: RestTargetOptions): ConnectTarget {
  const { secrets = [], username, password, url, timeoutMs } = options;
  const label = `Kafka Connect at ${new URL(url).host}`;
  const scrub = createScrub(password === undefined ? secrets : [...secrets, password]);
  const http = createHttp({
    what: 'Kafka Connect',
    baseUrl: url,
    // Also where there is no body: axios would call an empty PUT a form, which a worker refuses.
    headers: { 'Content-Type': 'application/json' },
    hint: 'check connect.url of the environment and that the worker runs; the local one is started by `connect up`',
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });

  async function call<T>(what: string, method: Method, path: string, body?: unknown): Promise<T> {
    const reply = await http.request<T>(method, path, body);
    const error = replyError(reply, { label, what }, scrub);
    if (error !== undefined) throw error;
    return reply.body;
  }

  /** As `call`, but what does not exist is undefined. */
  async function find<T>(what: string, path: string): Promise<T | undefined> {
    const reply: HttpReply<T> = await http.request<T>('GET', path);
    const error: ConnectError | undefined = replyError(reply, { label, what }, scrub);
    if (error?.code === 'NOT_FOUND') return undefined;
    if (error !== undefined) throw error;
    return reply.body;
  }

  const at = (name: string): string => `/connectors/${encodeURIComponent(name)}`;

  async function worker(): Promise<WorkerInfo> {
    const reply = await call<WorkerReply>('say its version', 'GET', '/');
    return { version: reply.version, commit: reply.commit, kafkaClusterId: reply.kafka_cluster_id };
  }

  return {
    label,
    worker,
    list: () => call<string[]>('list its connectors', 'GET', '/connectors'),
    async info(name) {
      const reply = await find<InfoReply>(`describe ${name}`, at(name));
      return reply && toInfo(reply);
    },
    config: (name) => find<SinkConfig>(`show the configuration of ${name}`, `${at(name)}/config`),
    async putConfig(name, config) {
      await call(`deploy ${name}`, 'PUT', `${at(name)}/config`, config);
    },
    async createHeld(name, config, state) {
      const { version } = await worker();
      if (isOlder(version, '3.7')) throw cannotHold(label, name, version, state);
      await call(`create ${name}`, 'POST', '/connectors', { name, config, initial_state: state });
    },
    async validate(config) {
      const plugin = encodeURIComponent(config['connector.class'] ?? '');
      const path = `/connector-plugins/${plugin}/config/validate`;
      const reply = await call<ValidateReply>(`validate ${config.name ?? 'the configuration'}`, 'PUT', path, config);
      return toFindings(reply, config, scrub);
    },
    async status(name) {
      const reply = await find<StatusReply>(`show the status of ${name}`, `${at(name)}/status`);
      return reply && toStatus(reply, scrub);
    },
    async tasks(name) {
      const reply = await call<TaskReply[]>(`list the tasks of ${name}`, 'GET', `${at(name)}/tasks`);
      return reply.map(({ id, config }) => ({ id: id.task, config })).sort((a, b) => a.id - b.id);
    },
    async restart(name, { onlyFailed }) {
      await call(`restart ${name}`, 'POST', `${at(name)}/restart?includeTasks=true&onlyFailed=${onlyFailed}`);
    },
    async restartTask(name, task) {
      await call(`restart task ${task} of ${name}`, 'POST', `${at(name)}/tasks/${task}/restart`);
    },
    async pause(name) {
      await call(`pause ${name}`, 'PUT', `${at(name)}/pause`);
    },
    async resume(name) {
      await call(`resume ${name}`, 'PUT', `${at(name)}/resume`);
    },
    async stop(name) {
      await call(`stop ${name}`, 'PUT', `${at(name)}/stop`);
    },
    async remove(name) {
      await call(`delete ${name}`, 'DELETE', at(name));
    },
    async offsets(name) {
      const reply = await call<OffsetsReply>(`show the offsets of ${name}`, 'GET', `${at(name)}/offsets`);
      return reply.offsets.map(toSinkOffset);
    },
    async setOffsets(name, offsets) {
      const body: OffsetsReply = { offsets: offsets.map(fromSinkOffset) };
      const reply = await call<{ message: string }>(`set the offsets of ${name}`, 'PATCH', `${at(name)}/offsets`, body);
      return reply.message;
    },
    async resetOffsets(name) {
      const reply = await call<{ message: string }>(`reset the offsets of ${name}`, 'DELETE', `${at(name)}/offsets`);
      return reply.message;
    },
    async topics(name) {
      const path = `${at(name)}/topics`;
      const reply = await call<Record<string, { topics: string[] }>>(`list the topics of ${name}`, 'GET', path);
      return (reply[name]?.topics ?? []).toSorted();
    },
    plugins: () => call<Plugin[]>('list its plugins', 'GET', '/connector-plugins?connectorsOnly=false'),
    async pluginSettings(pluginClass) {
      const path = `/connector-plugins/${encodeURIComponent(pluginClass)}/config`;
      return (await call<SettingReply[]>(`list the settings of ${pluginClass}`, 'GET', path)).map(toSetting);
    },
  };
}

function cannotHold(label: string, name: string, version: string, state: string): ConnectError {
  return new ConnectError(
    'REFUSED',
    `${label} is version ${version}, which cannot create ${name} ${state}: it would read records first`,
    {
      details: { connector: name, version },
      hint: 'Kafka Connect 3.7 or newer can; here, deploy it without sink.state and --from',
    },
  );
}

interface WorkerReply {
  readonly version: string;
  readonly commit: string;
  readonly kafka_cluster_id: string;
}

interface InfoReply {
  readonly name: string;
  readonly type: ConnectorInfo['type'];
  readonly config: SinkConfig;
  readonly tasks: readonly { readonly task: number }[];
}

interface StateReply {
  readonly state: RunState;
  readonly worker_id: string;
  readonly trace?: string;
}

interface StatusReply {
  readonly name: string;
  readonly connector: StateReply;
  readonly tasks: readonly (StateReply & { readonly id: number })[];
}

interface TaskReply {
  readonly id: { readonly task: number };
  readonly config: SinkConfig;
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

interface OffsetsReply {
  readonly offsets: readonly OffsetReply[];
}

interface SettingReply {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default_value: string | null;
  readonly documentation: string;
}

const toInfo = ({ name, type, config, tasks }: InfoReply): ConnectorInfo => ({
  name,
  type,
  config,
  taskIds: tasks.map(({ task }) => task).sort((a, b) => a - b),
});

function toStatus({ name, connector, tasks }: StatusReply, scrub: Scrub): ConnectorStatus {
  const state = (reply: StateReply) => ({
    state: reply.state,
    worker: reply.worker_id,
    ...(reply.trace === undefined ? {} : { trace: scrub(reply.trace) }),
  });
  return {
    name,
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

const toSetting = ({ name, type, required, default_value, documentation }: SettingReply): SettingDefinition => ({
  name,
  type,
  required,
  defaultValue: default_value ?? undefined,
  documentation,
});
