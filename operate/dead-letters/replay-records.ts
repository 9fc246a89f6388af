import { failuresOf } from '../../connectors/wait/failure.ts';
import { sinkFailure } from '../../connectors/wait/wait-until-running.ts';
import { ConnectError } from '../../core/errors.ts';
import { noSuchTopic, topicRanges } from '../../core/kafka-scan.ts';
import { inChunks } from '../in-chunks.ts';
import { publishRecords } from '../publish-records.ts';
import { formatPlace } from '../record-place.ts';
import { deployedSink, type SinkAction } from '../sink-action.ts';
import { findChanged } from './changed-letters.ts';
import { type KnownLetter, withoutRecord } from './dead-letter.ts';
import { discardMarks } from './discard-marks.ts';
import { type LetterSource, runLetters } from './letter-source.ts';
import { REPLAY_HEADERS } from './record-headers.ts';
import { type ReplayMark, readReplayed, replayMarks } from './replay-marks.ts';
import { doneBefore, planReplay, type ReplayContext, type ReplayVerdict } from './replay-plan.ts';
import { type Sending, type Sent, waitForRows } from './wait-for-rows.ts';

export interface ReplayOptions {
  /** At most so many are replayed. */
  readonly limit?: number | undefined;
  /** Also what was replayed or discarded before, came back too often, or has a later delivery in the table. */
  readonly again: boolean;
  readonly dryRun: boolean;
  /** Asked once, with the number of records that would be published, and where; throws when that is not wanted. */
  readonly agree: (records: number, topic: string) => Promise<void>;
}

/** What became of one dead letter. */
export interface ReplayedLetter {
  /** Its name. */
  readonly letter: string;
  readonly cause: string;
  /**
   * `replayed`: published now. `planned`: would be published; a dry run. `left`: beyond the limit. The others were not published:
   * replayed or discarded before, in the table from a later delivery, still refused, or come back too often.
   */
  readonly outcome: 'replayed' | 'planned' | 'left' | Exclude<ReplayVerdict['kind'], 'ready'>;
  readonly reason?: string | undefined;
  /** The new record: `positions-3@99001`. */
  readonly record?: string | undefined;
  /** Whether the table holds its row, from this record or a later one; undefined if it was not published. */
  readonly arrived?: boolean | undefined;
}

export interface ReplayResult {
  readonly letters: readonly ReplayedLetter[];
  readonly replayed: number;
  readonly arrived: number;
  /** Why the sink stopped meanwhile. */
  readonly failure?: string | undefined;
  /** Letters that nobody has handled and that one run has no room for. */
  readonly more?: number | undefined;
}

const CLIENT_ID = 'perps-connect-replay';
const BATCH = 500;
/** Letters that are read, judged and published at a time: so many, or so many bytes of them. */
const HELD_LETTERS = 5_000;
const HELD_BYTES = 32 << 20;

/**
 * Publishes dead letters in their data topic: with their key, in their partition (a rejected update gets its key's), with
 * headers that count and name the replay. Sends nothing that would be refused again. Then waits until the table holds the row
 * of each. Holds one batch of records at a time; several are judged a second time before they are sent.
 * Errors: REFUSED while the sink does not run; those of Kafka, registry and database.
 */
