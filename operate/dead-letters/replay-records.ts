import { failuresOf } from '../../connectors/wait/failure.ts';
import { sinkFailure } from '../../connectors/wait/wait-until-running.ts';
import { ConnectError } from '../../core/errors.ts';
import { noSuchTopic, topicRanges } from '../../core/kafka-scan.ts';
import { inChunks } from '../in-chunks.ts';
import { publishRecords } from '../publish-records.ts';
import { formatPlace } from '../record-place.ts';
import { deployedSink, type SinkAction } from '../sink-action.ts';
import type { DeadLetter } from './dead-letter.ts';
import { discardMarks } from './discard-marks.ts';
import { REPLAY_HEADERS } from './record-headers.ts';
import { type ReplayMark, readReplayed, replayMarks } from './replay-marks.ts';
import { planReplay, type ReplayContext, type ReplayVerdict } from './replay-plan.ts';
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
}

const CLIENT_ID = 'perps-connect-replay';
const BATCH = 500;

/**
 * Publishes dead letters in their data topic: with their key, in their partition (a rejected update gets its key's), with
 * headers that count and name the replay. Sends nothing that would be refused again. Then waits until the table holds the row
 * of each. Errors: REFUSED while the sink does not run; those of Kafka, registry and database.
 */
export async function replayRecords(
  action: SinkAction,
  context: ReplayContext,
  deadLetters: readonly DeadLetter[],
  { limit = Number.POSITIVE_INFINITY, again, dryRun, agree }: ReplayOptions,
): Promise<ReplayResult> {
  const { stream, kafka } = action;
  const ranges = await topicRanges(kafka, stream.topic.name, CLIENT_ID);
  if (ranges === undefined) throw noSuchTopic(stream.topic.name);
  const [replayed, discarded] = [await readReplayed(action), await discardMarks(action).read()];
  const plan = await planReplay(context, deadLetters, { ranges, replayed, discarded, again });
  const ready: Sending[] = [];
  const outcomes = new Map<DeadLetter, ReplayedLetter>();
  for (const { deadLetter, verdict } of plan) {
    const known = { letter: deadLetter.name, cause: deadLetter.cause };
    if (verdict.kind !== 'ready') {
      outcomes.set(deadLetter, { ...known, outcome: verdict.kind, reason: verdict.reason });
    } else if (ready.length < limit) {
      ready.push({ deadLetter, record: verdict.record });
      outcomes.set(deadLetter, { ...known, outcome: 'planned' });
    } else outcomes.set(deadLetter, { ...known, outcome: 'left' });
  }
  if (dryRun || ready.length === 0) return { letters: [...outcomes.values()], replayed: 0, arrived: 0 };
  await requireRunning(action);
  await agree(ready.length, stream.topic.name);
  const sent: Sent[] = [];
  for (const batch of inChunks(ready, BATCH)) sent.push(...(await send(action, batch)));
  const { arrived, failure } = await waitForRows(action, context, sent);
  for (const one of sent) {
    const { name: letter, cause } = one.deadLetter;
    const record = formatPlace({ topic: stream.topic.name, partition: one.record.partition, offset: one.offset });
    outcomes.set(one.deadLetter, { letter, cause, outcome: 'replayed', record, arrived: arrived.has(one) });
  }
  return { letters: [...outcomes.values()], replayed: sent.length, arrived: arrived.size, failure };
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
