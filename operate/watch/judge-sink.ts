import { type FailedPart, formatSuspects } from '../../connectors/wait/failure.ts';
import type { Claim } from '../lock/claim.ts';
import type { Draft, Findings } from './draft.ts';
import type { RestartCause } from './event.ts';
import type { IncidentKind } from './incident.ts';
import type { PartHistory } from './part-history.ts';
import type { Progress } from './progress.ts';
import {
  decideRestart,
  type FailedSink,
  type RestartDecision,
  type Restarts,
  TRIES_BEFORE_PERSON,
} from './restart-budget.ts';
import type { StreamSighting } from './sighting.ts';
import type { SharedPart } from './view.ts';

/** What a trial of the records has found: which record stops the sink, or that none does. */
export type Trial =
  | { readonly kind: 'culprits'; readonly records: readonly string[]; readonly reason: string }
  | { readonly kind: 'none' }
  /** It could not be tried, or the cause lies elsewhere: in these words. */
  | { readonly kind: 'untold'; readonly why: string };

/** What is known of a stream when it is judged. */
export interface Situation {
  readonly seen: StreamSighting;
  readonly parts: PartHistory;
  /** Undefined while the offsets could not be read. */
  readonly progress: Progress | undefined;
  readonly restarts: Restarts;
  /** Of the failure that is seen now. */
  readonly trial: Trial | undefined;
  /** Who else acts on the sink now. */
  readonly actor: Claim | undefined;
  /** ms since 1970. */
  readonly at: number;
  /** A sink that commits nothing for so long while records wait has stalled. */
  readonly stalledAfterMs: number;
  /** Whether watch may move a record to the dead letter topic now. */
  readonly quarantines: boolean;
}

/** What watch wants to do about a sink. */
export type Wanted =
  | { readonly kind: 'restart'; readonly cause: RestartCause; readonly onlyFailed: boolean }
  /** Find the record that is to blame. */
  | { readonly kind: 'trial' };

const SINK_KINDS: readonly IncidentKind[] = ['sink-missing', 'sink-failed', 'sink-stalled', 'record'];

/** Whose fault a sink's failure is. */
type Blame = { readonly kind: 'record' } | ({ readonly kind: 'other' } & Omit<FailedSink, 'isPartOk' | 'partBackAt'>);

/** What is wrong with the sink itself. While somebody else acts on it, what is open stays open. */
export function judgeSink(situation: Situation): Findings {
  const { seen, actor, progress } = situation;
  const { sink, failures } = seen;
  if (sink === undefined || actor !== undefined) return { drafts: [], unseen: SINK_KINDS };
  if (sink === 'missing') return { drafts: [MISSING], unseen: [] };
  if (isHeld(situation)) return NOTHING;
  if (failures.length > 0) return { drafts: failedDrafts(situation), unseen: [] };
  if (isStalled(situation)) return { drafts: [stalledDraft(situation)], unseen: [] };
  return progress === undefined ? { drafts: [], unseen: ['sink-stalled'] } : NOTHING;
}

/** What watch would do now; undefined: nothing. */
export function wantedFor(situation: Situation): Wanted | undefined {
  const { seen, actor, trial } = situation;
  const { sink, gaps, failures } = seen;
  // Nothing starts a sink behind records that it has not read, or while nobody knows whether it would be.
  if (sink === undefined || sink === 'missing' || actor !== undefined || isHeld(situation)) return undefined;
  if (gaps === undefined || gaps.length > 0) return undefined;
  if (failures.length === 0) {
    if (!isStalled(situation) || decisionOf(situation, STALLED).kind !== 'now') return undefined;
    return { kind: 'restart', cause: 'stalled', onlyFailed: false };
  }
  const blame = blameOf(situation);
  if (blame.kind === 'record') return trial === undefined ? { kind: 'trial' } : undefined;
  if (decisionOf(situation, blame).kind !== 'now') return undefined;
  return { kind: 'restart', cause: blame.cause, onlyFailed: true };
}

/** Who paused or stopped it does not want it to run. */
const isHeld = ({ seen: { sink } }: Situation): boolean =>
  sink !== undefined && sink !== 'missing' && (sink.state === 'PAUSED' || sink.state === 'STOPPED');

function isStalled({ seen: { sink }, progress, parts, stalledAfterMs, at }: Situation): boolean {
  if (sink === undefined || sink === 'missing' || progress === undefined || progress.lag === 0n) return false;
  // A sink that waits for a part says RUNNING as well: then the part is what is wrong.
  if (!Object.values(parts.ok).every((ok) => ok)) return false;
  const since = Math.max(...(['database', 'registry', 'brokers'] as const).map((part) => parts.backAt(part) ?? 0));
  return progress.commitAgeSeconds * 1000 >= stalledAfterMs && at - since >= stalledAfterMs;
}

const NOTHING: Findings = { drafts: [], unseen: [] };

const MISSING: Draft = {
  kind: 'sink-missing',
  severity: 'critical',
  summary: 'the sink is not deployed',
  next: 'run `connect deploy`; watch deploys nothing',
  needsPerson: true,
  looks: 2,
};

