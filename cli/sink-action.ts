import type { Session } from '../app/session.ts';
import type { FailedSink } from '../app/sinks.ts';
import type { SinkTasks } from '../connectors/sink-config.ts';
import type { SinkAction } from '../operate/sink-action.ts';
import type { Environment, Project } from '../pipeline/types.ts';
import type { CliContext } from './context.ts';
import type { SinkFlags } from './flags.ts';
import { sinkNote } from './render/sink-event.ts';
import { sinkReporter } from './render/sinks.ts';

export interface SelectedSinks {
  readonly session: Session;
  readonly project: Project;
  readonly environment: Environment;
  /** One for each selected stream, in the project's order. */
  readonly actions: readonly SinkAction[];
}

/** The sinks that the flags select, ready to be acted on. */
export async function selectSinks(context: CliContext, flags: Omit<SinkFlags, 'output'>): Promise<SelectedSinks> {
  const { selectedSinks } = await import('../app/sinks.ts');
  const session = await context.session(flags);
  const actions = await selectedSinks(session, {
    timeoutMs: flags.timeout,
    onSinkEvent: sinkNote(context),
  });
  const { project, environment } = session;
  return { session, project, environment, actions };
}

/** Acts on one sink after the other; see `eachSink` of app. */
export async function eachSink<T>(
  context: CliContext,
  actions: readonly SinkAction[],
  act: (action: SinkAction) => Promise<T>,
): Promise<(T | FailedSink)[]> {
  const { eachSink: each } = await import('../app/sinks.ts');
  return each(
    actions,
    act,
    sinkReporter(context, () => {}),
  );
}

/** `RUNNING 2/2 tasks`, `STOPPED`, `PAUSED, 1 PAUSED, 1 FAILED`. */
export function stateWords({ state, tasks }: SinkTasks): string {
  if (tasks.length === 0) return state;
  const alike = tasks.filter((task) => task.state === state).length;
  if (alike === tasks.length) return `${state} ${alike}/${tasks.length} tasks`;
  const states = [...new Set(tasks.map((task) => task.state))];
  return `${state}, ${states.map((one) => `${tasks.filter((task) => task.state === one).length} ${one}`).join(', ')}`;
}
