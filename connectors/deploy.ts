import { ConnectError } from '../core/errors.ts';
import { retry } from '../core/retry.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { ConfigChange } from './config-changes.ts';
import type { FailedPart } from './failure.ts';
import { compareConfigs, needsReplacement, type SettingLookup } from './plan/connector-plan.ts';
import type { SinkConfig } from './render.ts';
import { removeIfThere, rollBack } from './rollback.ts';
import { isHealthy, PATIENCE, settle } from './settle.ts';
import type { ConfigFinding, ConnectTarget } from './targets/target.ts';

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
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: DeployEvent) => void;
}

export interface DeployResult {
  readonly connector: string;
  readonly outcome: DeployOutcome;
  /** Empty when created or unchanged. */
  readonly changes: readonly ConfigChange[];
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly worker: string }[];
  /** How often something that had failed was started again. */
  readonly restarts: number;
  readonly durationMs: number;
}

/**
 * Brings a sink to the desired configuration and waits until the connector and every task is RUNNING and stays so.
 * Nothing is written when the live configuration means the same as the desired one; failed tasks are then started again all
 * the same. What was changed and does not run is rolled back, unless that is switched off.
 * Errors: REFUSED when the worker does not accept the configuration, or when something still fails after the restarts and
 * nothing was rolled back; TIMEOUT; DEPLOY_FAILED after a rollback, ROLLBACK_FAILED when that failed too (cause, record and
 * hint are in the error); what the target throws.
 */
export async function deploySink(options: DeployOptions): Promise<DeployResult> {
  const startedAt = Date.now();
  const { target, config, onEvent, settings = () => undefined } = options;
  const name = options.stream.sink.name;
  const patiently = <T>(task: () => Promise<T>): Promise<T> =>
    retry(task, { ...PATIENCE, ...(options.signal === undefined ? {} : { signal: options.signal }) });

  // An address where nothing listens is told at once; after the first answer, silence is a worker that restarts.
  const findings = await retry(() => target.validate(config), {
    ...PATIENCE,
    when: (error) => error instanceof ConnectError && error.retryable && error.code !== 'UNREACHABLE',
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (findings.length > 0) throw refusedConfig(name, target, findings);
  onEvent?.({ kind: 'validated' });

  const live = await patiently(() => target.config(name));
  const before = await patiently(() => target.status(name));
  if (live !== undefined && (before?.state === 'PAUSED' || before?.state === 'STOPPED'))
    throw heldBack(name, before.state);

  const oldMembers = (await options.members?.()) ?? new Set<string>();
  const changes = live === undefined ? [] : compareConfigs(live, config, settings).changes;
  const outcome = outcomeOf(live, changes);
  if (outcome === 'replaced') await patiently(() => removeIfThere(target, name));
  const previous = { live, before, outcome };
  try {
    if (outcome !== 'unchanged') await patiently(() => target.putConfig(name, config));
  } catch (error) {
    throw outcome === 'replaced' ? await rollBack(options, previous, error) : error;
  }
  onEvent?.({ kind: 'applied', outcome, changes: changes.map(({ secret: _secret, ...change }) => change) });
  const settled = await settle(options, {
    // A default that is spelled out in the definition only is not what the tasks were told.
    config: outcome === 'unchanged' ? (live ?? config) : config,
    settleMs: outcome === 'unchanged' && isHealthy(before, config) ? 0 : (options.settleMs ?? 3_000),
    ...(outcome === 'unchanged' ? {} : { oldMembers }),
    ...(outcome === 'updated' && before ? { before } : {}),
  }).catch(async (error: unknown) => {
    throw await rollBack(options, previous, error);
  });
  if (outcome !== 'unchanged') refuseOtherConfig(options, await patiently(() => target.config(name)));
  return {
    connector: name,
    outcome,
    changes: changes.map(({ secret: _secret, ...change }) => change),
    tasks: settled.status.tasks.map(({ id, state, worker }) => ({ id, state, worker })),
    restarts: settled.restarts,
    durationMs: Date.now() - startedAt,
  };
}

function outcomeOf(live: SinkConfig | undefined, changes: readonly ConfigChange[]): DeployOutcome {
  if (live === undefined) return 'created';
  if (changes.length === 0) return 'unchanged';
  return needsReplacement(changes) ? 'replaced' : 'updated';
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

const heldBack = (name: string, state: string): ConnectError =>
  new ConnectError('REFUSED', `${name} is ${state}: someone holds it back on purpose, so nothing was changed`, {
    details: { connector: name, state },
    hint: 'run `connect resume` first',
  });
