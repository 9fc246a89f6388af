import type { RecordPlace } from '../connectors/wait/failure.ts';
import { ConnectError } from '../core/errors.ts';
import { headerText } from '../core/kafka-headers.ts';
import { withPostgres } from '../core/postgres.ts';
import { type CauseGroup, createCauseGroups } from '../operate/dead-letters/cause-groups.ts';
import { type DeadLetter, type SourceTopic, sourceTopic } from '../operate/dead-letters/dead-letter.ts';
import { type DiscardMark, discardedWhy, discardMarks } from '../operate/dead-letters/discard-marks.ts';
import { type DiscardOptions, type DiscardResult, discardRecords } from '../operate/dead-letters/discard-records.ts';
import type { LetterSource } from '../operate/dead-letters/letter-source.ts';
import { readDeleted } from '../operate/dead-letters/open-records.ts';
import { type ContentReaders, type RecordContent, readContent } from '../operate/dead-letters/record-content.ts';
import { readReplayed } from '../operate/dead-letters/replay-marks.ts';
import type { ReplayContext } from '../operate/dead-letters/replay-plan.ts';
import { type ReplayOptions, type ReplayResult, replayRecords } from '../operate/dead-letters/replay-records.ts';
import { formatPlace } from '../operate/record-place.ts';
import type { SinkAction } from '../operate/sink-action.ts';
import { createSinkRows } from '../operate/sink-rows.ts';
import { createTableReader } from '../operate/table-reader.ts';
import { valueSubject } from '../pipeline/names.ts';
import { createRecordEncoder } from '../producer/record/encoder.ts';
import { createRecordMapper } from '../producer/record/mapper.ts';
import { findSchemaId } from '../schemas/schema-id.ts';
import { type DeadLetterRequest, eachSource } from './select-dead-letters.ts';
import type { Session } from './session.ts';
import type { FailedSink } from './sinks.ts';

export type { ReplayResult, SourceTopic };

/** The records of one topic by cause and stage. */
export interface ListedDeadLetters {
  readonly stream: string;
  readonly topic: string;
  readonly letters: number;
  /** Those that are neither replayed nor discarded. */
  readonly open: number;
  /** Those of them that Kafka has deleted: the topic of refused updates is bounded. */
  readonly deleted?: number | undefined;
  readonly groups: readonly CauseGroup[];
}

/** Counts the records of each stream by cause and stage. */
export const listDeadLetters = (
  session: Session,
  request: DeadLetterRequest<ListedDeadLetters>,
): Promise<(ListedDeadLetters | FailedSink)[]> =>
  eachSource(session, request, async (action, _readers, source) => {
    const { stream } = action;
    const replayed = await readReplayed(action);
    const discarded = await discardMarks(action).read();
    const found = createCauseGroups({ replayed, discarded });
    await source.scan(async (letter) => found.add(letter));
    const groups = found.list();
    const letters = groups.reduce((sum, group) => sum + group.count, 0);
    const there = groups.reduce((sum, group) => sum + group.count - group.replayed - group.discarded, 0);
    const gone = source.isPart || request.source === 'dlq' ? 0 : (await readDeleted(action)).open;
    const deleted = gone === 0 ? undefined : gone;
    const topic = sourceTopic(stream, request.source);
    return { stream: stream.name, topic, letters, open: there + gone, deleted, groups };
  });

/** A record as it is shown, and printed as JSON. */
export type ShownDeadLetter = ReturnType<typeof shownDeadLetter>;

export interface ShownDeadLetters {
  readonly stream: string;
  readonly letters: readonly ShownDeadLetter[];
  /** How many there are. */
  readonly of: number;
}

/** Records that are shown at once have so many bytes at most. */
const SHOWN_BYTES = 64 << 20;

