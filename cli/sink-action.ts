import { type Command, Option } from 'commander';
import type { SinkAction, SinkTasks } from '../operate/settle-sink.ts';
import type { Environment, Project } from '../pipeline/types.ts';
import type { CliContext } from './context.ts';
import { parseDuration } from './duration-flag.ts';

/** The flags of every command that acts on deployed sinks. */
export interface SinkFlags {
  readonly env?: string;
  readonly only?: string[];
  readonly timeout: number;
  readonly output: 'text' | 'json';
}

/** Adds the flags of `SinkFlags`. */
export const withSinkFlags = (command: Command): Command =>
  command
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option('--only <stream...>', 'the sinks of these streams only')
    .option('--timeout <duration>', 'bound of the wait for each sink', parseDuration, 120_000)
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'));

export interface SelectedSinks {
  readonly project: Project;
  readonly environment: Environment;
  /** One for each selected stream, in the project's order. */
  readonly actions: readonly SinkAction[];
}

/** The sinks that the flags select, ready to be acted on. */
export async function selectSinks(context: CliContext, flags: Omit<SinkFlags, 'output'>): Promise<SelectedSinks> {
  const [{ connectTarget }, { kafkaConnection }, { selectEnvironment, selectStreams }] = await Promise.all([
    import('./connect-target.ts'),
    import('../pipeline/connections.ts'),
    import('../pipeline/load.ts'),
  ]);
  const project = await context.loadProject();
  const environment = selectEnvironment(project, flags.env);
  const secrets = context.secrets(project);
  const shared = {
    target: connectTarget(environment, secrets),
    kafka: kafkaConnection(environment, secrets),
    timeoutMs: flags.timeout,
    signal: context.signal,
  };
  const actions = selectStreams(project, flags.only).map((stream) => ({ ...shared, stream }));
  return { project, environment, actions };
}

/** `RUNNING 2/2 tasks`, `STOPPED`, `PAUSED, 1 PAUSED, 1 FAILED`. */
export function stateWords({ state, tasks }: SinkTasks): string {
  if (tasks.length === 0) return state;
  const alike = tasks.filter((task) => task.state === state).length;
  if (alike === tasks.length) return `${state} ${alike}/${tasks.length} tasks`;
  const states = [...new Set(tasks.map((task) => task.state))];
  return `${state}, ${states.map((one) => `${tasks.filter((task) => task.state === one).length} ${one}`).join(', ')}`;
}
