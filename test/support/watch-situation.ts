import type { ObservedSink } from '../../connectors/sink-config.ts';
import type { FailedPart } from '../../connectors/wait/failure.ts';
import type { Situation } from '../../operate/watch/judge-sink.ts';
import { createPartHistory } from '../../operate/watch/part-history.ts';
import type { Progress } from '../../operate/watch/progress.ts';
import { NO_RESTARTS } from '../../operate/watch/restart-budget.ts';
import type { PartSighting, Sighting, StreamSighting } from '../../operate/watch/sighting.ts';
import type { SharedPart } from '../../operate/watch/view.ts';
import { positions } from './positions-stream.ts';

/** A moment, ms since 1970. */
export const NOON = Date.UTC(2026, 10, 28, 12);

/** The parts of one look; those that are named are away. */
export function parts(...away: readonly SharedPart[]): Sighting['parts'] {
  const of = (part: SharedPart): PartSighting =>
    away.includes(part) ? { ok: false, why: `${part} is away` } : { ok: true };
  return { database: of('database'), registry: of('registry'), brokers: of('brokers'), worker: of('worker') };
}

/** Looks at the parts, each a number of ms before noon, and those that were away then. */
export function partsSince(...looks: readonly (readonly [ms: number, ...away: SharedPart[]])[]) {
  const remember = createPartHistory();
  let seen = remember(parts(), NOON - 86_400_000);
  for (const [ms, ...away] of looks) seen = remember(parts(...away), NOON - ms);
  return seen;
}

/** A sink whose tasks are in these states. */
export const sinkOf = (...states: readonly ObservedSink['state'][]): ObservedSink => ({
  name: positions.sink.name,
  config: {},
  state: 'RUNNING',
  worker: 'w',
  tasks: states.map((state, id) => ({ id, state, worker: 'w' })),
  expectedTasks: states.length,
  decidedByHost: [],
});

/** A failure of task 0. */
export const failureOf = (failure: Partial<FailedPart>): FailedPart => ({
  task: 0,
  worker: 'w',
  cause: 'SomeException: it failed',
  suspects: [],
  ...failure,
});

export const progressOf = (changes: Partial<Progress> = {}): Progress => ({
  lag: 0n,
  committedRecords: 0n,
  commitAgeSeconds: 0,
  oldestSeconds: 0,
  isGrowing: false,
  ...changes,
});

export const sightingOf = (changes: Partial<StreamSighting> = {}): StreamSighting => ({
  stream: positions,
  sink: sinkOf('RUNNING', 'RUNNING'),
  failures: [],
  missingTopics: [],
  positions: [],
  gaps: [],
  retentionUsed: 0,
  open: { rejected: 0n, deadLetters: 0n },
  producer: { slot: 100n, ageSeconds: 1 },
  history: undefined,
  partitions: undefined,
  newestSlot: 100n,
  ...changes,
});

/** All is well at noon, but for these. */
export const situationOf = ({
  seen,
  ...changes
}: Partial<Omit<Situation, 'seen'>> & { readonly seen?: Partial<StreamSighting> } = {}): Situation => ({
  seen: sightingOf(seen),
  parts: partsSince([0]),
  progress: progressOf(),
  restarts: NO_RESTARTS,
  trial: undefined,
  actor: undefined,
  at: NOON,
  stalledAfterMs: 180_000,
  quarantines: false,
  ...changes,
});
