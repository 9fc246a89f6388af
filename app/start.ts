import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { down } from '../stack/embedded-stack.ts';
import { type DeployListener, deploy } from './deploy.ts';
import { type MigrateOptions, migrateUp } from './migrate.ts';
import { PLAN_DEFAULTS, type Plan } from './plan.ts';
import { type Registration, registerSchemas } from './schemas-register.ts';
import type { Session } from './session.ts';
import { type FlowCounts, type FlowOptions, runFlow } from './start/flow.ts';
import { requireSameUpdates } from './start/same-updates.ts';
import { type Sample, sampleRows } from './start/sample-rows.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { type StackEvent, up } from './up.ts';
import { type VerifyReport, verify } from './verify.ts';

export type { FlowCounts, Sample };

/** A machine that has just started everything needs a while. */
const DEPLOY_TIMEOUT_MS = 180_000;

export interface StartOptions extends Pick<FlowOptions, 'updates' | 'seed' | 'logger'> {
  /** Delete the local data first. */
  readonly fresh: boolean;
  /** Stay up until the user interrupts. */
  readonly stay: boolean;
  readonly listener: StartListener;
}

export type StartStep = 'up' | 'migrate' | 'register' | 'deploy' | 'produce' | 'verify' | 'down';

/** Hears how far a start is. */
export interface StartListener {
  readonly onStep: (step: StartStep) => void;
  readonly onStackEvent: (event: StackEvent) => void;
  /** The stack runs. */
  readonly onReady: (tookMs: number) => void;
  readonly migrate: MigrateOptions;
  readonly onMigrated: (migrations: readonly string[]) => void;
  readonly onRegistered: (registrations: readonly Registration[]) => void;
  readonly onPlanned: (plan: Plan) => void;
  readonly deploy: DeployListener;
  readonly onCounts: (counts: FlowCounts) => void;
  readonly onVerified: (reports: readonly VerifyReport[]) => void;
  /** The newest rows of each view of current states. */
  readonly onSamples: (samples: readonly Sample[]) => void;
  readonly onStaying: () => void;
  readonly onStopped: () => void;
}

/**
 * Up, migrate, register, deploy, simulate and produce, verify, a sample of the rows. Stops what it has started, after the
 * user interrupts or by itself. A second start goes on with the same simulated market.
 */
export async function start(session: Session, options: StartOptions): Promise<VerifyReport[]> {
  const { fresh, stay, seed, listener } = options;
  const oracleFolder = join(session.project.root, '.connect', 'oracle');
  if (fresh) await rm(oracleFolder, { recursive: true, force: true });
  await requireSameUpdates(session, { seed, oracleFolder });
  begin(session, 'up', listener);
  const began = Date.now();
  const parts = await up(session, { fresh, onEvent: listener.onStackEvent });
  listener.onReady(Date.now() - began);
  try {
    const reports = await runSteps(session, { ...options, oracleFolder });
    if (stay && !session.signal.aborted) {
      listener.onStaying();
      await untilInterrupted(session.signal);
    }
    return reports;
  } finally {
    if (parts.some(({ startedByThisCall }) => startedByThisCall)) {
      listener.onStep('down');
      await down({ root: session.project.root, onEvent: listener.onStackEvent });
      listener.onStopped();
    }
  }
}

async function runSteps(
  session: Session,
  options: StartOptions & Pick<FlowOptions, 'oracleFolder'>,
): Promise<VerifyReport[]> {
  const { listener, oracleFolder } = options;
  begin(session, 'migrate', listener);
  listener.onMigrated(await migrateUp(session, listener.migrate));
  begin(session, 'register', listener);
  listener.onRegistered(await registerSchemas(session));
  begin(session, 'deploy', listener);
  await deploy(session, {
    plan: PLAN_DEFAULTS,
    timeoutMs: DEPLOY_TIMEOUT_MS,
    rollback: true,
    wait: true,
    // Nobody is asked: the local stack is ours alone.
    agree: async (plan, entries) => listener.onPlanned({ ...plan, entries }),
    ...listener.deploy,
  });
  begin(session, 'produce', listener);
  await runFlow(session, { ...options, onCounts: listener.onCounts });
  begin(session, 'verify', listener);
  const reports = await verify(session, { oracleFolder });
  listener.onVerified(reports);
  listener.onSamples(await sampleRows(session));
  return reports;
}

/** Errors: INTERRUPTED before a step that nobody waits for any more. */
function begin({ signal }: Session, step: StartStep, { onStep }: StartListener): void {
  if (signal.aborted) throw new ConnectError('INTERRUPTED', 'interrupted');
  onStep(step);
}
