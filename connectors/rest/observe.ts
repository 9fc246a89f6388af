import type { ObservedSink, ObservedTask } from '../sink-config.ts';
import type { RestApi } from './api.ts';

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
  const { state = 'UNASSIGNED', worker = '', trace, tasks = [] } = status ?? {};
  return {
    name,
    config,
    state,
    worker,
    trace,
    tasks: given === undefined ? tasks : joined(tasks, new Map(given.map((task) => [task.id, task.config]))),
    expectedTasks: Number(config['tasks.max'] ?? '1'),
    decidedByHost: [],
  };
}

/** A task that has only a state is left over from a larger number; one that has only a configuration is about to start. */
function joined(tasks: readonly ObservedTask[], configs: ReadonlyMap<number, ObservedSink['config']>): ObservedTask[] {
  const shown = tasks.map((task) => ({ ...task, config: configs.get(task.id) ?? {} }));
  const starting = [...configs]
    .filter(([id]) => !tasks.some((task) => task.id === id))
    .map(([id, config]) => ({ id, state: 'UNASSIGNED' as const, worker: '', config }));
  return [...shown, ...starting];
}
