import type { ObservedSink } from '../sink-config.ts';

/** Longer than a rebalance of tasks that run. */
const LEFT_MS = 30_000;

/**
 * Looks at a sink on a host that lists no tasks: a task that was at work, and has been absent from the group for long, has FAILED.
 * `seen`: how many tasks were at work before. `now` in milliseconds.
 */
export function noticingLeft(
  observe: () => Promise<ObservedSink | undefined>,
  { seen = 0, now = Date.now }: { readonly seen?: number | undefined; readonly now?: () => number } = {},
): () => Promise<ObservedSink | undefined> {
  let most = seen;
  let since: number | undefined;
  return async () => {
    const sink = await observe();
    const running = sink?.tasks.filter(({ state }) => state === 'RUNNING').length ?? 0;
    most = Math.max(most, running);
    since = running < most ? (since ?? now()) : undefined;
    if (sink === undefined || since === undefined || now() - since < LEFT_MS) return sink;
    const tasks = sink.tasks.map((task) => (task.absent === true ? { ...task, state: 'FAILED' as const } : task));
    return { ...sink, tasks };
  };
}
