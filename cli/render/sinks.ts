import type { SinkEvent } from '../../app/sinks.ts';
import type { CliContext } from '../context.ts';
import { count } from '../format.ts';

export interface SinkFlags {
  readonly timeout?: number | undefined;
  readonly acceptGap?: boolean | undefined;
}

/** How verbs wait for sinks. What goes on meanwhile is noted; the error of one of several goes to stderr, and its exit code is the command's. */
export const sinkOptions = (context: CliContext, { timeout, acceptGap }: SinkFlags = {}) => ({
  timeoutMs: timeout,
  acceptGap,
  onSinkEvent: sinkNote(context),
  onFailed: context.fail,
});

/** Notes how far a sink is. */
export const sinkNote =
  ({ note }: CliContext) =>
  (connector: string, event: SinkEvent): void =>
    note(`${connector} ${eventText(event)}`);

function eventText(event: SinkEvent): string {
  switch (event.kind) {
    case 'applied':
      return event.outcome === 'unchanged'
        ? 'has this configuration already; nothing to change'
        : `configuration ${event.outcome}; waiting for its tasks`;
    case 'waiting':
      return `${count(event.running)} of ${count(event.expected)} tasks RUNNING`;
    case 'restarting': {
      const causes = [...new Set(event.failures.map((failure) => failure.cause))].join('; ');
      return `failed (${causes}); restart ${event.attempt}${event.of === undefined ? '' : ` of ${event.of}`}`;
    }
    case 'rolling back':
      return event.outcome === 'created'
        ? 'does not run; removing it again'
        : 'does not run; going back to its previous configuration';
    case 'note':
      return event.text;
  }
}

type Tasks = readonly { readonly state: string }[];

/** `RUNNING 2/2 tasks`, `STOPPED`, `PAUSED, 1 PAUSED, 1 FAILED`. */
export function stateWords({ state, tasks }: { readonly state: string; readonly tasks: Tasks }): string {
  if (tasks.length === 0) return state;
  const alike = tasks.filter((task) => task.state === state).length;
  if (alike === tasks.length) return `${state} ${alike}/${tasks.length} tasks`;
  return `${state}, ${taskStates(tasks)}`;
}

/** `1 RUNNING, 1 FAILED`; empty without tasks. */
export function taskStates(tasks: Tasks): string {
  const states = new Map<string, number>();
  for (const { state } of tasks) states.set(state, (states.get(state) ?? 0) + 1);
  return [...states].map(([state, times]) => `${times} ${state}`).join(', ');
}