const STALLED = { cause: 'stalled', passes: false } as const;

function stalledDraft(situation: Situation): Draft {
  const { progress } = situation;
  const isPersons = decisionOf(situation, STALLED).kind === 'person';
  return {
    kind: 'sink-stalled',
    severity: 'critical',
    summary: `${progress?.lag} records wait, no task says FAILED, and in one partition at least nothing is committed`,
    next: isPersons
      ? 'restarts did not help: end what holds locks on the table (pg_stat_activity); where the registry takes calls and never answers, start the worker again'
      : 'watch restarts the tasks',
    needsPerson: isPersons,
  };
}

/** A task that a record stops, or one that something else does. */
export function blameOf({ seen: { failures }, parts, trial }: Situation): Blame {
  const other = failures.find(({ fault }) => fault !== undefined && fault !== 'record');
  if (other !== undefined) return { kind: 'other', cause: causeOf(other), passes: other.passes === true };
  if (failures.every(({ fault }) => fault === 'record') && trial?.kind !== 'none') return { kind: 'record' };
  // Nobody knows this cause, but a part was away when it came.
  const away = parts.awayLately();
  return { kind: 'other', cause: away ?? 'unknown', passes: away !== undefined };
}

const causeOf = ({ fault }: FailedPart): RestartCause =>
  fault === 'database' || fault === 'registry' || fault === 'sink' ? fault : 'unknown';

const isPart = (cause: RestartCause): cause is SharedPart =>
  cause === 'database' || cause === 'registry' || cause === 'brokers' || cause === 'worker';

function decisionOf(
  { restarts, parts, at }: Situation,
  { cause, passes }: Pick<FailedSink, 'cause' | 'passes'>,
): RestartDecision {
  const isPartOk = isPart(cause) ? parts.ok[cause] : undefined;
  const partBackAt = isPart(cause) ? parts.backAt(cause) : undefined;
  return decideRestart(restarts, { cause, passes, isPartOk, partBackAt }, at);
}

function failedDrafts(situation: Situation): Draft[] {
  const { seen, trial, restarts } = situation;
  const [failure] = seen.failures;
  const blame = blameOf(situation);
  if (blame.kind === 'record') return [recordDraft(situation, trial)];
  const decision = decisionOf(situation, blame);
  // While the part is away its own incident says so, and the first restart is about to be made.
  const isExpected = blame.passes && (decision.kind === 'part-away' || restarts.tries.length === 0);
  if (isExpected) return [];
  const isLong = restarts.tries.length >= TRIES_BEFORE_PERSON;
  const needsPerson = decision.kind === 'person' || !blame.passes || isLong;
  return [
    {
      kind: 'sink-failed',
      severity: 'critical',
      summary: `${failedParts(seen.failures)} FAILED${blame.cause === 'unknown' ? '' : `, because of ${BLAMED[blame.cause]}`}`,
      cause: failure?.cause,
      next: nextFor(decision, restarts, failure?.hint),
      needsPerson,
      told: JSON.stringify([needsPerson, decision.kind === 'person', blame.cause]),
    },
  ];
}

const BLAMED: Readonly<Record<Exclude<RestartCause, 'unknown'>, string>> = {
  database: 'the database',
  registry: 'the schema registry',
  brokers: 'Kafka',
  worker: 'the worker',
  sink: 'its own settings',
  stalled: 'a wait that does not end',
};

const failedParts = (failures: readonly FailedPart[]): string =>
  failures.map(({ task }) => (task === undefined ? 'the connector' : `task ${task}`)).join(', ');

function nextFor(decision: RestartDecision, { tries }: Restarts, hint: string | undefined): string {
  const advice = hint ?? 'see the log of the worker; when the cause is gone, `connect restart --failed`';
  if (decision.kind !== 'person') return `watch restarts it; ${tries.length} restarts did not help yet. ${advice}`;
  return tries.length === 0 ? advice : `${tries.length} restarts did not help; watch makes no more. ${advice}`;
}

function recordDraft({ seen: { failures }, quarantines }: Situation, trial: Trial | undefined): Draft {
  const [failure] = failures;
  const words = { kind: 'record', severity: 'critical', needsPerson: !quarantines } as const;
  if (trial?.kind === 'culprits') {
    const { records, reason } = trial;
    return {
      ...words,
      needsPerson: true,
      summary: `${records.join(', ')} ${records.length === 1 ? 'stops' : 'stop'} the sink`,
      cause: reason,
      record: records[0],
      next: '`connect quarantine --dry-run` shows the proof, `connect quarantine` moves it to the dead letter topic; a restart fails again',
    };
  }
  const search = quarantines ? 'watch looks for it and moves it' : 'watch looks for it';
  return {
    ...words,
    summary: 'a record stops the sink',
    cause: failure?.cause,
    record: failure && formatSuspects(failure.suspects),
    next:
      trial?.kind === 'untold'
        ? `watch could not find out which (${trial.why}); \`connect quarantine --dry-run\` tries it`
        : `${search}; \`connect quarantine --dry-run\` does the same`,
  };
}
