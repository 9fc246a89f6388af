import type { RecordPlace } from '../../connectors/wait/failure.ts';
import { headerText, scanTopic } from '../../core/kafka-scan.ts';
import { createMarks, type Marks } from '../marks.ts';
import type { LetterSources } from './letter.ts';
import { REPLAY_HEADERS } from './letter-headers.ts';

/** What is remembered of a replay. */
export interface ReplayMark {
  /** `sending` is written before the record: a run that was killed in between leaves it, and the topic has the answer. */
  readonly state: 'sending' | 'sent';
  /** The letter that was sent, as header `replay.of` has it. */
  readonly of: string;
  readonly topic: string;
  readonly partition: number;
  /** Where it stands; of one being sent, the first offset at which it can. */
  readonly offset: string;
  /** ISO, UTC. */
  readonly at: string;
}

export const replayMarks = (sources: LetterSources): Marks<ReplayMark> => createMarks<ReplayMark>(sources, 'replayed');

/**
 * What has been replayed, by `sameAs` of the letters, and where it stands. A replay that was killed after its mark is looked
 * for in the topic from there on: found, its mark is completed; not found, it never was sent.
 */
export async function readReplayed(sources: LetterSources): Promise<Map<string, RecordPlace>> {
  const marks = replayMarks(sources);
  const replayed = new Map<string, RecordPlace>();
  const open = new Map<string, ReplayMark & { id: string }>();
  for (const [id, mark] of await marks.read()) {
    if (mark.state === 'sent') replayed.set(id, { ...mark, offset: BigInt(mark.offset) });
    else open.set(mark.of, { ...mark, id });
  }
  if (open.size === 0) return replayed;
  const starts = new Map<number, bigint>();
  for (const { partition, offset } of open.values()) {
    const start = starts.get(partition);
    if (start === undefined || BigInt(offset) < start) starts.set(partition, BigInt(offset));
  }
  const completed = new Map<string, ReplayMark>();
  const topic = sources.stream.topic.name;
  await scanTopic(sources.kafka, {
    topic,
    clientId: 'perps-connect-letters',
    starts,
    onRecords: async (records) => {
      for (const { headers, partition, offset } of records) {
        const mark = open.get(headerText(headers, REPLAY_HEADERS.of) ?? '');
        if (mark === undefined || mark.partition !== partition || offset < BigInt(mark.offset)) continue;
        const { id, ...rest } = mark;
        replayed.set(id, { topic, partition, offset });
        completed.set(id, { ...rest, state: 'sent', offset: offset.toString() });
      }
    },
  });
  await marks.write(completed);
  return replayed;
}
