import { isDeepStrictEqual } from 'node:util';
import { ConnectError } from '../../core/errors.ts';
import { retry } from '../../core/retry.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { ConfigChange } from '../config-changes.ts';
import { compareConfigs, type SettingLookup } from '../plan/compare-configs.ts';
import { planConnector, STATE_KEY } from '../plan/connector-plan.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { SinkConfig } from '../render/render-sink.ts';
import type { ConfigFinding, ConnectorStatus, ConnectTarget, TaskConfig } from '../targets/target.ts';
import type { FailedPart } from '../wait/failure.ts';
import { areTold } from '../wait/progress.ts';
import { orderedState, type WantedState, wantedState } from '../wait/run-state.ts';
import { isHealthy, PATIENCE, settle, settleHeld } from '../wait/settle.ts';
import { applyChange, patience } from './apply-change.ts';
import { rollBack } from './rollback.ts';
import type { StartOffset } from './start-offsets.ts';

/** What is told while a deploy goes on. */
export type DeployEvent =
  | { readonly kind: 'validated' }
  | { readonly kind: 'applied'; readonly outcome: DeployOutcome; readonly changes: readonly ConfigChange[] }
  | { readonly kind: 'waiting'; readonly running: number; readonly expected: number }
  | {
      readonly kind: 'restarting';
      readonly attempt: number;
      readonly of: number;
      readonly failures: readonly FailedPart[];
    }
  | { readonly kind: 'rolling back'; readonly outcome: DeployOutcome };

export type DeployOutcome = 'created' | 'updated' | 'replaced' | 'unchanged';

const OUTCOMES = { create: 'created', update: 'updated', replace: 'replaced', unchanged: 'unchanged' } as const;

export interface DeployOptions {
  readonly target: ConnectTarget;
  readonly stream: StreamDefinition;
  /** The desired configuration, as `renderSink` makes it. */
  readonly config: SinkConfig;
  /** Bound of the whole wait for connector and tasks. */
  readonly timeoutMs: number;
  /** Members of the sink's consumer group (see `groupMembers`): proof that new tasks are at work. */
  readonly members?: () => Promise<ReadonlySet<string> | undefined>;
  /** How long connector and tasks must stay RUNNING: a task fails on its first records, not at its start. Default 3000. */
  readonly settleMs?: number;
  /** How often what failed is started again before it counts as failed. Default 3. */
  readonly restarts?: number;
  /** What is known of the settings; without it every difference in the text counts as a change. */
  readonly settings?: SettingLookup;
  /** Whether what was changed and does not run is put back. Default true. */
  readonly rollback?: boolean;
  /** What was agreed to: where it is no longer what would be done, nothing is done. */
  readonly planned?: Pick<PlanEntry, 'action' | 'changes'>;
  /** Where one that has to be created begins, by partition; left out: where its group stopped, else at the oldest record. */
  readonly start?: readonly StartOffset[];
  /** Whether to wait until it runs; without that nothing can be rolled back. Default true. */
  readonly wait?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: DeployEvent) => void;
}

export interface DeployResult {
  readonly connector: string;
  readonly outcome: DeployOutcome;
  /** Empty when created or unchanged. */
  readonly changes: readonly ConfigChange[];
  /** What it is now; undefined when that was not waited for. */
  readonly state: WantedState | undefined;
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly worker: string }[];
  /** How often something that had failed was started again. */
  readonly restarts: number;
  readonly durationMs: number;
}

/**
 * Brings a sink to the desired configuration and run state, and waits until it is there: a sink that is to run, until the
 * connector and every task is RUNNING and stays so. Nothing is written when the live configuration means the same as the
 * desired one; failed tasks are then started again all the same. What was changed and does not run is rolled back, unless
 * that is switched off.
 * Errors: REFUSED when the worker does not accept the configuration, when somebody holds the sink back and the definition
 * declares no state, or when something still fails after the restarts and nothing was rolled back; UNSAFE when it is not as
 * planned any more; TIMEOUT; DEPLOY_FAILED after a rollback, ROLLBACK_FAILED when that failed too (cause, record and hint are
 * in the error); what the target throws.
 */
export async function deploySink(options: DeployOptions): Promise<DeployResult> {
  const startedAt = Date.now();
  const { target, config, onEvent, wait = true } = options;
  const name = options.stream.sink.name;
  const patiently = patience(options);
  await validate(options);

  const live = await patiently(() => target.config(name));
  const before = await patiently(() => target.status(name));
  const entry = decide(options, live, before);
  const outcome = OUTCOMES[entry.action];
  const changes = entry.changes.map(({ secret: _secret, ...change }) => change);
  const state = wantedState(options.stream.sink.state) ?? 'RUNNING';
  const previous = { live, before, outcome };
  const oldMembers = (await options.members?.()) ?? new Set<string>();
  const oldTasks = live === undefined ? [] : await patiently(() => target.tasks(name));

  let written = false;
  let settled: { status: ConnectorStatus; restarts: number } | undefined;
  try {
    if (outcome !== 'unchanged') {
      const configChanges = entry.changes.some(({ key }) => key !== STATE_KEY);
      await applyChange(options, { outcome, config, configChanges, state, before }, () => {
        written = true;
      });
    }
    onEvent?.({ kind: 'applied', outcome, changes });
    if (wait) settled = await settleAs(options, state, { entry, live, before, oldMembers, oldTasks });
  } catch (error) {
    // A refusal of the first step has changed nothing; where its answer was lost, nobody knows.
    const isTouched = written || ConnectError.from(error).retryable;
    throw isTouched ? await rollBack(options, previous, error) : error;
  }
  if (outcome !== 'unchanged') refuseOtherConfig(options, await patiently(() => target.config(name)));
  return {
    connector: name,
    outcome,
    changes,
    state: settled === undefined ? undefined : state,
    tasks: (settled?.status.tasks ?? []).map(({ id, state: own, worker }) => ({ id, state: own, worker })),
    restarts: settled?.restarts ?? 0,
    durationMs: Date.now() - startedAt,
  };
}

