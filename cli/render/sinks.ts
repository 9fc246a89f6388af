import type { SinkOptions, SinkOutcome } from '../../app/sinks.ts';
import type { CliContext } from '../context.ts';
import type { SinkFlags } from '../flags.ts';
import { sinkNote } from './sink-event.ts';

/** How verbs wait for sinks, as the flags say; what goes on meanwhile is noted. */
export const sinkOptions = (context: CliContext, { timeout }: Pick<SinkFlags, 'timeout'>): SinkOptions => ({
  timeoutMs: timeout,
  onSinkEvent: sinkNote(context),
});

/** Hears of one sink after the other; the error of one that failed goes to stderr, and its exit code is the command's. */
export const sinkReporter =
  <T>(context: CliContext, onDone: (result: T) => void) =>
  (outcome: SinkOutcome<T>): void => {
    if (outcome.kind === 'done') onDone(outcome.result);
    else context.fail(outcome.failed.error);
  };

/** Connector and tasks as they were seen last. */
interface SinkTasks {
  readonly state: string;
  readonly tasks: readonly { readonly state: string }[];
}

/** `RUNNING 2/2 tasks`, `STOPPED`, `PAUSED, 1 PAUSED, 1 FAILED`. */
export function stateWords({ state, tasks }: SinkTasks): string {
  if (tasks.length === 0) return state;
  const alike = tasks.filter((task) => task.state === state).length;
  if (alike === tasks.length) return `${state} ${alike}/${tasks.length} tasks`;
  return `${state}, ${taskStates(tasks)}`;
}

/** `1 RUNNING, 1 FAILED`; empty without tasks. */
export function taskStates(tasks: SinkTasks['tasks']): string {
  const states = new Map<string, number>();
  for (const { state } of tasks) states.set(state, (states.get(state) ?? 0) + 1);
  return [...states].map(([state, times]) => `${times} ${state}`).join(', ');
}
