import { ConnectError, messageOf, rootCause } from '../core/errors.ts';
import type { KafkaConnection } from '../core/kafka.ts';
import type { RecordHeaders } from '../core/kafka-headers.ts';
import { connectProducer } from '../core/kafka-producer.ts';
import { DEFAULT_LIMITS, takeRequest } from '../producer/kafka/publisher.ts';

/** A record for one partition. Bytes and headers are published as they are. */
export interface PublishedRecord {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  /** When it was made. Default: now. */
  readonly timestampMs?: number | undefined;
}

/**
 * Publishes a few records, one request after the other, and returns their offsets in the order given. Resolves once every
 * in-sync replica holds them. Errors: UNREACHABLE, REFUSED.
 */
export async function publishRecords(
  connection: KafkaConnection,
  options: { readonly topic: string; readonly clientId: string; readonly records: readonly PublishedRecord[] },
): Promise<bigint[]> {
  const { topic, clientId, records } = options;
  if (records.length === 0) return [];
  const producer = await connectProducer(connection, { clientId });
  try {
    const offsets: bigint[] = [];
    let rest = records.map((record) => ({ record, bytes: sizeOf(record) }));
    while (rest.length > 0) {
      const request = takeRequest(rest, DEFAULT_LIMITS);
      rest = rest.slice(request.length);
      const messages = request.map(({ record }) => toMessage(record));
      const answers = await producer.send(new Map([[topic, messages]])).catch((error: unknown) => {
        throw refused(topic, error);
      });
      const next = new Map(answers.map(({ partition, baseOffset }) => [partition, baseOffset]));
      for (const { record } of request) {
        const offset = next.get(record.partition) ?? -1n;
        offsets.push(offset);
        next.set(record.partition, offset + 1n);
      }
    }
    return offsets;
  } finally {
    await producer.disconnect();
  }
}

const toMessage = ({ timestampMs = Date.now(), ...record }: PublishedRecord) => ({
  ...record,
  timestamp: String(timestampMs),
});

function sizeOf({ key, value, headers }: PublishedRecord): number {
  const texts = Object.entries(headers).flatMap(([name, text]) => [name, ...[text ?? []].flat()]);
  return texts.reduce((sum, text) => sum + text.length, 100 + (key?.length ?? 0) + (value?.length ?? 0));
}

function refused(topic: string, cause: unknown): ConnectError {
  return new ConnectError('REFUSED', `Kafka did not take records for ${topic}: ${messageOf(rootCause(cause))}`, {
    cause,
    details: { topic },
    hint: '`connect deploy` creates the topics of a stream; `connect acl` prints the rights that this user needs',
  });
}
