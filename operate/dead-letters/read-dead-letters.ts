import { readRecords, type StreamSource } from '../read-records.ts';
import { type DeadLetter, type SourceTopic, sourceTopic, toDeadLetter } from './dead-letter.ts';

/** All records of a source topic, oldest first. Errors: NOT_FOUND without the topic, UNREACHABLE. */
export async function readDeadLetters(from: StreamSource, source: SourceTopic): Promise<DeadLetter[]> {
  const topic = sourceTopic(from.stream, source);
  const found: DeadLetter[] = [];
  await readRecords(from, { topic, clientId: 'perps-connect-letters' }, (record) => {
    found.push(toDeadLetter(from.stream, source, record));
  });
  return found.sort((a, b) => a.place.partition - b.place.partition || (a.place.offset < b.place.offset ? -1 : 1));
}
