import { join } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { down } from '../stack/embedded-stack.ts';
import { type DeployEvent, deploy } from './deploy.ts';
import { type MigrateEvent, migrateUp } from './migrate.ts';
import { PLAN_DEFAULTS, type Plan } from './plan.ts';
import { type Registration, registerSchemas } from './schemas-register.ts';
import type { Session } from './session.ts';
import { type FlowCounts, runFlow } from './start/flow.ts';
import { type Sample, sampleRows } from './start/sample-rows.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { type StackEvent, up } from './up.ts';
import { type VerifyReport, verify } from './verify.ts';

export type { FlowCounts, Sample };

/** A machine that has just started everything needs a while. */
const DEPLOY_TIMEOUT_MS = 180_000;

export interface StartOptions {
  /** How many updates each simulated feed sends. */
  readonly updates: number;
  readonly seed: number;
  /** Delete the local data first. */
  readonly fresh: boolean;
  /** Stay up until the user interrupts. */
  readonly stay: boolean;
  /** Hears the producers' warnings. */
  readonly logger: Logger;
  readonly onEvent: (event: StartEvent) => void;
}

export type StartStep = 'up' | 'migrate' | 'register' | 'deploy' | 'produce' | 'verify' | 'down';

export type StartEvent =
  | { readonly kind: 'step'; readonly step: StartStep }
  | { readonly kind: 'stack'; readonly event: StackEvent }
  | { readonly kind: 'ready'; readonly tookMs: number }
  | MigrateEvent
  | { readonly kind: 'migrated'; readonly migrations: readonly string[] }
  | { readonly kind: 'planned'; readonly plan: Plan }
  | { readonly kind: 'deploy'; readonly event: DeployEvent }
  | { readonly kind: 'registered'; readonly registrations: readonly Registration[] }
  | { readonly kind: 'flow'; readonly counts: FlowCounts }
  | { readonly kind: 'verified'; readonly reports: readonly VerifyReport[] }
  /** The newest rows of each view of current states. */
  | { readonly kind: 'samples'; readonly samples: readonly Sample[] }
  | { readonly kind: 'staying' }
  | { readonly kind: 'stopped' };

/**
 * Up, migrate, register, deploy, simulate and produce, verify, a sample of the rows. Stops what it has started, after the
 * user interrupts or by itself. A second start goes on with the same simulated market.
 */
export async function start(session: Session, options: StartOptions): Promise<VerifyReport[]> {
  const { onEvent } = options;
  const onStackEvent = (event: StackEvent) => onEvent({ kind: 'stack', event });
  begin(session, 'up', onEvent);
  const began = Date.now();
  const parts = await up(session, { fresh: options.fresh, onEvent: onStackEvent });
  onEvent({ kind: 'ready', tookMs: Date.now() - began });
  try {
    const reports = await runSteps(session, options);
    if (options.stay && !session.signal.aborted) {
      onEvent({ kind: 'staying' });
      await untilInterrupted(session.signal);
    }
    return reports;
  } finally {
    if (parts.some(({ startedByThisCall }) => startedByThisCall)) {
      onEvent({ kind: 'step', step: 'down' });
      await down({ root: session.project.root, onEvent: onStackEvent });
      onEvent({ kind: 'stopped' });
    }
  }
}

async function runSteps(session: Session, options: StartOptions): Promise<VerifyReport[]> {
  const { onEvent } = options;
  const oracleFolder = join(session.project.root, '.connect', 'oracle');
  begin(session, 'migrate', onEvent);
  onEvent({ kind: 'migrated', migrations: await migrateUp(session, { onEvent }) });
  begin(session, 'register', onEvent);
  onEvent({ kind: 'registered', registrations: await registerSchemas(session) });
  begin(session, 'deploy', onEvent);
  await deploy(session, {
    plan: PLAN_DEFAULTS,
    timeoutMs: DEPLOY_TIMEOUT_MS,
    rollback: true,
    wait: true,
    replace: false,
    preflight: false,
    // Nobody is asked: the local stack is ours alone.
    agree: async (plan, entries) => onEvent({ kind: 'planned', plan: { ...plan, entries } }),
    onEvent: (event) => onEvent({ kind: 'deploy', event }),
  });
  begin(session, 'produce', onEvent);
  const onCounts = (counts: FlowCounts) => onEvent({ kind: 'flow', counts });
  await runFlow(session, { ...options, oracleFolder, onCounts });
  begin(session, 'verify', onEvent);
  const reports = await verify(session, { oracleFolder });
  onEvent({ kind: 'verified', reports });
  onEvent({ kind: 'samples', samples: await sampleRows(session) });
  return reports;
}

/** Errors: INTERRUPTED before a step that nobody waits for any more. */
function begin({ signal }: Session, step: StartStep, onEvent: StartOptions['onEvent']): void {
  if (signal.aborted) throw new ConnectError('INTERRUPTED', 'interrupted');
  onEvent({ kind: 'step', step });
}
