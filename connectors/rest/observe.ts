import type { ObservedSink, ObservedTask, SinkConfig } from '../sink-config.ts';
import type { ConnectorStatus, RestApi } from './api.ts';

/** A connector as the worker shows it; undefined when it is not there. */
export async function observeSink(
  api: RestApi,
  name: string,
  { withTaskConfigs = false } = {},
): Promise<ObservedSink | undefined> {
  const [config, status, given] = await Promise.all([
    api.config(name),
    api.status(name),
    withTaskConfigs ? api.tasks(name) : undefined,
  ]);
  if (config === undefined) return undefined;
  const sink = observedSink(name, config, status);
  return given === undefined
    ? sink
    : { ...sink, tasks: joined(sink.tasks, new Map(given.map((task) => [task.id, task.config]))) };
}

/** Every connector as the worker shows it. */
export async function observeAll(api: RestApi): Promise<ReadonlyMap<string, ObservedSink>> {
  const shown = await api.all();
  return new Map([...shown].map(([name, { config, status }]) => [name, observedSink(name, config, status)]));
}

function observedSink(name: string, config: SinkConfig, status: ConnectorStatus | undefined): ObservedSink {
  const { state = 'UNASSIGNED', worker = '', trace, tasks = [] } = status ?? {};
  const expectedTasks = Number(config['tasks.max'] ?? '1');
  return { name, config, state, worker, trace, tasks, expectedTasks, decidedByHost: [] };
}

/** A task that has only a state is left over from a larger number; one that has only a configuration is about to start. */
function joined(tasks: readonly ObservedTask[], configs: ReadonlyMap<number, ObservedSink['config']>): ObservedTask[] {
  const shown = tasks.map((task) => ({ ...task, config: configs.get(task.id) ?? {} }));
  const starting = [...configs]
    .filter(([id]) => !tasks.some((task) => task.id === id))
    .map(([id, config]) => ({ id, state: 'UNASSIGNED' as const, worker: '', config }));
  return [...shown, ...starting];
}
