import { hash } from 'node:crypto';
import type { RecordPlace } from '../../connectors/wait/failure.ts';
import { headerText } from '../../core/kafka-headers.ts';
import type { ScannedRecord } from '../../core/kafka-scan.ts';
import { deadLetterTopic, rejectedTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { formatPlace } from '../record-place.ts';
import { CONNECT_HEADERS, causeOf, originOf, replayCount } from './record-headers.ts';

/** The topics of updates that did not reach the table: the producer refused them, or the sink or the database did. */
export type SourceTopic = 'rejected' | 'dlq';

/** What is kept of one record of a stream's rejected or dead-letter topic while others are read: some hundred bytes. */
export interface KnownLetter {
  readonly source: SourceTopic;
  /** Where it stands now. */
  readonly place: RecordPlace;
  /** Where it stood in the data topic; undefined for a rejected update, which never got there. */
  readonly origin: RecordPlace | undefined;
  /** Its origin, or else its place: `positions-3@81244`. */
  readonly name: string;
  /** The same for copies of one record, which is replayed once: a producer that resumes refuses the same bytes again. */
  readonly recordId: string;
  readonly cause: string;
  /** Connect's stage (VALUE_CONVERTER, TASK_PUT …), or PRODUCER. */
  readonly stage: string;
  /** How many times it was replayed before it came here. */
  readonly replays: number;
  /** Of its value. */
  readonly bytes: number;
}

/** One record of a stream's rejected or dead-letter topic. */
export interface DeadLetter extends KnownLetter {
  readonly record: ScannedRecord;
}

/** What is longer nobody reads. */
const MAX_CAUSE = 1_000;

/** The name of a source topic. */
export const sourceTopic = (stream: StreamDefinition, source: SourceTopic): string =>
  source === 'dlq' ? deadLetterTopic(stream) : rejectedTopic(stream);

/** A record of a source topic, by its headers. */
export function toDeadLetter(stream: StreamDefinition, source: SourceTopic, record: ScannedRecord): DeadLetter {
  const { headers, partition, offset, value } = record;
  const place = { topic: sourceTopic(stream, source), partition, offset };
  const known = { source, place, replays: replayCount(headers), bytes: value?.length ?? 0, record };
  if (source === 'dlq') {
    const origin = originOf(headers);
    const name = formatPlace(origin ?? place);
    const stage = headerText(headers, CONNECT_HEADERS.stage) ?? 'not said';
    return { ...known, origin, name, recordId: name, cause: causeOf(headers, stream).slice(0, MAX_CAUSE), stage };
  }
  const reason = headerText(headers, 'reason') ?? 'not said';
  const field = headerText(headers, 'field') ?? '';
  return {
    ...known,
    origin: undefined,
    name: formatPlace(place),
    recordId: hash('sha256', value ?? ''),
    cause: field === '' ? reason : `${reason} ${field}`,
    stage: 'PRODUCER',
  };
}

/** Forgets the record itself. Its buffer is that of a whole fetch. */
export const withoutRecord = ({ record: _record, ...known }: DeadLetter): KnownLetter => known;
