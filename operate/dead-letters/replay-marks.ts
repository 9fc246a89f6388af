import type { RecordPlace } from '../../connectors/wait/failure.ts';
import { headerText } from '../../core/kafka-headers.ts';
import { createMarks, type Marks } from '../marks.ts';
import { readRecords, type StreamSource } from '../read-records.ts';
import { REPLAY_HEADERS } from './record-headers.ts';

/** What is remembered of a replay. */
export interface ReplayMark {
  /** `sending` is written before the record. It stays when the run is killed in between; the topic then has the answer. */
  readonly state: 'sending' | 'sent';
  /** The name of the dead letter, as in the header `replay.of`. */
  readonly of: string;
  readonly topic: string;
  readonly partition: number;
  /** Where the record stands; while it is being sent, the first offset that it can get. */
  readonly offset: string;
  /** ISO, UTC. */
  readonly at: string;
}

/** The marks of a stream, by record id. */
export const replayMarks = (source: StreamSource): Marks<ReplayMark> =>
  createMarks<ReplayMark>(source, 'replayed', { state: /^(sending|sent)$/, partition: /^\d+$/, offset: /^\d+$/ });

/**
 * Where the replayed records stand, by record id. A killed run may have left a mark that says `sending`: the topic is read from
 * its offset on. If the record is there, the mark is completed; if not, it was never sent.
 */
export async function readReplayed(source: StreamSource): Promise<Map<string, RecordPlace>> {
  const marks = replayMarks(source);
  const replayed = new Map<string, RecordPlace>();
  const sending = new Map<string, ReplayMark & { readonly recordId: string }>();
  const starts = new Map<number, bigint>();
  for (const [recordId, mark] of await marks.read()) {
    const offset = BigInt(mark.offset);
    if (mark.state === 'sent') {
      replayed.set(recordId, { ...mark, offset });
      continue;
    }
    sending.set(mark.of, { ...mark, recordId });
    const start = starts.get(mark.partition);
    if (start === undefined || offset < start) starts.set(mark.partition, offset);
  }
  if (sending.size === 0) return replayed;
  const completed = new Map<string, ReplayMark>();
  const topic = source.stream.topic.name;
  await readRecords(source, { topic, clientId: 'perps-connect-letters', starts }, ({ headers, partition, offset }) => {
    const mark = sending.get(headerText(headers, REPLAY_HEADERS.of) ?? '');
    if (mark === undefined || mark.partition !== partition || offset < BigInt(mark.offset)) return;
    const { recordId, ...rest } = mark;
    replayed.set(recordId, { topic, partition, offset });
    completed.set(recordId, { ...rest, state: 'sent', offset: offset.toString() });
  });
  await marks.write(completed);
  return replayed;
}
