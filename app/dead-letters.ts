import { dirname } from 'node:path';
import { headerText } from '../core/kafka-scan.ts';
import { withPostgres } from '../core/postgres.ts';
import { type CauseGroup, groupByCause } from '../operate/dead-letters/cause-groups.ts';
import { meetsConditions, needContent, parseConditions } from '../operate/dead-letters/conditions.ts';
import { type DeadLetter, type SourceTopic, sourceTopic } from '../operate/dead-letters/dead-letter.ts';
import { readDeadLetters } from '../operate/dead-letters/read-dead-letters.ts';
import { type ContentReaders, type RecordContent, readContent } from '../operate/dead-letters/record-content.ts';
import { readReplayed } from '../operate/dead-letters/replay-marks.ts';
import type { ReplayContext } from '../operate/dead-letters/replay-plan.ts';
import { type ReplayResult, replayRecords } from '../operate/dead-letters/replay-records.ts';
import { formatPlace } from '../operate/record-place.ts';
import type { SinkAction } from '../operate/sink-action.ts';
import { createSinkRows } from '../operate/sink-rows.ts';
import { createTableReader } from '../operate/table-reader.ts';
import { valueSubject } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { loadFeedService } from '../producer/feed/protocol.ts';
import { createRecordEncoder } from '../producer/record/encoder.ts';
import { createRecordMapper } from '../producer/record/mapper.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import { findSchemaId } from '../schemas/schema-id.ts';
import type { Session } from './session.ts';
import { eachSink, type FailedSink, type SinkOptions, type SinkOutcome, selectedSinks } from './sinks.ts';

export type { ReplayResult, SourceTopic };

/** Which records: those of one kind of topic that meet all conditions (`FIELD=VALUE`). */
export interface DeadLetterRequest<T> {
  readonly source: SourceTopic;
  readonly where?: readonly string[] | undefined;
  readonly onEvent: (event: SinkOutcome<T>) => void;
}

/** The records of one topic by cause and stage. */
export interface ListedDeadLetters {
  readonly stream: string;
  readonly topic: string;
  readonly letters: number;
  readonly groups: readonly CauseGroup[];
}

/** Counts the records of each stream by cause and stage. */
export async function listDeadLetters(
  session: Session,
  request: DeadLetterRequest<ListedDeadLetters>,
): Promise<(ListedDeadLetters | FailedSink)[]> {
  const decoder = await session.decoder();
  const list = async (action: SinkAction): Promise<ListedDeadLetters> => {
    const { stream } = action;
    const deadLetters = await selectDeadLetters(action, request, contentReaders(session, decoder, stream));
    const replayed = new Set((await readReplayed(action)).keys());
    const groups = groupByCause(deadLetters, replayed);
    return { stream: stream.name, topic: sourceTopic(stream, request.source), letters: deadLetters.length, groups };
  };
  return eachSink(await selectedSinks(session), list, request.onEvent);
}

/** A record as it is shown, and printed as JSON. */
export interface ShownDeadLetter {
  /** The place by which it is named. */
  readonly letter: string;
  /** Where it stands itself. */
  readonly at: string;
  readonly key: string | null;
  /** When the record was made, ISO 8601 in UTC. */
  readonly publishedAt: string;
  readonly cause: string;
  readonly stage: string;
  readonly replays: number;
  readonly replayedAs?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: RecordContent;
}

export interface ShownDeadLetters {
  readonly stream: string;
  readonly letters: readonly ShownDeadLetter[];
  /** How many there are. */
  readonly of: number;
}

/** Shows at most `limit` records of each stream with all that is known of them. */
export async function showDeadLetters(
  session: Session,
  request: DeadLetterRequest<ShownDeadLetters> & { readonly limit: number },
): Promise<(ShownDeadLetters | FailedSink)[]> {
  const decoder = await session.decoder();
  const show = async (action: SinkAction): Promise<ShownDeadLetters> => {
    const readers = contentReaders(session, decoder, action.stream);
    const deadLetters = await selectDeadLetters(action, request, readers);
    const replayed = await readReplayed(action);
    const shown: ShownDeadLetter[] = [];
    for (const deadLetter of deadLetters.slice(0, request.limit)) {
      const place = replayed.get(deadLetter.recordId);
      const content = await readContent(readers, deadLetter);
      shown.push(shownDeadLetter(deadLetter, content, place === undefined ? undefined : formatPlace(place)));
    }
    return { stream: action.stream.name, letters: shown, of: deadLetters.length };
  };
  return eachSink(await selectedSinks(session), show, request.onEvent);
}

