import { once } from 'node:events';
import { ConnectError } from '../../core/errors.ts';
import { migrate } from '../../migrations/runner.ts';
import type { VerifyReport } from '../../operate/verify-report.ts';
import { databaseConnection } from '../../pipeline/connections.ts';
import { projectFile, selectEnvironment, selectStreams } from '../../pipeline/load.ts';
import type { Environment, Project, StreamDefinition } from '../../pipeline/types.ts';
import { down, up } from '../../stack/embedded-stack.ts';
import type { StartFlags } from '../commands/start.ts';
import type { CliContext } from '../context.ts';
import { deployStreams } from '../deploy-streams.ts';
import { count, duration } from '../format.ts';
import { PLAN_DEFAULTS } from '../plan-streams.ts';
import { registerStreams } from '../register-streams.ts';
import { verifyLines } from '../render-verify.ts';
import { createStackProgress } from '../stack-progress.ts';
import { stackSettings } from '../stack-settings.ts';
import { verifyStreams } from '../verify-streams.ts';
import { runFlow } from './flow.ts';
import { oracleFolder } from './oracle-folder.ts';
import { summaryLines } from './summary.ts';

const DEPLOY_TIMEOUT_MS = 120_000;

/** Everything a start needs to know, loaded once. */
export interface StartSession {
  readonly context: CliContext;
  readonly project: Project;
  readonly environment: Environment;
  readonly streams: readonly StreamDefinition[];
}

/**
 * Up, migrate, register, deploy, simulate and produce, verify, summary. Stops what it started, after Ctrl-C on a terminal
 * and by itself elsewhere. A second start goes on with the same simulated market. Exit code 3 when verify finds a difference.
 */
export async function runStart(context: CliContext, flags: StartFlags): Promise<void> {
  const project = await context.loadProject();
  const environment = selectEnvironment(project, flags.env);
  const session: StartSession = { context, project, environment, streams: selectStreams(project) };
  const startedByUs = await bringUp(session, flags);
  try {
    const reports = await runPipeline(session, flags);
    for (const line of reports.flatMap(verifyLines)) context.print(line);
    for (const line of await summaryLines(session, flags)) context.print(line);
    if (reports.some(({ differences }) => differences > 0)) context.setExitCode(3);
    if (flags.stay ?? context.isTty) await untilInterrupted(context);
  } finally {
    if (startedByUs) await bringDown(session);
  }
}

async function bringUp({ context }: StartSession, flags: StartFlags): Promise<boolean> {
  heading(context, 'up');
  const { root, ports } = await stackSettings(context, flags.env);
  const began = Date.now();
  const progress = await createStackProgress(context);
  try {
    const fresh = flags.fresh ?? false;
    const { parts } = await up({
      root,
      ports,
      env: context.env,
      fresh,
      signal: context.signal,
      onEvent: progress.onEvent,
    });
    context.note(`ready in ${duration(Date.now() - began)}`);
    return parts.some(({ startedByThisCall }) => startedByThisCall);
  } finally {
    progress.close();
  }
}

async function bringDown({ context, environment }: StartSession): Promise<void> {
  heading(context, 'down');
  const { root } = await stackSettings(context, environment.name);
  const progress = await createStackProgress(context);
  await down({ root, onEvent: progress.onEvent });
  context.note('stopped; the data is kept for the next start (`--fresh` deletes it)');
}

async function runPipeline(session: StartSession, flags: StartFlags): Promise<VerifyReport[]> {
  const { context, project, environment, streams } = session;
  heading(context, 'migrate');
  const migrations = await migrate(databaseConnection(environment, context.secrets(project)), {
    folder: projectFile(project, 'migrations'),
    direction: 'up',
    onMigration: (name) => context.note(`+ ${name}`),
  });
  if (migrations.length === 0) context.note('nothing to do');

  heading(context, 'register');
  for (const { subject, version, level, outcome } of await registerStreams(context, project, environment, streams)) {
    context.note(`${outcome === 'registered' ? '+' : '='} ${subject}  version ${version}, ${level}`);
  }

  heading(context, 'deploy');
  await deployStreams(context, project, environment, {
    plan: { ...PLAN_DEFAULTS, only: streams.map(({ name }) => name) },
    timeoutMs: DEPLOY_TIMEOUT_MS,
    yes: true,
  });

  heading(context, `simulate and produce ${count(flags.updates)} updates`);
  await runFlow(session, flags);

  heading(context, 'verify');
  context.signal.throwIfAborted();
  return verifyStreams(context, project, environment, streams, { oracleFolder: oracleFolder(project) });
}

async function untilInterrupted({ signal, note }: CliContext): Promise<void> {
  if (signal.aborted) return;
  note('the stack stays up; Ctrl-C stops it');
  await once(signal, 'abort');
}

const heading = ({ note, signal }: CliContext, text: string): void => {
  if (signal.aborted && text !== 'down') throw new ConnectError('INTERRUPTED', 'interrupted');
  note(`\n── ${text}`);
};
