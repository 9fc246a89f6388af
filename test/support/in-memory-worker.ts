import type { SinkHost } from '../../connectors/host.ts';
import { CONNECTOR_CLASS } from '../../connectors/render/debezium-jdbc.ts';
import type { ConnectorStatus, RestApi } from '../../connectors/rest/api.ts';
import { createRestHost } from '../../connectors/rest/host.ts';
import type { RunState, SinkConfig } from '../../connectors/sink-config.ts';
import { ConnectError } from '../../core/errors.ts';
import { type InMemoryGroups, inMemoryGroups, numberedMembers } from './in-memory-groups.ts';

/** A Connect cluster in memory. Connectors run at once with as many tasks as they may have. */
export interface InMemoryWorker {
  readonly api: RestApi;
  readonly groups: InMemoryGroups;
  readonly host: SinkHost;
  /** Every call that changes something. */
  readonly calls: string[];
  readonly connectors: Map<string, Connector>;
  /** So many answers to writes are lost after the writes were carried out. */
  loseAnswers(count: number): void;
  /** The tasks of a connector fail while it has this setting. */
  failWith(key: string, value: string): void;
}

interface Connector {
  config: SinkConfig;
  state: RunState;
}

const TRACE = 'org.apache.kafka.connect.errors.ConnectException: it cannot be stored\n\tat a.b.C';

/** `ends`: where each partition of the topic ends. */
export function inMemoryWorker(ends: readonly bigint[] = []): InMemoryWorker {
  const groups = inMemoryGroups(ends);
  const connectors = new Map<string, Connector>();
  const calls: string[] = [];
  let losses = 0;
  let failing: readonly [string, string] | undefined;
  let generation = 0;
  const find = (name: string): Connector => {
    const found = connectors.get(name);
    if (found === undefined) throw new ConnectError('NOT_FOUND', `${name} is not there`);
    return found;
  };
  const write = async (call: string, change: () => void): Promise<void> => {
    calls.push(call);
    change();
    generation += 1;
    if (losses === 0) return;
    losses -= 1;
    throw new ConnectError('UNREACHABLE', 'the answer was lost');
  };
  // Tasks that start anew are new members.
  groups.setMembers((name) => {
    const { state = 'STOPPED' } = connectors.get(name) ?? {};
    return new Set(state === 'STOPPED' ? [] : [...numberedMembers(9)].map((member) => `${member}-${generation}`));
  });
  const request = (call: string, state: RunState) => (name: string) =>
    write(call, () => {
      find(name).state = state;
    });
  const taskState = ({ config, state }: Connector): RunState =>
    state === 'RUNNING' && failing !== undefined && config[failing[0]] === failing[1] ? 'FAILED' : state;
  const status = async (name: string): Promise<ConnectorStatus | undefined> => {
    const connector = connectors.get(name);
    if (connector === undefined) return undefined;
    const state = taskState(connector);
    const trace = state === 'FAILED' ? TRACE : undefined;
    const count = connector.state === 'STOPPED' ? 0 : Number(connector.config['tasks.max'] ?? '1');
    const tasks = Array.from({ length: count }, (_, id) => ({ id, state, worker: 'worker', trace }));
    return { state: connector.state, worker: 'worker', tasks };
  };
  const offsetsOf = (name: string) =>
    Object.entries(groups.committed(name)).map(([partition, offset]) => ({
      topic: 'positions',
      partition: Number(partition),
      offset,
    }));
  const api: RestApi = {
    label: 'a worker in memory',
    scrub: (text) => text,
    worker: async () => ({ version: '4.3.1', date: undefined }),
    list: async () => [...connectors.keys()],
    all: async () =>
      new Map(
        await Promise.all(
          [...connectors].map(async ([name, { config }]) => [name, { config, status: await status(name) }] as const),
        ),
      ),
    config: async (name) => connectors.get(name)?.config,
    putConfig: (name, config) =>
      write(`put ${config['batch.size']}`, () => {
        connectors.set(name, { config, state: connectors.get(name)?.state ?? 'RUNNING' });
      }),
    createHeld: (name, config, state) => write(`create ${state}`, () => void connectors.set(name, { config, state })),
    validate: async ({ 'tasks.max': tasks }) => (tasks === '0' ? [{ key: 'tasks.max', errors: ['at least 1'] }] : []),
    status,
    tasks: async (name) => {
      const { tasks = [] } = (await status(name)) ?? {};
      return tasks.map(({ id }) => ({ id, config: find(name).config }));
    },
    restart: (name, { onlyFailed }) => write(`restart${onlyFailed ? ' failed' : ''}`, () => void find(name)),
    pause: request('pause', 'PAUSED'),
    resume: request('resume', 'RUNNING'),
    stop: request('stop', 'STOPPED'),
    remove: (name) =>
      write('remove', () => {
        find(name);
        connectors.delete(name);
      }),
    offsets: async (name) => offsetsOf(name),
    setOffsets: async (name, offsets) => {
      for (const { partition, offset } of offsets)
        if (offset === undefined) groups.forget(partition, name);
        else groups.commit(partition, offset, name);
    },
    resetOffsets: async (name) => {
      for (const { partition } of offsetsOf(name)) groups.forget(partition, name);
    },
    plugins: async () => [{ class: CONNECTOR_CLASS, type: 'sink', version: '3.6.0.Final' }],
  };
  return {
    api,
    groups,
    host: createRestHost(api, groups),
    calls,
    connectors,
    loseAnswers: (count) => {
      losses = count;
    },
    failWith: (key, value) => {
      failing = [key, value];
    },
  };
}
