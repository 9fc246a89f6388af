import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../core/errors.ts';
import { retry } from '../core/retry.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { type ConfigChange, configChanges } from './config-changes.ts';
import { type FailedPart, failuresOf, formatSuspects } from './failure.ts';
import { createProgress, type Observation, type TaskCount } from './progress.ts';
import type { SinkConfig } from './render.ts';
import type { ConfigFinding, ConnectorStatus, ConnectTarget } from './targets/target.ts';

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
    };

export type DeployOutcome = 'created' | 'updated' | 'unchanged';

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

const POLL_MS = 200;
/** A rebalance ends in seconds; a worker that is not back after these tries needs a person. */
const PATIENCE = { attempts: 8, baseMs: 250, maxMs: 5_000 };
const RESTART_BACKOFF_MS = 1_000;

/**
 * Brings a sink to the desired configuration and waits until the connector and every task is RUNNING and stays so.
 * Nothing is written when the live configuration equals the desired one; failed tasks are then started again all the same.
 * Errors: REFUSED when the worker does not accept the configuration, or when something still fails after the restarts (its cause,
 * record and hint are in the error); TIMEOUT; what the target throws.
 */
export async function deploySink(options: DeployOptions): Promise<DeployResult> {
  const startedAt = Date.now();
  const { target, config, onEvent } = options;
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
  const changes = live === undefined ? [] : configChanges(live, config);
  const outcome: DeployOutcome = live === undefined ? 'created' : changes.length > 0 ? 'updated' : 'unchanged';
  if (outcome !== 'unchanged') await patiently(() => target.putConfig(name, config));
  onEvent?.({ kind: 'applied', outcome, changes });

  const { status, restarts } = await settle(options, outcome, before, oldMembers);
  return {
    connector: name,
    outcome,
    changes,
    tasks: status.tasks.map(({ id, state, worker }) => ({ id, state, worker })),
    restarts,
    durationMs: Date.now() - startedAt,
  };
}

/** Waits until everything runs; starts what failed again, a bounded number of times with growing pauses. */
async function settle(
  options: DeployOptions,
  outcome: DeployOutcome,
  before: ConnectorStatus | undefined,
  oldMembers: ReadonlySet<string>,
): Promise<{ status: ConnectorStatus; restarts: number }> {
  const { target, config, signal, onEvent } = options;
  const name = options.stream.sink.name;
  const allowed = options.restarts ?? 3;
  const settleMs = outcome === 'unchanged' && isHealthy(before, config) ? 0 : (options.settleMs ?? 3_000);
  const deadline = Date.now() + options.timeoutMs;
  let progress = createProgress({
    config,
    settleMs,
    ...(outcome === 'unchanged' ? {} : { oldMembers }),
    ...(outcome === 'updated' && before ? { before } : {}),
  });
  let restarts = 0;
  let told = '';
  for (;;) {
    signal?.throwIfAborted();
    const observed = await observe(options);
    const verdict = progress.judge(observed, Date.now());
    if (verdict.kind === 'settled') return { status: verdict.status, restarts };
    if (verdict.kind === 'failed') {
      const failures = failuresOf(verdict.status, options.stream);
      if (restarts >= allowed) throw stillFailing(name, failures, restarts);
      restarts += 1;
      onEvent?.({ kind: 'restarting', attempt: restarts, of: allowed, failures });
      await sleep(RESTART_BACKOFF_MS * 2 ** (restarts - 1), undefined, signal ? { signal } : {});
      await retry(() => target.restart(name, { onlyFailed: true }), PATIENCE);
      progress = createProgress({ config, settleMs, before: verdict.status });
    } else {
      const line = JSON.stringify(verdict.count);
      if (line !== told) onEvent?.({ kind: 'waiting', ...verdict.count });
      told = line;
    }
    if (Date.now() >= deadline)
      throw tooSlow(name, options.timeoutMs, verdict.kind === 'waiting' ? verdict.count : undefined);
    await sleep(POLL_MS, undefined, signal ? { signal } : {});
  }
}

/** What is seen of the connector now; undefined while the cluster has nothing to say about it yet. */
async function observe({ target, stream, members }: DeployOptions): Promise<Observation | undefined> {
  try {
    const status = await target.status(stream.sink.name);
    if (status === undefined) return undefined;
    const [tasks, present] = await Promise.all([target.tasks(stream.sink.name), members?.()]);
    return { status, taskConfigs: tasks.map((task) => task.config), members: present };
  } catch (error) {
    // A rebalance, or a worker on its way up: the deadline decides how long that may last.
    if (error instanceof ConnectError && (error.retryable || error.code === 'NOT_FOUND')) return undefined;
    throw error;
  }
}

const isHealthy = (status: ConnectorStatus | undefined, config: SinkConfig): boolean =>
  status?.state === 'RUNNING' &&
  status.tasks.length === Number(config['tasks.max']) &&
  status.tasks.every((task) => task.state === 'RUNNING');

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
    hint: `resume it first: PUT /connectors/${name}/resume on the worker`,
  });

function stillFailing(name: string, failures: readonly FailedPart[], restarts: number): ConnectError {
  const again = restarts === 0 ? '' : ` and failed again after ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`;
  const hint = failures.find((failure) => failure.hint !== undefined)?.hint;
  const lines = failures.flatMap(({ task, worker, cause, suspects }) => {
    const record = formatSuspects(suspects);
    return [
      `  ${task === undefined ? 'connector' : `task ${task}`} on ${worker}`,
      `  cause   ${cause}`,
      ...(record === undefined ? [] : [`  record  ${record}`]),
    ];
  });
  return new ConnectError('REFUSED', [`${name} FAILED${again}`, ...lines].join('\n'), {
    details: {
      connector: name,
      failures: failures.map(({ suspects, ...failure }) => ({ ...failure, record: formatSuspects(suspects) })),
    },
    ...(hint === undefined ? {} : { hint }),
  });
}

function tooSlow(name: string, timeoutMs: number, count: TaskCount | undefined): ConnectError {
  const seen = count === undefined ? 'it keeps failing' : `${count.running} of ${count.expected} tasks are RUNNING`;
  return new ConnectError('TIMEOUT', `${name} does not run as deployed after ${timeoutMs / 1000} s: ${seen}`, {
    details: { connector: name, ...count },
    hint: 'a busy cluster may need longer: --timeout 10m; the log of the worker says what it is doing',
  });
}
