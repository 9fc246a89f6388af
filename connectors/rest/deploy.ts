import { ConnectError } from '../../core/errors.ts';
import { type DeployResult, type DeployWait, refusedConfig } from '../host.ts';
import { compareConfigs } from '../plan/compare-configs.ts';
import { type PlanEntry, STATE_KEY } from '../plan/entry.ts';
import { deployResult, requireAgreed } from '../plan/require-agreed.ts';
import { startOffsets } from '../plan/start-plan.ts';
import { type RequestedState, requestedBy, requestedState } from '../run-state.ts';
import type { DesiredSink, SinkConfig } from '../sink-config.ts';
import type { SinkGroups } from '../sink-group.ts';
import { haveConfig, isHealthy } from '../wait/progress.ts';
import { withFirstAnswer, withRetry } from '../wait/retry-policy.ts';
import { waitUntilHeld } from '../wait/wait-until-held.ts';
import { type ReachedSink, waitUntilRunning } from '../wait/wait-until-running.ts';
import type { RestApi } from './api.ts';
import { observeSink } from './observe.ts';
import { planRestSink } from './plan.ts';
import { type Deployment, rollBack } from './rollback.ts';
import { writeChange } from './write-change.ts';

/** How often a deploy starts again what has failed before it counts as failed. */
const RESTARTS = 3;

/**
 * Brings a sink to the desired configuration and run state, and waits until it is there: a sink that should run, until the
 * connector and every task is RUNNING and stays so. Nothing is written when the live configuration means the same as the
 * desired one; failed tasks are then started again all the same. What was changed and does not run is rolled back.
 * Errors: REFUSED when the worker does not accept the configuration, when somebody holds the sink back and the definition
 * declares no state, or when something still fails after the restarts and nothing was rolled back; UNSAFE when it is not as
 * agreed any more; TIMEOUT; DEPLOY_FAILED after a rollback, ROLLBACK_FAILED when that failed too (cause, record and hint are
 * in the error); what the API throws.
 */
export async function deploySink(
  { api, groups }: { readonly api: RestApi; readonly groups: SinkGroups },
  desired: DesiredSink,
  agreed: readonly PlanEntry[],
  wait: DeployWait,
  { until }: { readonly until: 'it runs' | 'it is taken' },
): Promise<DeployResult> {
  const startedAt = Date.now();
  const { stream, config } = desired;
  const { name } = stream.sink;
  const findings = await withFirstAnswer(() => api.validate(config), wait.signal);
  if (findings.length > 0) {
    const number = findings.length === 1 ? '1 setting' : `${findings.length} settings`;
    throw refusedConfig(name, `${api.label} refuses ${number} of ${name}`, findings);
  }
  const before = await withRetry(() => observeSink(api, name, { withTaskConfigs: true }), wait.signal);
  const positions = before === undefined ? await groups.positions(stream) : [];
  const entry = requireAgreed(name, agreed, planRestSink(desired, before, positions, api.scrub).entries);
  const start = startOffsets(desired.from, positions);
  const reached = await groups.whileWatching(name, (members) =>
    carryOut({ api, desired, wait, members, before, entry, start }, until),
  );
  return deployResult(stream, entry, reached, startedAt);
}

async function carryOut(deployment: Deployment, until: 'it runs' | 'it is taken'): Promise<ReachedSink | undefined> {
  const { api, desired, wait, members, before, entry, start } = deployment;
  const { config, stream } = desired;
  const { name } = stream.sink;
  const { outcome } = entry;
  const state = requestedBy(stream.sink.state);
  const oldMembers = (await members()) ?? new Set<string>();
  let written = false;
  let reached: ReachedSink | undefined;
  try {
    if (outcome !== 'unchanged') {
      const configChanges = entry.changes.some(({ key }) => key !== STATE_KEY);
      const change = { stream, outcome, config, configChanges, state, before, start };
      await writeChange(api, change, wait, () => {
        written = true;
      });
    }
    wait.onEvent?.({ kind: 'applied', outcome });
    if (until === 'it runs') reached = await waitUntilReached(deployment, state, oldMembers);
  } catch (error) {
    // A refusal of the first step has changed nothing; where its answer was lost, nobody knows.
    const isTouched = written || ConnectError.from(error).retryable;
    throw isTouched ? await rollBack(deployment, error) : error;
  }
  if (outcome !== 'unchanged') refuseOtherConfig(desired, await withRetry(() => api.config(name), wait.signal));
  return reached;
}

async function waitUntilReached(
  { api, desired, wait, members, before, entry }: Deployment,
  state: RequestedState,
  oldMembers: ReadonlySet<string>,
): Promise<ReachedSink> {
  const { stream, config } = desired;
  const { name } = stream.sink;
  const observe = () => observeSink(api, name, { withTaskConfigs: true });
  if (state !== 'RUNNING') return { sink: await waitUntilHeld({ name, observe, members }, state, wait), restarts: 0 };
  const isUntouched = entry.action === 'unchanged';
  const changesConfig = before === undefined || entry.changes.some(({ key }) => key !== STATE_KEY);
  // A default that is spelled out in the definition only is not what the tasks were given.
  const given = changesConfig ? config : before.config;
  // A paused task hears of nothing until it is resumed: one that was given this before is kept.
  const tasksKept = entry.action === 'update' && before !== undefined && haveConfig(before.tasks, given);
  const wasStopped = before !== undefined && requestedState(before.state) === 'STOPPED';
  const expectNewTasks = !isUntouched && (!tasksKept || wasStopped);
  return waitUntilRunning(
    {
      stream,
      observe,
      members,
      config: given,
      expectedTasks: Number(given['tasks.max']),
      before: entry.action === 'update' ? before : undefined,
      oldMembers: expectNewTasks ? oldMembers : undefined,
      restarts: {
        allowed: wait.restarts ?? RESTARTS,
        restart: () => withRetry(() => api.restart(name, { onlyFailed: true }), wait.signal),
      },
    },
    isUntouched && before !== undefined && isHealthy(before) ? { ...wait, settleMs: 0 } : wait,
  );
}

/** Somebody else may have deployed meanwhile; a cluster may have gone back by itself. That must not pass for success. */
function refuseOtherConfig({ stream, config }: DesiredSink, now: SinkConfig = {}): void {
  const keys = compareConfigs(now, config).changes.map(({ key }) => key);
  if (keys.length === 0) return;
  const { name } = stream.sink;
  throw new ConnectError('REFUSED', `${name} runs, but no longer as deployed: ${keys.join(', ')} changed meanwhile`, {
    details: { connector: name, keys },
    hint: 'somebody else changed it at the same time; `connect plan` shows how it stands now',
  });
}
