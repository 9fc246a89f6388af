import type { FailedPart } from '../../connectors/wait/failure.ts';
import type { RecordHeaders } from '../../core/kafka-headers.ts';
import { deadLetterTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { CONNECT_HEADERS, deadLetterName, QUARANTINE_HEADERS } from '../dead-letters/record-headers.ts';
import { publishRecords } from '../publish-records.ts';
import { readRecords, type StreamSource } from '../read-records.ts';
import { formatPlace, placeOf } from '../record-place.ts';
import type { Culprit } from './find-culprits.ts';
import { taskOf } from './quarantine-plan.ts';

/** A culprit in the dead-letter topic. */
export interface MovedRecord {
  /** Where it stood: `positions-3@81244`. */
  readonly record: string;
  /** Where its copy stands: `positions.dlq-0@5`. */
  readonly letter: string;
  /** False when an earlier run had copied it already. */
  readonly isNew: boolean;
}

/** What the headers of a copy say besides the reason. */
export interface Proof {
  readonly failures: readonly FailedPart[];
  /** Records beside the culprits that the sink can store. */
  readonly neighbours: number;
}

const CLIENT_ID = 'perps-connect-quarantine';

/**
 * Copies culprits to the dead-letter topic, each once: key, value, time and headers as they are, and beside them the headers
 * that Kafka Connect writes. A copy that is there already, by those headers, is not written again, so a run that was killed
 * may be repeated. Errors: NOT_FOUND without the topic, UNREACHABLE, REFUSED.
 */
export async function copyToDeadLetters(
  { stream, kafka }: StreamSource,
  culprits: readonly Culprit[],
  proof: Proof,
): Promise<MovedRecord[]> {
  const topic = deadLetterTopic(stream);
  const copies = new Map<string, string>();
  await readRecords({ kafka }, { topic, clientId: CLIENT_ID }, ({ partition, offset, headers }) => {
    const place = { topic, partition, offset };
    copies.set(deadLetterName(headers, place), formatPlace(place));
  });
  const missing = culprits.filter(({ record }) => !copies.has(placeOf(stream, record)));
  const records = missing.map((culprit) => {
    const { key, value, headers, timestampMs } = culprit.record;
    return { partition: 0, key, value, headers: { ...headers, ...reasonHeaders(stream, culprit, proof) }, timestampMs };
  });
  const offsets = await publishRecords(kafka, { topic, clientId: CLIENT_ID, records });
  for (const [index, { record }] of missing.entries()) {
    copies.set(placeOf(stream, record), formatPlace({ topic, partition: 0, offset: offsets[index] ?? -1n }));
  }
  return culprits.map((culprit) => {
    const record = placeOf(stream, culprit.record);
    return { record, letter: copies.get(record) ?? topic, isNew: missing.includes(culprit) };
  });
}

function reasonHeaders(
  stream: StreamDefinition,
  { record, kind, reason }: Culprit,
  { failures, neighbours }: Proof,
): RecordHeaders {
  const isRefused = kind === 'refused-by-database';
  const tried = isRefused ? 'is refused by PostgreSQL' : 'does not decode';
  // A single failure is about this record even if its trace does not name it.
  const task = taskOf(failures, record) ?? (failures.length === 1 ? failures[0]?.task : undefined);
  return {
    [CONNECT_HEADERS.topic]: stream.topic.name,
    [CONNECT_HEADERS.partition]: String(record.partition),
    [CONNECT_HEADERS.offset]: record.offset.toString(),
    [CONNECT_HEADERS.connector]: stream.sink.name,
    ...(task === undefined ? {} : { [CONNECT_HEADERS.task]: String(task) }),
    [CONNECT_HEADERS.stage]: isRefused ? 'TASK_PUT' : 'VALUE_CONVERTER',
    [CONNECT_HEADERS.exception]: isRefused
      ? 'org.postgresql.util.PSQLException'
      : 'org.apache.kafka.connect.errors.DataException',
    [CONNECT_HEADERS.message]: reason,
    [QUARANTINE_HEADERS.reason]: kind,
    [QUARANTINE_HEADERS.proof]: `tried alone it ${tried}; ${neighbours} records beside it can be stored`,
    [QUARANTINE_HEADERS.at]: new Date().toISOString(),
  };
}
