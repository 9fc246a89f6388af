import type { DeployResult, SinkHost } from '../connectors/host.ts';
import { appliedByDeploy, type PlanEntry, titleOf } from '../connectors/plan/entry.ts';
import { type Plan, pendingEntries } from '../connectors/plan/plan.ts';
import {
  type Hide,
  type PlanOptions,
  planDrift,
  type SavedPlan,
  withoutSecretsIn,
} from '../connectors/plan/plan-file.ts';
import { prune } from '../connectors/prune.ts';
import { requestedBy } from '../connectors/run-state.ts';
import { ensureTopics, type TopicOutcome } from '../connectors/topics.ts';
import type { SinkEvent, Wait } from '../connectors/wait/wait.ts';
import { ConnectError } from '../core/errors.ts';
import { recordSkipped, unreadRecords } from '../operate/freshness/skipped-records.ts';
import { whileLocked } from '../operate/lock/while-locked.ts';
import { gapError, requireNoGap } from '../operate/require-no-gap.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { deployEach } from './deploy-each.ts';
import { type Growth, unknownGrowth, waitForGrowth } from './growth.ts';
import { plan as makePlan, type ObservedPlan } from './plan.ts';
import type { OnPreflight } from './preflight.ts';
import { requireColumns } from './require-columns.ts';
import { requireContract } from './require-contract.ts';
import type { Session } from './session.ts';
import { withTopics } from './topics.ts';
import { type CheckedPart, requireKnown } from './unknown-parts.ts';

/** How a deploy is done. */
export interface DeployOptions extends Partial<DeployListener> {
  readonly plan: PlanOptions;
  /** A plan that was saved: applied exactly, or not at all. */
  readonly saved?: SavedPlan | undefined;
  /** What was done to a saved plan before it was written: takes out what is known to be secret. */
  readonly hide?: Hide | undefined;
  /** Bound of the wait for each sink. Default: what the host needs. */
  readonly timeoutMs?: number | undefined;
  /** Put back what was changed and does not run. Default: true. */
  readonly rollback?: boolean | undefined;
  /** Wait until each sink runs. Default: true. */
  readonly wait?: boolean | undefined;
  /** Delete and create a sink where the host cannot change it in place. */
  readonly replace?: boolean | undefined;
  /** Start a sink also behind records that Kafka deleted before it read them; they are recorded. */
  readonly acceptGap?: boolean | undefined;
  /** Parts that need not be reached: what they would show is left unchecked. */
  readonly unchecked?: readonly CheckedPart[] | undefined;
  /** First have a worker on this machine validate every sink, where the host's own workers do not. */
  readonly preflight?: boolean | undefined;
  /** Shown what a deploy would do, and what other commands have still to do. Resolves when it is agreed to. */
  readonly agree: (plan: Plan, entries: readonly PlanEntry[]) => Promise<void>;
}

/** Hears how far a deploy is. */
export interface DeployListener {
  /** Of what is pending and no part of a deploy. */
  readonly onLeftOut: (entry: PlanEntry) => void;
  readonly onPreflight: OnPreflight;
  readonly onSinkEvent: (connector: string, event: SinkEvent) => void;
  readonly onDeployed: (result: DeployedStream) => void;
  /** A topic has grown, and these are its readers and writers. */
  readonly onGrown: (growth: Growth) => void;
  readonly onPruned: (connector: string) => void;
}

export type { Growth };

/** What a deploy of one stream came to. */
export interface DeployedStream extends DeployResult {
  readonly stream: string;
  readonly topics: readonly TopicOutcome[];
}

/** What a deploy came to. */
export interface Deployed {
  readonly streams: readonly DeployedStream[];
  /** Connectors that were deleted because no definition names them. */
  readonly pruned: readonly string[];
}

/**
 * Checks that all layers agree, plans, has the plan agreed to where something would change, then deploys the streams, topics
 * first: one after the other, or at once where each sink has workers of its own. An error says what became of the others.
 * Errors: USAGE for options that the host does not have, FINDINGS, REFUSED when the plan holds what only a person can decide,
 * UNREACHABLE or TIMEOUT for a part that is not left unchecked, UNSAFE for a saved plan that is out of date, for a sink that would
 * jump over deleted records, and for a database that lacks what the sinks write; those of `agree` and of the host.
 */
export async function deploy(session: Session, options: DeployOptions): Promise<Deployed> {
  const { streams } = session;
  const host = await session.host();
  if (options.wait === false) requireSubmit(host, session);
  await requireContract(session);
  const planned = await makePlan(session, options.plan);
  requireKnown(planned.unknown, options.unchecked ?? [], options.plan, planned.topicsBy);
  if (options.saved !== undefined) requireUnmoved(options.saved, planned, options.hide);
  refuseUndecided(planned.plan, options);
  if (!options.acceptGap) refuseGaps(planned);
  if (planned.unknown.database === undefined) await requireColumns(session);
  if (options.preflight) {
    const { preflight } = await import('./preflight.ts');
    await preflight(session, options.onPreflight ?? (() => {}));
  }
  await requireAgreement(planned.plan, options);
  const wait = { timeoutMs: options.timeoutMs ?? host.defaultTimeoutMs, signal: session.signal };
  const deployed = await deployEach(streams, host.sideBySide === true, async (stream) => {
    const result = await deployStream(session, options, planned, stream, wait);
    options.onDeployed?.(result);
    return result;
  });
  return { streams: deployed, pruned: await pruneSinks(session, options, planned.plan, wait) };
}