export async function replayRecords(
  action: SinkAction,
  context: ReplayContext,
  source: LetterSource,
  { limit = Number.POSITIVE_INFINITY, again, dryRun, agree }: ReplayOptions,
): Promise<ReplayResult> {
  const { stream, kafka } = action;
  const ranges = await topicRanges(kafka, stream.topic.name, CLIENT_ID);
  if (ranges === undefined) throw noSuchTopic(stream.topic.name);
  const [replayed, discarded] = [await readReplayed(action), await discardMarks(action).read()];
  const isDone = (recordId: string): boolean => !again && (replayed.has(recordId) || discarded.has(recordId));
  const { letters, more } = await runLetters(source, isDone);
  const outcomes = new Map<string, ReplayedLetter>();
  for (const letter of letters) tell(outcomes, letter, { outcome: 'left' });
  const open = letters.filter((letter) => {
    const done = doneBefore(letter, { replayed, discarded, again });
    if (done !== undefined) tell(outcomes, letter, { outcome: done.kind, reason: done.reason });
    return done === undefined;
  });
  const judge = async (batch: readonly KnownLetter[], copies: Map<string, string>): Promise<Sending[]> => {
    for (const letter of batch)
      tell(outcomes, letter, { outcome: 'refused', reason: 'Kafka has deleted it meanwhile' });
    const loaded = await source.load(batch);
    const changed = await findChanged(action, loaded, ranges);
    const plan = await planReplay(context, loaded, { ranges, again, copies, changed });
    return plan.flatMap(({ deadLetter, verdict }) => {
      const isReady = verdict.kind === 'ready';
      tell(outcomes, deadLetter, isReady ? { outcome: 'planned' } : { outcome: verdict.kind, reason: verdict.reason });
      return isReady ? [{ deadLetter, record: verdict.record }] : [];
    });
  };

  const batches = inBatches(open, Math.max(limit, BATCH));
  const ready: KnownLetter[] = [];
  const copies = new Map<string, string>();
  let held: Sending[] = [];
  for (const batch of batches) {
    if (ready.length >= limit) break;
    held = await judge(batch, copies);
    for (const { deadLetter } of held.splice(limit - ready.length)) tell(outcomes, deadLetter, { outcome: 'left' });
    ready.push(...held.map(({ deadLetter }) => withoutRecord(deadLetter)));
  }
  const answer = { letters: () => [...outcomes.values()], more: more === 0 ? undefined : more };
  if (dryRun || ready.length === 0) return { ...answer, letters: answer.letters(), replayed: 0, arrived: 0 };
  await requireRunning(action);
  await agree(ready.length, stream.topic.name);
  const total = { replayed: 0, arrived: 0 };
  let failure: string | undefined;
  for (const batch of inBatches(ready, HELD_LETTERS)) {
    if (failure !== undefined) {
      for (const letter of batch)
        tell(outcomes, letter, { outcome: 'left', reason: 'rows before it have not arrived' });
      continue;
    }
    const sent: Sent[] = [];
    const sending = batches.length === 1 ? held : await judge(batch, new Map());
    for (const part of inChunks(sending, BATCH)) sent.push(...(await send(action, part)));
    const rows = await waitForRows(action, context, sent);
    for (const one of sent) {
      const record = formatPlace({ topic: stream.topic.name, partition: one.record.partition, offset: one.offset });
      tell(outcomes, one.deadLetter, { outcome: 'replayed', record, arrived: rows.arrived.has(one) });
    }
    total.replayed += sent.length;
    total.arrived += rows.arrived.size;
    failure = rows.failure;
  }
  return { ...answer, letters: answer.letters(), ...total, failure };
}

/** By where it stands: its name may be that of a copy as well. */
function tell(
  outcomes: Map<string, ReplayedLetter>,
  { place, name: letter, cause }: KnownLetter,
  outcome: Omit<ReplayedLetter, 'letter' | 'cause'>,
): void {
  outcomes.set(formatPlace(place), { letter, cause, ...outcome });
}

function inBatches(letters: readonly KnownLetter[], most: number): KnownLetter[][] {
  const batches: KnownLetter[][] = [];
  let bytes = 0;
  for (const letter of letters) {
    const last = batches.at(-1);
    bytes += letter.bytes;
    if (last === undefined || last.length >= Math.min(most, HELD_LETTERS) || bytes > HELD_BYTES) {
      batches.push([letter]);
      bytes = letter.bytes;
    } else last.push(letter);
  }
  return batches;
}

/** Records that nobody reads prove nothing, and such a record may be why the sink was stopped. */
async function requireRunning(action: SinkAction): Promise<void> {
  const sink = await deployedSink(action);
  if (failuresOf(sink, action.stream).length > 0) throw sinkFailure(sink, action.stream);
  if (sink.state === 'RUNNING') return;
  const connector = action.stream.sink.name;
  throw new ConnectError('REFUSED', `${connector} is ${sink.state}: replayed records would not reach the table`, {
    details: { connector, state: sink.state },
    hint: 'start it with `connect resume`, then replay',
  });
}

/** Marks the records as being sent, sends them and marks them as sent: a run that is killed meanwhile leaves a trace. */
async function send(action: SinkAction, batch: readonly Sending[]): Promise<Sent[]> {
  const { stream, kafka } = action;
  const topic = stream.topic.name;
  const marks = replayMarks(action);
  const at = new Date().toISOString();
  const mark = (
    { deadLetter, record }: Sending,
    state: ReplayMark['state'],
    offset: bigint,
  ): readonly [string, ReplayMark] => [
    deadLetter.recordId,
    { state, of: deadLetter.name, topic, partition: record.partition, offset: offset.toString(), at },
  ];
  const ends = new Map((await topicRanges(kafka, topic, CLIENT_ID))?.map(({ partition, high }) => [partition, high]));
  await marks.write(new Map(batch.map((one) => mark(one, 'sending', ends.get(one.record.partition) ?? 0n))));
  const records = batch.map(({ deadLetter, record: { partition, key, value, headers } }) => ({
    partition,
    key,
    value,
    headers: {
      ...headers,
      [REPLAY_HEADERS.count]: String(deadLetter.replays + 1),
      [REPLAY_HEADERS.of]: deadLetter.name,
      [REPLAY_HEADERS.at]: at,
    },
  }));
  const offsets = await publishRecords(kafka, { topic, clientId: CLIENT_ID, records });
  const sent = batch.map((one, index) => ({ ...one, offset: offsets[index] ?? -1n }));
  await marks.write(new Map(sent.map((one) => mark(one, 'sent', one.offset))));
  return sent;
}
