import type { SinkAction, SinkTasks } from '../operate/settle-sink.ts';
import type { Environment, Project } from '../pipeline/types.ts';
import type { CliContext } from './context.ts';
import type { SinkFlags } from './flags.ts';

const REST_TIMEOUT_MS = 120_000;

export interface SelectedSinks {
  readonly project: Project;
  readonly environment: Environment;
  /** One for each selected stream, in the project's order. */
  readonly actions: readonly SinkAction[];
}

/** The sinks that the flags select, ready to be acted on. */
export async function selectSinks(context: CliContext, flags: Omit<SinkFlags, 'output'>): Promise<SelectedSinks> {
  const [
    { connectTarget },
    { eventText },
    { isOnMsk, MSK_TIMEOUT_MS },
    { kafkaConnection },
    { selectEnvironment, selectStreams },
  ] = await Promise.all([
    import('../app/connect-target.ts'),
    import('./msk-event.ts'),
    import('../app/msk-target.ts'),
    import('../connectors/kafka-connection.ts'),
    import('../pipeline/load.ts'),
  ]);
  const project = await context.loadProject();
  const environment = selectEnvironment(project, flags.env);
  const secrets = context.secrets(project);
  const timeoutMs = flags.timeout ?? (isOnMsk(environment) ? MSK_TIMEOUT_MS : REST_TIMEOUT_MS);
  const shared = {
    target: connectTarget(environment, secrets, {
      timeoutMs,
      signal: context.signal,
      onEvent: (event) => context.note(eventText(event)),
    }),
    kafka: kafkaConnection(environment, secrets),
    timeoutMs,
    signal: context.signal,
  };
  const actions = selectStreams(project, flags.only).map((stream) => ({ ...shared, stream }));
  return { project, environment, actions };
}

/** What became of a sink that could not be brought to where it should be. */
export interface FailedSink {
  readonly connector: string;
  readonly outcome: 'failed';
  readonly error: object;
}

/**
 * Acts on one sink after the other; one that fails keeps the next ones from nothing. Its error goes to stderr, its document
 * into the answer, and its exit code is the command's. A single sink's error is thrown. Errors: the single sink's, INTERRUPTED.
 */
export async function eachSink<T>(
  context: CliContext,
  actions: readonly SinkAction[],
  act: (action: SinkAction) => Promise<T>,
): Promise<(T | FailedSink)[]> {
  const results: (T | FailedSink)[] = [];
  for (const action of actions) {
    try {
      results.push(await act(action));
    } catch (error) {
      if (actions.length === 1 || context.signal.aborted) throw error;
      const [{ ConnectError }, { errorDocument, renderError }] = await Promise.all([
        import('../core/errors.ts'),
        import('./render-error.ts'),
      ]);
      context.note(renderError(error, { debug: context.env.DEBUG === 'connect' }));
      context.setExitCode(ConnectError.from(error).exitCode);
      results.push({
        connector: action.stream.sink.name,
        outcome: 'failed',
        ...(errorDocument(error) as { error: object }),
      });
    }
  }
  return results;
}

/** `RUNNING 2/2 tasks`, `STOPPED`, `PAUSED, 1 PAUSED, 1 FAILED`. */
export function stateWords({ state, tasks }: SinkTasks): string {
  if (tasks.length === 0) return state;
  const alike = tasks.filter((task) => task.state === state).length;
  if (alike === tasks.length) return `${state} ${alike}/${tasks.length} tasks`;
  const states = [...new Set(tasks.map((task) => task.state))];
  return `${state}, ${states.map((one) => `${tasks.filter((task) => task.state === one).length} ${one}`).join(', ')}`;
}