/** Errors: USAGE for a host that answers before it begins: a deploy that does not follow it would claim what nobody knows. */
function requireSubmit({ submit, label }: SinkHost, { environment }: Session): void {
  if (submit !== undefined) return;
  throw new ConnectError(
    'USAGE',
    `--no-wait is not for ${environment.name}: ${label} answers before it begins, and undoes what fails by itself; nothing was done`,
    { hint: 'leave it out; Ctrl-C ends the wait, not the operation, and `connect status` shows what became of it' },
  );
}

/** Errors: UNSAFE with a line for each thing that is no longer as it was when the plan was saved. */
function requireUnmoved(saved: SavedPlan, now: ObservedPlan, hide: Hide = (value) => value): void {
  const moved = planDrift(saved, withoutSecretsIn(now, hide));
  if (moved.length === 0) return;
  throw new ConnectError('UNSAFE', ['the plan is out of date; nothing was changed', ...moved].join('\n  '), {
    details: { moved },
    hint: 'plan again, review it, and deploy that',
  });
}

/** Errors: REFUSED for what only a person can decide, and for what needs a flag that was not given. */
function refuseUndecided(plan: Plan, { replace }: DeployOptions): void {
  const pending = pendingEntries(plan).filter(appliedByDeploy);
  const blocked = pending.filter(({ action }) => action === 'blocked');
  if (blocked.length > 0) {
    const lines = blocked.map((entry) => `${titleOf(entry)} ${entry.summary}`);
    throw new ConnectError('REFUSED', [...lines, 'nothing was changed'].join('\n  '), {
      details: { blocked: blocked.map(({ kind, name, summary }) => ({ kind, name, summary })) },
      hint: '`connect plan` shows everything else that is pending',
    });
  }
  const replaced = replace ? [] : pending.filter(({ needs }) => needs === '--replace');
  if (replaced.length === 0) return;
  const lines = replaced.map(({ name, summary, effects }) => [`${name}: ${summary}`, ...effects].join('; '));
  throw new ConnectError('REFUSED', [...lines, 'nothing was changed'].join('\n  '), {
    details: { replaced: replaced.map(({ name, summary, effects }) => ({ name, summary, effects })) },
    hint: 'deploy with --replace to delete and create; the sink does not write in between',
  });
}

/** Before anybody is asked. Errors: UNSAFE. */
function refuseGaps({ streams, options }: ObservedPlan): void {
  for (const { stream, gaps } of streams)
    if (gaps.length > 0 && startsSink(stream, options)) throw gapError({ stream }, gaps);
}

/** A sink that stays held is not started, unless its offsets are set. */
const startsSink = ({ sink }: StreamDefinition, { from }: PlanOptions): boolean =>
  requestedBy(sink.state) === 'RUNNING' || from !== 'resume';

/** Where nothing changes, nobody is asked. */
async function requireAgreement(plan: Plan, { agree, onLeftOut }: DeployOptions): Promise<void> {
  const pending = pendingEntries(plan);
  for (const entry of pending.filter((one) => !appliedByDeploy(one))) onLeftOut?.(entry);
  const ours = pending.filter(appliedByDeploy);
  if (ours.length > 0) await agree(plan, ours);
}

async function deployStream(
  session: Session,
  { rollback = true, wait: isAwaited = true, plan, acceptGap, onSinkEvent, onGrown }: DeployOptions,
  planned: ObservedPlan,
  stream: StreamDefinition,
  bounds: Wait,
): Promise<DeployedStream> {
  const { kafka, environment, groups, signal } = session;
  const host = await session.host();
  const { name: connector } = stream.sink;
  const onEvent = (event: SinkEvent) => onSinkEvent?.(connector, event);
  const isChecked = planned.unknown.brokers === undefined;
  const { topicsBy } = planned;
  const topics =
    topicsBy === undefined
      ? []
      : await withTopics(session, topicsBy, (admin) =>
          ensureTopics(admin, stream, environment.kafka.replicationFactor, { grow: plan.growTopics }),
        );
  const agreed = planned.streams.find((one) => one.stream === stream)?.sink.entries ?? [];
  // Retention goes on while a deploy does.
  if (isChecked && startsSink(stream, plan)) await requireNoGap({ stream, groups, kafka, signal, acceptGap, onEvent });
  const skipped = isChecked && plan.from === 'latest' ? unreadRecords(await groups.positions(stream)) : [];
  await recordSkipped({ stream, kafka }, skipped);
  const wait = { ...bounds, rollback, onEvent };
  const carryOut = (on: SinkHost, signal: AbortSignal | undefined): Promise<DeployResult> =>
    ((isAwaited ? undefined : on.submit) ?? on.deploy)(session.desiredSink(stream, plan.from), agreed, {
      ...wait,
      signal,
    });
  // Where the brokers are left out there is no lock to take.
  const result = isChecked
    ? await whileLocked({ ...wait, stream, kafka, host }, 'connect deploy', (locked) =>
        carryOut(locked.host, locked.signal),
      )
    : await carryOut(host, signal);
  const hasGrown = topics.some(({ name, outcome }) => name === stream.topic.name && outcome === 'grown');
  if (hasGrown && isAwaited)
    onGrown?.(isChecked ? await waitForGrowth(session, stream, bounds) : unknownGrowth(stream.topic));
  return { stream: stream.name, topics, ...result };
}

async function pruneSinks(session: Session, { onPruned }: DeployOptions, plan: Plan, wait: Wait): Promise<string[]> {
  const host = await session.host();
  const removed = plan.entries.filter(({ kind, action }) => kind === 'connector' && action === 'delete');
  for (const { name } of removed) {
    session.signal.throwIfAborted();
    await prune(host, { name, project: session.environment.project ?? '' }, wait);
    onPruned?.(name);
  }
  return removed.map(({ name }) => name);
}
