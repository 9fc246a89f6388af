import type { IHeaders } from 'kafkajs';
import type { KafkaConnection } from '../../core/kafka.ts';
import { scanTopic } from '../../core/kafka-scan.ts';
import { deadLetterTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { CONNECT_HEADERS, deadLetterName, QUARANTINE_HEADERS } from '../dead-letters/record-headers.ts';
import { publishRecords } from '../publish-records.ts';
import { formatPlace } from '../record-place.ts';
import type { Culprit } from './find-culprits.ts';

/** A culprit in the dead letter topic. */
export interface MovedRecord {
  /** Where it stood: `positions-3@81244`. */
  readonly record: string;
  /** Where its copy stands: `positions.dlq-0@5`. */
  readonly letter: string;
  /** False when an earlier run had copied it already. */
  readonly isNew: boolean;
}

export interface Proof {
  readonly connector: string;
  readonly at: Date;
  /** The task that failed, where it is known. */
  readonly taskOf: (culprit: Culprit) => number | undefined;
  /** What was proved, for a person. */
  readonly textOf: (culprit: Culprit) => string;
}

const CLIENT_ID = 'perps-connect-quarantine';

/**
 * Copies culprits to the dead letter topic, each once: key, value, time and headers as they are, and beside them the headers
 * that Kafka Connect writes. What is there already, by the place in those headers, is not written again, so a run that was
 * killed may be repeated. Errors: NOT_FOUND without the topic, UNREACHABLE, REFUSED.
 */
export async function copyToDeadLetters(
  { stream, kafka }: { readonly stream: StreamDefinition; readonly kafka: KafkaConnection },
  culprits: readonly Culprit[],
  proof: Proof,
): Promise<MovedRecord[]> {
  const topic = deadLetterTopic(stream);
  const present = new Map<string, string>();
  await scanTopic(kafka, {
    topic,
    clientId: CLIENT_ID,
    onRecords: async (records) => {
      for (const { partition, offset, headers } of records) {
        const own = { topic, partition, offset };
        present.set(deadLetterName(headers, own), formatPlace(own));
      }
    },
  });
  const idOf = ({ record }: Culprit): string => formatPlace({ ...record, topic: stream.topic.name });
  const missing = culprits.filter((culprit) => !present.has(idOf(culprit)));
  const records = missing.map((culprit) => ({
    partition: 0,
    key: culprit.record.key,
    value: culprit.record.value,
    headers: { ...culprit.record.headers, ...reasonHeaders(stream, culprit, proof) },
    timestampMs: culprit.record.timestampMs,
  }));
  const offsets = await publishRecords(kafka, { topic, clientId: CLIENT_ID, records });
  const written = new Map(
    missing.map((culprit, index) => [
      idOf(culprit),
      formatPlace({ topic, partition: 0, offset: offsets[index] ?? -1n }),
    ]),
  );
  return culprits.map((culprit) => {
    const record = idOf(culprit);
    const letter = written.get(record);
    return { record, letter: letter ?? present.get(record) ?? topic, isNew: letter !== undefined };
  });
}

function reasonHeaders(stream: StreamDefinition, culprit: Culprit, proof: Proof): IHeaders {
  const { record, kind, reason } = culprit;
  const decodes = kind === 'refused-by-database';
  const task = proof.taskOf(culprit);
  return {
    [CONNECT_HEADERS.topic]: stream.topic.name,
    [CONNECT_HEADERS.partition]: String(record.partition),
    [CONNECT_HEADERS.offset]: record.offset.toString(),
    [CONNECT_HEADERS.connector]: proof.connector,
    ...(task === undefined ? {} : { [CONNECT_HEADERS.task]: String(task) }),
    [CONNECT_HEADERS.stage]: decodes ? 'TASK_PUT' : 'VALUE_CONVERTER',
    [CONNECT_HEADERS.exception]: decodes
      ? 'org.postgresql.util.PSQLException'
      : 'org.apache.kafka.connect.errors.DataException',
    [CONNECT_HEADERS.message]: reason,
    [QUARANTINE_HEADERS.reason]: kind,
    [QUARANTINE_HEADERS.proof]: proof.textOf(culprit),
    [QUARANTINE_HEADERS.at]: proof.at.toISOString(),
  };
}
