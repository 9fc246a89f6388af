import { dirname } from 'node:path';
import type { RecordPlace } from '../connectors/wait/failure.ts';
import { inTurn } from '../core/in-turn.ts';
import { headerText } from '../core/kafka-headers.ts';
import { withPostgres } from '../core/postgres.ts';
import { type CauseGroup, groupByCause } from '../operate/dead-letters/cause-groups.ts';
import { meetsConditions, needContent, parseConditions } from '../operate/dead-letters/conditions.ts';
import {
  type DeadLetter,
  readDeadLetters,
  type SourceTopic,
  sourceTopic,
} from '../operate/dead-letters/dead-letter.ts';
import { type ContentReaders, type RecordContent, readContent } from '../operate/dead-letters/record-content.ts';
import { readReplayed } from '../operate/dead-letters/replay-marks.ts';
import type { ReplayContext } from '../operate/dead-letters/replay-plan.ts';
import { type ReplayOptions, type ReplayResult, replayRecords } from '../operate/dead-letters/replay-records.ts';
import { formatPlace } from '../operate/record-place.ts';
import type { SinkAction } from '../operate/sink-action.ts';
import { createSinkRows } from '../operate/sink-rows.ts';
import { createTableReader } from '../operate/table-reader.ts';
import { valueSubject } from '../pipeline/names.ts';
import { loadFeedService } from '../producer/feed/protocol.ts';
import { createRecordEncoder } from '../producer/record/encoder.ts';
import { createRecordMapper } from '../producer/record/mapper.ts';
import { findSchemaId } from '../schemas/schema-id.ts';
import type { Session } from './session.ts';
import { type EachSinkOptions, eachSink, type FailedSink } from './sinks.ts';

export type { ReplayResult, SourceTopic };

/** Which records: those of one kind of topic that meet all conditions (`FIELD=VALUE`). */
export interface DeadLetterRequest<T> extends EachSinkOptions<T> {
  readonly source: SourceTopic;
  readonly where?: readonly string[] | undefined;
}

/** The records of one topic by cause and stage. */
export interface ListedDeadLetters {
  readonly stream: string;
  readonly topic: string;
  readonly letters: number;
  readonly groups: readonly CauseGroup[];
}

/** Counts the records of each stream by cause and stage. */
export const listDeadLetters = (
  session: Session,
  request: DeadLetterRequest<ListedDeadLetters>,
): Promise<(ListedDeadLetters | FailedSink)[]> =>
  eachSource(session, request, async (action, _readers, deadLetters) => {
    const { stream } = action;
    const groups = groupByCause(deadLetters, new Set((await readReplayed(action)).keys()));
    return { stream: stream.name, topic: sourceTopic(stream, request.source), letters: deadLetters.length, groups };
  });

/** A record as it is shown, and printed as JSON. */
export interface ShownDeadLetter extends Pick<DeadLetter, 'cause' | 'stage' | 'replays'> {
  /** The place by which it is named. */
  readonly letter: string;
  /** Where it stands itself. */
  readonly at: string;
  readonly key: string | null;
  /** When the record was made, ISO 8601 in UTC. */
  readonly publishedAt: string;
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
export const showDeadLetters = (
  session: Session,
  request: DeadLetterRequest<ShownDeadLetters> & { readonly limit: number },
): Promise<(ShownDeadLetters | FailedSink)[]> =>
  eachSource(session, request, async (action, readers, deadLetters) => {
    const replayed = await readReplayed(action);
    const letters = await inTurn(deadLetters.slice(0, request.limit), async (one) =>
      shownDeadLetter(one, await readContent(readers, one), replayed.get(one.recordId)),
    );
    return { stream: action.stream.name, letters, of: deadLetters.length };
  });

export interface ReplayedStream extends ReplayResult {
  readonly stream: string;
}

/** Publishes records again and proves that their rows arrived. */
export const replayDeadLetters = (
  session: Session,
  request: DeadLetterRequest<ReplayedStream> & ReplayOptions,
): Promise<(ReplayedStream | FailedSink)[]> =>
  eachSource(session, request, async (action, readers, deadLetters) => ({
    stream: action.stream.name,
    ...(await replayStream(session, action, readers, deadLetters, request)),
  }));

async function replayStream(
  session: Session,
  action: SinkAction,
  { decoder, service }: ContentReaders,
  deadLetters: readonly DeadLetter[],
  options: ReplayOptions,
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
    return replayRecords(action, replay, deadLetters, options);
  });
}

/** Acts on the chosen records of each stream, one stream after the other. */
async function eachSource<T>(
  session: Session,
  request: DeadLetterRequest<T>,
  act: (action: SinkAction, readers: ContentReaders, deadLetters: readonly DeadLetter[]) => Promise<T>,
): Promise<(T | FailedSink)[]> {
  const decoder = await session.decoder();
  return eachSink(session, request, async (action) => {
    const { feed } = action.stream;
    const proto = session.file(feed.proto);
    const service = loadFeedService(proto, [dirname(proto), session.project.root], feed.service);
    const readers = { decoder, service };
    return act(action, readers, await selectDeadLetters(action, request, readers));
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

function shownDeadLetter(
  deadLetter: DeadLetter,
  content: RecordContent,
  replayedAs: RecordPlace | undefined,
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
    replayedAs: replayedAs === undefined ? undefined : formatPlace(replayedAs),
    headers: Object.fromEntries(names.map((name) => [name, headerText(record.headers, name) ?? ''])),
    content,
  };
}
