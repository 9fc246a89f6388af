import { ConnectError } from '../../core/errors.ts';
import { withoutValues } from '../../core/without-values.ts';
import type { Lock } from '../lock/lock.ts';
import { type ActSources, restartOnce, tryRecords } from './act.ts';
import type { RestartCause, WatchEvent } from './event.ts';
import type { Trial, Wanted } from './judge-sink.ts';
import type { Progress } from './progress.ts';
import { NO_RESTARTS, type Restarts, withSuccess, withTry } from './restart-budget.ts';
import type { StreamSighting } from './sighting.ts';

export interface CaretakerOptions {
  readonly environment: string;
  /** So many records are moved to the dead letter topic in 24 hours at most; 0: none. */
  readonly quarantineBudget: number;
  /** A sink that ran for so long after a restart, and went on, runs well again. */
  readonly runsWellMs: number;
  readonly tell: (event: WatchEvent) => void;
  /** Hears that something has been done to the sink, or tried. */
  readonly onDone: () => void;
}

/** What was done last, for people. */
export interface LastAction {
  /** ISO, UTC. */
  readonly at: string;
  readonly text: string;
}

/** What a caretaker goes on with that comes after another one. */
export interface CaretakerMemory {
  readonly restarts: Restarts;
  readonly quarantined: readonly number[];
  readonly last?: LastAction | undefined;
}

const DAY_MS = 86_400_000;
const TRIAL_AGAIN_MS = 15_000;

type OfSink = Extract<WatchEvent, { readonly event: `sink.${string}` | 'record.quarantined' }>;
type Told = OfSink extends infer Event
  ? Event extends OfSink
    ? Omit<Event, 'time' | 'environment' | 'stream' | 'connector'>
    : never
  : never;

/** Acts on one sink: one thing at a time, beside the looks. */
export type Caretaker = ReturnType<typeof createCaretaker>;

export function createCaretaker(sources: ActSources, lock: Lock, options: CaretakerOptions) {
  const { stream } = sources;
  const of = { stream: stream.name, connector: stream.sink.name };
  const counts: Partial<Record<RestartCause, number>> = {};
  let memory: CaretakerMemory = { restarts: NO_RESTARTS, quarantined: [] };
  let trial: { readonly of: string; readonly found: Trial; readonly againAt: number } | undefined;
  let moved = 0;
  let work: Promise<void> | undefined;
  let endedAt = 0;

  const tell = (told: Told): void =>
    options.tell({ time: new Date().toISOString(), environment: options.environment, ...told, ...of } as WatchEvent);
  const done = (text: string): void => {
    memory = { ...memory, last: { at: new Date().toISOString(), text } };
  };

  async function restart(wanted: Extract<Wanted, { kind: 'restart' }>): Promise<void> {
    const { cause } = wanted;
    const attempt = memory.restarts.tries.length + 1;
    let hasBegun = false;
    try {
      const isRestarted = await restartOnce(sources, lock, wanted, () => {
        hasBegun = true;
        memory = { ...memory, restarts: withTry(memory.restarts, Date.now()) };
        counts[cause] = (counts[cause] ?? 0) + 1;
        tell({ event: 'sink.restarting', cause, attempt });
      });
      if (!isRestarted) return;
      done(`restarted it (cause: ${cause}, try ${attempt})`);
      tell({ event: 'sink.restarted', cause, attempt });
    } catch (error) {
      const { message } = ConnectError.from(error);
      const reason = withoutValues(message);
      if (!hasBegun) memory = { ...memory, restarts: withTry(memory.restarts, Date.now()) };
      done(`could not restart it (cause: ${cause}, try ${attempt})`);
      tell({ event: 'sink.restart-failed', cause, attempt, error: reason });
    }
  }

  const quarantinedToday = () => memory.quarantined.filter((at) => Date.now() - at < DAY_MS);
  const quarantineLeft = (): number => Math.max(0, options.quarantineBudget - quarantinedToday().length);

  async function findRecord(failure: string): Promise<void> {
    const result = await tryRecords(sources, lock, quarantineLeft());
    if (result === undefined) return;
    const againAt = result.again ? Date.now() + TRIAL_AGAIN_MS : Number.POSITIVE_INFINITY;
    trial = { of: failure, found: result.trial, againAt };
    if (result.moved.length === 0) return;
    // Whatever stops it next is another record, though it may say the same.
    trial = undefined;
    moved += result.moved.length;
    memory = { ...memory, quarantined: [...quarantinedToday(), ...result.moved.map(() => Date.now())] };
    done(`moved ${result.moved.join(', ')} to the dead letter topic`);
    tell({ event: 'record.quarantined', records: result.moved });
  }

  return {
    restarts: (): Restarts => memory.restarts,
    memory: (): CaretakerMemory => memory,
    remember(known: CaretakerMemory): void {
      memory = known;
    },
    counts: () => ({ ...counts }),
    mayQuarantine: (): boolean => quarantineLeft() > 0,
    quarantined: (): number => moved,
    /** What is known of the record that stops the sink as it has failed now. */
    trialOf(seen: StreamSighting): Trial | undefined {
      return trial !== undefined && trial.of === failureOf(seen) && Date.now() < trial.againAt
        ? trial.found
        : undefined;
    },
    /** Somebody else acts on the sink: what stops it next may be another record, though it may say the same. */
    forgetTrial(): void {
      trial = undefined;
    },
    /** Sees whether the last restart has helped. */
    noteLook({ sink, failures }: StreamSighting, progress: Progress | undefined, at: number): void {
      if (failures.length > 0 || sink === undefined || sink === 'missing') return;
      trial = undefined;
      const last = memory.restarts.tries.at(-1);
      if (last === undefined) return;
      const runs = sink.tasks.length > 0 && sink.tasks.every(({ state }) => state === 'RUNNING');
      // Every partition in which records wait has committed some since.
      const goesOn = progress !== undefined && progress.commitAgeSeconds * 1000 < at - last;
      if (runs && goesOn && at - last >= options.runsWellMs)
        memory = { ...memory, restarts: withSuccess(memory.restarts) };
    },
    /** Begins what is wanted, unless something is under way. */
    begin(wanted: Wanted, seen: StreamSighting): void {
      if (work !== undefined) return;
      const task = wanted.kind === 'trial' ? findRecord(failureOf(seen)) : restart(wanted);
      work = task.finally(() => {
        work = undefined;
        endedAt = Date.now();
        options.onDone();
      });
    },
    isWorking: (): boolean => work !== undefined,
    /** When it last ended something, ms since 1970. */
    endedAt: (): number => endedAt,
    /** Ends when nothing is under way. Returns whether something was. */
    async settled(): Promise<boolean> {
      const isWorking = work !== undefined;
      await work;
      return isWorking;
    },
  };
}

const failureOf = ({ failures }: StreamSighting): string =>
  JSON.stringify(failures.map(({ task, cause }) => [task, cause]));
