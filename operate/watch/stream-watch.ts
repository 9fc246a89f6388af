import { checkpointTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { Freshness } from '../freshness/judge-freshness.ts';
import type { Claim } from '../lock/claim.ts';
import { createLock, type Lock } from '../lock/lock.ts';
import { sinkLock, thisOwner } from '../lock/while-locked.ts';
import type { ActSources } from './act.ts';
import { type CaretakerOptions, createCaretaker } from './caretaker.ts';
import type { CheckpointTail } from './checkpoint-tail.ts';
import type { Incident } from './incident.ts';
import { createIncidents, type KeptIncident } from './incidents.ts';
import { type Situation, wantedFor } from './judge-sink.ts';
import { judgeStream } from './judge-stream.ts';
import type { KeptKafka } from './kept-kafka.ts';
import { createLeadership, type Role } from './leadership.ts';
import type { PartHistory } from './part-history.ts';
import { createProgress, type Progress } from './progress.ts';
import type { StreamSighting } from './sighting.ts';
import { streamView } from './stream-view.ts';
import type { StreamView } from './view.ts';
import { readWatchMark, WATCH_MARK_KEY, type WatchMark } from './watch-mark.ts';

export interface StreamWatchOptions extends Omit<CaretakerOptions, 'onDone'> {
  readonly isDryRun: boolean;
  /** It ends after this look: the next one needs to know where the sink stood. */
  readonly looksOnce: boolean;
  readonly stalledAfterMs: number;
  /** Hears of incidents that an earlier watch has told. */
  readonly onRestored: (incidents: readonly Incident[]) => void;
}

/** Where a stream's locks and marks are, kept open. */
export interface KeptSources {
  readonly kafka: KeptKafka;
  readonly tail: CheckpointTail;
  /** What was seen of a sink is no longer so. */
  readonly forget: (stream: StreamDefinition) => void;
}

/** When a look began and ended, ms since 1970. */
export interface LookTimes {
  readonly beganAt: number;
  readonly at: number;
}

/** Watches one stream from look to look. */
export type StreamWatch = ReturnType<typeof createStreamWatch>;

export function createStreamWatch(
  sources: ActSources,
  { kafka, tail, forget }: KeptSources,
  options: StreamWatchOptions,
) {
  const { stream, signal } = sources;
  const { environment, isDryRun, looksOnce, stalledAfterMs, tell, onRestored } = options;
  const watchLog = tail.claims(stream, 'watch');
  const watchLock: Lock = createLock({ log: watchLog, name: `the watch of ${stream.name}`, owner: thisOwner() });
  const lock = sinkLock(sources, tail.claims(stream, 'sink'));
  const leadership = createLeadership(watchLock, { isDryRun });
  const caretaker = createCaretaker(sources, lock, { ...options, onDone: () => forget(stream) });
  const incidents = createIncidents(environment);
  const follow = createProgress();
  let role: Role = { role: 'only-reports' };
  let isTold = false;
  let leadsSince = '';
  let seen: StreamSighting | undefined;
  let progress: Progress | undefined;
  let written = '';
  let shared: readonly KeptIncident[] = [];

  /** Undefined while nobody else acts on the sink; asked only when something would be done or told of it. */
  async function findActor(at: StreamSighting): Promise<Claim | undefined> {
    const isQuiet = at.sink === undefined || (at.sink !== 'missing' && at.failures.length === 0 && !mayStall());
    if (isQuiet || caretaker.isWorking()) return undefined;
    return lock.holder().catch(() => undefined);
  }
  const mayStall = (): boolean => (progress?.commitAgeSeconds ?? 0) * 1000 >= stalledAfterMs;

  async function changeRole(next: Role): Promise<void> {
    const isNew = !isTold || next.role !== role.role;
    role = next;
    if (!isNew) return;
    isTold = true;
    if (next.role === 'leads') await takeOver();
    if (next.role === 'stands-by') incidents.forget();
    const event = (
      { leads: 'watch.leads', 'stands-by': 'watch.stands-by', 'only-reports': 'watch.only-reports' } as const
    )[next.role];
    const { owner, reason } = next;
    tell({
      time: new Date().toISOString(),
      environment,
      event,
      stream: stream.name,
      connector: stream.sink.name,
      owner,
      reason,
    });
  }

  /** Goes on where the watch before has ended. What cannot be read is begun anew. */
  async function takeOver(): Promise<void> {
    const mark = await readWatchMark(sources).catch(() => undefined);
    // Nobody else has led since: what this watch knows is newer.
    const isOwn = mark?.at === leadsSince && mark.owner === thisOwner();
    leadsSince = new Date().toISOString();
    if (mark === undefined || isOwn) return;
    incidents.restore(mark.incidents);
    onRestored(mark.incidents.map(({ incident }) => incident));
    shared = mark.shared;
    if (mark.standstill !== undefined) follow.resume(mark.standstill);
    caretaker.remember({ restarts: mark.restarts, quarantined: mark.quarantined, last: mark.last });
  }

  const situationOf = (at: number, parts: PartHistory, actor: Claim | undefined): Situation | undefined =>
    seen && {
      seen,
      parts,
      progress,
      actor,
      at,
      stalledAfterMs,
      quarantines: caretaker.mayQuarantine(),
      restarts: caretaker.restarts(),
      trial: caretaker.trialOf(seen),
    };

  return {
    stream,
    role: () => role.role,
    /** Takes what a look saw: tells what is new, and begins what is to be done. */
    async take(sighting: StreamSighting, parts: PartHistory, { beganAt, at }: LookTimes): Promise<void> {
      seen = sighting;
      progress = sighting.positions && follow.take(sighting.positions, at);
      await changeRole(await leadership.look(parts.ok.brokers, signal));
      caretaker.noteLook(sighting, progress, at);
      // What was done since the look began is not what it saw.
      if (role.role === 'stands-by' || caretaker.endedAt() >= beganAt) return;
      const actor = await findActor(sighting);
      if (actor !== undefined) caretaker.forgetTrial();
      const situation = situationOf(at, parts, actor);
      if (situation === undefined) return;
      // While something is done about the sink, what is seen of it changes with every look.
      if (!caretaker.isWorking()) for (const event of incidents.take(judgeStream(situation), at)) tell(event);
      const wanted = wantedFor(situation);
      if (wanted !== undefined && leadership.isLeading()) caretaker.begin(wanted, sighting);
    },
    /** What was open when this watch took over of the parts that all streams share. */
    takenOver: (): readonly KeptIncident[] => shared,
    /** Writes what the next watch has to know, where it has changed. `parts`: incidents that this stream keeps for all. */
    async keep(parts: readonly KeptIncident[]): Promise<void> {
      if (!leadership.isLeading()) return;
      const mark: WatchMark = {
        owner: thisOwner(),
        at: leadsSince,
        ...caretaker.memory(),
        incidents: incidents.keep(),
        standstill: looksOnce ? follow.standstill() : undefined,
        shared: parts,
      };
      const text = JSON.stringify(mark);
      if (text === written) return;
      const record = { partition: 0, key: Buffer.from(WATCH_MARK_KEY), value: Buffer.from(text) };
      await kafka.send(checkpointTopic(stream), record).then(
        () => {
          written = text;
        },
        () => {},
      );
    },
    incidents: incidents.list,
    settled: caretaker.settled,
    view: (freshness: Freshness | undefined): StreamView =>
      streamView({
        freshness,
        stream,
        role: role.role,
        seen,
        progress,
        restarts: caretaker.counts(),
        quarantined: caretaker.quarantined(),
      }),
    close: leadership.close,
  };
}