/** Shows at most `limit` records of each stream with all that is known of them, the oldest. No more are read, unless some are to be chosen. */
export const showDeadLetters = (
  session: Session,
  request: DeadLetterRequest<ShownDeadLetters> & { readonly limit: number },
): Promise<(ShownDeadLetters | FailedSink)[]> =>
  eachSource(session, request, async (action, readers, source) => {
    const replayed = await readReplayed(action);
    const discarded = await discardMarks(action).read();
    const letters: ShownDeadLetter[] = [];
    let [chosen, bytes] = [0, 0];
    const all = await source.scan(async (one) => {
      chosen += 1;
      bytes += one.bytes;
      const isShown = letters.length < request.limit && (bytes <= SHOWN_BYTES || letters.length === 0);
      if (!isShown) return source.isPart ? undefined : 'enough';
      const marks = [replayed.get(one.recordId), discarded.get(one.recordId)] as const;
      letters.push(shownDeadLetter(one, await readContent(readers, one), ...marks));
      return undefined;
    });
    return { stream: action.stream.name, letters, of: source.isPart ? chosen : Number(all) };
  });

export interface ReplayedStream extends ReplayResult {
  readonly stream: string;
}

/** Publishes records again and proves that their rows arrived. */
export const replayDeadLetters = (
  session: Session,
  request: DeadLetterRequest<ReplayedStream> & ReplayOptions,
): Promise<(ReplayedStream | FailedSink)[]> =>
  eachSource(session, request, async (action, readers, source) => ({
    stream: action.stream.name,
    ...(await replayStream(session, action, readers, source, request)),
  }));

export interface DiscardedStream extends DiscardResult {
  readonly stream: string;
}

/** Marks records as discarded. Errors: USAGE without a reason. */
export async function discardDeadLetters(
  session: Session,
  request: DeadLetterRequest<DiscardedStream> & DiscardOptions,
): Promise<(DiscardedStream | FailedSink)[]> {
  if (request.reason.trim() === '') {
    throw new ConnectError('USAGE', 'a record is discarded for a reason, and --reason is empty');
  }
  return eachSource(session, request, async (action, _readers, source) => ({
    stream: action.stream.name,
    ...(await discardRecords(action, request.source, source, request)),
  }));
}

async function replayStream(
  session: Session,
  action: SinkAction,
  { decoder, service }: ContentReaders,
  source: LetterSource,
  options: ReplayOptions,
): Promise<ReplayResult> {
  const { stream } = action;
  const schema = session.schema(stream);
  const schemaId = await findSchemaId(await session.registry(), valueSubject(stream), schema.text);
  const written = schema.fields.filter(({ name }) => !stream.sink.omit.includes(name));
  return withPostgres(session.asSink, (client) => {
    const replay: ReplayContext = {
      stream,
      schema,
      judges: { decoder, rows: createSinkRows(client, stream, schema) },
      table: createTableReader(client, stream, { ...schema, fields: written }),
      service,
      mapper: createRecordMapper(schema, service),
      encode: createRecordEncoder(schema, schemaId),
    };
    return replayRecords(action, replay, source, options);
  });
}

function shownDeadLetter(
  deadLetter: DeadLetter,
  content: RecordContent,
  replayedAs: RecordPlace | undefined,
  discarded: DiscardMark | undefined,
) {
  const { record, place, name, cause, stage, replays } = deadLetter;
  const names = Object.keys(record.headers).filter((name) => !name.endsWith('.stacktrace'));
  return {
    /** The place by which it is named. */
    letter: name,
    /** Where it stands itself. */
    at: formatPlace(place),
    key: record.key?.toString() ?? null,
    /** When the record was made, ISO 8601 in UTC. */
    publishedAt: new Date(record.timestampMs).toISOString(),
    cause,
    stage,
    replays,
    replayedAs: replayedAs === undefined ? undefined : formatPlace(replayedAs),
    /** When and why somebody has discarded it. */
    discarded: discarded === undefined ? undefined : discardedWhy(discarded),
    headers: Object.fromEntries(names.map((name) => [name, headerText(record.headers, name) ?? ''])),
    content,
  };
}
