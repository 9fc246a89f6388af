import { createHash } from 'node:crypto';
import type { RecordPlace } from '../../connectors/wait/failure.ts';
import { ConnectError } from '../../core/errors.ts';
import type { KafkaConnection } from '../../core/kafka.ts';
import { headerText, type ScannedRecord, scanTopic } from '../../core/kafka-scan.ts';
import { deadLetterTopic, rejectedTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { CONNECT_HEADERS, deadLetterCause, formatPlace, originOf, replayCount } from './letter-headers.ts';

/** Where updates end up that did not reach the table: refused by the producer, or by sink and database. */
export type LetterBox = 'rejected' | 'dlq';

/** One record of a stream's rejected or dead letter topic. */
export interface Letter {
  readonly box: LetterBox;
  /** Where it stands itself. */
  readonly own: RecordPlace;
  /** Where it stood in the data topic; undefined for a rejected update, which never got there. */
  readonly origin: RecordPlace | undefined;
  /** The place by which it is named: its origin, or else its own. */
  readonly id: string;
  /** Letters of the same content are replayed once: a producer that resumed refuses the same bytes again. */
  readonly sameAs: string;
  readonly cause: string;
  /** Connect's stage (VALUE_CONVERTER, TASK_PUT …), or PRODUCER. */
  readonly stage: string;
  /** Times it was replayed before it came here. */
  readonly replays: number;
  readonly record: ScannedRecord;
}

export interface LetterSources {
  readonly stream: StreamDefinition;
  readonly kafka: KafkaConnection;
  readonly signal?: AbortSignal;
}

/** The topic behind a box. */
export const boxTopic = (stream: StreamDefinition, box: LetterBox): string =>
  box === 'dlq' ? deadLetterTopic(stream) : rejectedTopic(stream);

/** All letters of a box, oldest first. Errors: NOT_FOUND without the topic, UNREACHABLE. */
export async function readLetters({ stream, kafka, signal }: LetterSources, box: LetterBox): Promise<Letter[]> {
  const topic = boxTopic(stream, box);
  const letters: Letter[] = [];
  await scanTopic(kafka, {
    topic,
    clientId: 'perps-connect-letters',
    ...(signal === undefined ? {} : { signal }),
    onRecords: async (records) => {
      for (const record of records) letters.push(toLetter(stream, box, record));
    },
  }).catch((error: unknown) => {
    if (!(error instanceof ConnectError) || error.code !== 'NOT_FOUND') throw error;
    throw new ConnectError('NOT_FOUND', error.message, { details: error.details, hint: '`connect deploy` creates it' });
  });
  return letters.sort((a, b) => a.own.partition - b.own.partition || (a.own.offset < b.own.offset ? -1 : 1));
}

/** Reads the headers of one record. */
export function toLetter(stream: StreamDefinition, box: LetterBox, record: ScannedRecord): Letter {
  const { headers, partition, offset, value } = record;
  const own = { topic: boxTopic(stream, box), partition, offset };
  const replays = replayCount(headers);
  if (box === 'rejected') {
    const reason = headerText(headers, 'reason') ?? 'not said';
    const field = headerText(headers, 'field') ?? '';
    return {
      box,
      own,
      origin: undefined,
      id: formatPlace(own),
      sameAs: createHash('sha256')
        .update(value ?? Buffer.alloc(0))
        .digest('hex'),
      cause: field === '' ? reason : `${reason} ${field}`,
      stage: 'PRODUCER',
      replays,
      record,
    };
  }
  const origin = originOf(headers);
  const id = formatPlace(origin ?? own);
  return {
    box,
    own,
    origin,
    id,
    sameAs: id,
    cause: deadLetterCause(headers, stream),
    stage: headerText(headers, CONNECT_HEADERS.stage) ?? 'not said',
    replays,
    record,
  };
}