export interface ReplayedStream extends ReplayResult {
  readonly stream: string;
}

export interface ReplayRequest extends DeadLetterRequest<ReplayedStream>, SinkOptions {
  /** At most so many records of each stream. */
  readonly limit?: number | undefined;
  /** Also what was replayed before, came back too often, or has a later delivery in the table. */
  readonly again: boolean;
  readonly dryRun: boolean;
  /** Hears how many records would be published; throws when that is not wanted. */
  readonly agree: (records: number, topic: string) => Promise<void>;
}

/** Publishes records again and proves that their rows arrived. */
export async function replayDeadLetters(
  session: Session,
  request: ReplayRequest,
): Promise<(ReplayedStream | FailedSink)[]> {
  const decoder = await session.decoder();
  const replay = async (action: SinkAction): Promise<ReplayedStream> => {
    const readers = contentReaders(session, decoder, action.stream);
    const deadLetters = await selectDeadLetters(action, request, readers);
    return { stream: action.stream.name, ...(await replayStream(session, action, readers, deadLetters, request)) };
  };
  return eachSink(await selectedSinks(session, request), replay, request.onEvent);
}

async function replayStream(
  session: Session,
  action: SinkAction,
  { decoder, service }: ContentReaders,
  deadLetters: readonly DeadLetter[],
  { limit = Number.MAX_SAFE_INTEGER, again, dryRun, agree }: ReplayRequest,
): Promise<ReplayResult> {
  const { stream } = action;
  const schema = session.schema(stream);
  const schemaId = await findSchemaId(await session.registry(), valueSubject(stream), schema.text);
  const written = schema.fields.filter(({ name }) => !stream.sink.omit.includes(name));
  return withPostgres(session.database, (client) => {
    const replay: ReplayContext = {
      stream,
      schema,
      judges: { decoder, rows: createSinkRows(client, stream, schema) },
      table: createTableReader(client, stream, { ...schema, fields: written }),
      service,
      mapper: createRecordMapper(schema, service.enums),
      encode: createRecordEncoder(schema, schemaId),
    };
    const agreeTo = (records: number) => agree(records, stream.topic.name);
    return replayRecords(action, replay, deadLetters, { limit, again, dryRun, agree: agreeTo });
  });
}

/** The records that meet the conditions; read only where a condition asks for their content. */
async function selectDeadLetters(
  action: SinkAction,
  { source, where = [] }: Pick<DeadLetterRequest<never>, 'source' | 'where'>,
  readers: ContentReaders,
): Promise<DeadLetter[]> {
  const conditions = parseConditions(where);
  const deadLetters = await readDeadLetters(action, source);
  if (!needContent(conditions)) return deadLetters.filter((one) => meetsConditions(one, conditions));
  const selected: DeadLetter[] = [];
  for (const one of deadLetters) {
    if (meetsConditions(one, conditions, await readContent(readers, one))) selected.push(one);
  }
  return selected;
}

function contentReaders(session: Session, decoder: RecordDecoder, { feed }: StreamDefinition): ContentReaders {
  const proto = session.file(feed.proto);
  return { decoder, service: loadFeedService(proto, [dirname(proto), session.project.root], feed.service) };
}

function shownDeadLetter(
  deadLetter: DeadLetter,
  content: RecordContent,
  replayedAs: string | undefined,
): ShownDeadLetter {
  const { record, place, name, cause, stage, replays } = deadLetter;
  const names = Object.keys(record.headers).filter((name) => !name.endsWith('.stacktrace'));
  return {
    letter: name,
    at: formatPlace(place),
    key: record.key?.toString() ?? null,
    publishedAt: new Date(record.timestampMs).toISOString(),
    cause,
    stage,
    replays,
    replayedAs,
    headers: Object.fromEntries(names.map((name) => [name, headerText(record.headers, name) ?? ''])),
    content,
  };
}