/** An address where nothing listens is told at once; after the first answer, silence is a worker that restarts. */
async function validate({ target, config, stream, signal, onEvent }: DeployOptions): Promise<void> {
  const findings = await retry(() => target.validate(config), {
    ...PATIENCE,
    when: (error) => error instanceof ConnectError && error.retryable && error.code !== 'UNREACHABLE',
    ...(signal === undefined ? {} : { signal }),
  });
  if (findings.length > 0) throw refusedConfig(stream.sink.name, target, findings);
  onEvent?.({ kind: 'validated' });
}

type Decision = PlanEntry & { readonly action: keyof typeof OUTCOMES };

/** The same judgement as in `connect plan`, over what is there now. */
function decide(
  { stream, config, settings = () => undefined, planned }: DeployOptions,
  live: SinkConfig | undefined,
  before: ConnectorStatus | undefined,
): Decision {
  const { name, state } = stream.sink;
  const observed = live === undefined ? undefined : { config: live, state: before?.state };
  const entry = planConnector({ name, config, state }, observed, settings);
  if (entry.action === 'blocked' || entry.action === 'delete') {
    throw new ConnectError('REFUSED', `${name} ${entry.summary}; nothing was changed`, {
      details: { connector: name, state: before?.state },
      hint: 'run `connect resume` first, or declare sink.state in the definition',
    });
  }
  if (
    planned !== undefined &&
    !(planned.action === entry.action && isDeepStrictEqual(planned.changes, entry.changes))
  ) {
    const keys = entry.changes.map(({ key }) => key).join(', ');
    throw new ConnectError('UNSAFE', `${name} is no longer as planned; nothing of it was changed`, {
      details: { connector: name, planned: planned.action, now: entry.action, changes: entry.changes },
      hint: `somebody changed it meanwhile (now: ${entry.action}${keys === '' ? '' : ` of ${keys}`}); plan again`,
    });
  }
  return { ...entry, action: entry.action };
}

interface Settling {
  readonly entry: Decision;
  readonly live: SinkConfig | undefined;
  readonly before: ConnectorStatus | undefined;
  readonly oldMembers: ReadonlySet<string>;
  readonly oldTasks: readonly TaskConfig[];
}

function settleAs(options: DeployOptions, state: WantedState, { entry, live, before, oldMembers, oldTasks }: Settling) {
  if (state !== 'RUNNING') return settleHeld(options, state);
  const { config } = options;
  const isUntouched = entry.action === 'unchanged';
  const isTold = live === undefined || entry.changes.some(({ key }) => key !== STATE_KEY);
  // A paused task hears of nothing until it is resumed: one that was told this before goes on as it is.
  const goesOn =
    entry.action === 'update' &&
    areTold(
      oldTasks.map((task) => task.config),
      isTold ? config : (live ?? config),
    );
  const areNew = !isUntouched && (!goesOn || orderedState(before?.state) === 'STOPPED');
  return settle(options, {
    // A default that is spelled out in the definition only is not what the tasks were told.
    config: isTold ? config : live,
    settleMs: isUntouched && isHealthy(before, config) ? 0 : (options.settleMs ?? 3_000),
    ...(areNew ? { oldMembers } : {}),
    ...(entry.action === 'update' && before ? { before } : {}),
  });
}

/** Somebody else may have deployed meanwhile; a cluster may have gone back by itself. That must not pass for success. */
function refuseOtherConfig({ config, settings = () => undefined, stream }: DeployOptions, now: SinkConfig = {}): void {
  const keys = compareConfigs(now, config, settings).changes.map(({ key }) => key);
  if (keys.length === 0) return;
  const { name } = stream.sink;
  throw new ConnectError('REFUSED', `${name} runs, but no longer as deployed: ${keys.join(', ')} changed meanwhile`, {
    details: { connector: name, keys },
    hint: 'somebody else changed it at the same time; `connect plan` shows how it stands now',
  });
}

function refusedConfig(name: string, target: ConnectTarget, findings: readonly ConfigFinding[]): ConnectError {
  const lines = findings.map(({ key, errors }) => `  ${key}: ${errors.join(' ')}`);
  const number = findings.length === 1 ? '1 setting' : `${findings.length} settings`;
  return new ConnectError(
    'REFUSED',
    `${target.label} refuses ${number} of ${name}; nothing was changed\n${lines.join('\n')}`,
    {
      details: { connector: name, findings },
      hint: '`connect render --explain` shows where each setting comes from',
    },
  );
}
