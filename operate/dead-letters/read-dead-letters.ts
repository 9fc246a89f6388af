import { ConnectError } from '../../core/errors.ts';
import type { KafkaConnection } from '../../core/kafka.ts';
import { scanTopic } from '../../core/kafka-scan.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { type DeadLetter, type SourceTopic, sourceTopic, toDeadLetter } from './dead-letter.ts';

export interface DeadLetterSources {
  readonly stream: StreamDefinition;
  readonly kafka: KafkaConnection;
  readonly signal?: AbortSignal | undefined;
}

/** All records of a source topic, oldest first. Errors: NOT_FOUND without the topic, UNREACHABLE. */
export async function readDeadLetters(
  { stream, kafka, signal }: DeadLetterSources,
  source: SourceTopic,
): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  await scanTopic(kafka, {
    topic: sourceTopic(stream, source),
    clientId: 'perps-connect-letters',
    signal,
    onRecords: async (records) => {
      for (const record of records) found.push(toDeadLetter(stream, source, record));
    },
  }).catch((error: unknown) => {
    if (!(error instanceof ConnectError) || error.code !== 'NOT_FOUND') throw error;
    throw new ConnectError('NOT_FOUND', error.message, { details: error.details, hint: '`connect deploy` creates it' });
  });
  return found.sort((a, b) => a.place.partition - b.place.partition || (a.place.offset < b.place.offset ? -1 : 1));
}
