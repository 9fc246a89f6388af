import { scanTopic } from '../../core/kafka-scan.ts';
import { placeId, readPlaces } from '../read-places.ts';
import type { StreamSource } from '../read-records.ts';
import {
  type DeadLetter,
  type KnownLetter,
  type SourceTopic,
  sourceTopic,
  toDeadLetter,
  withoutRecord,
} from './dead-letter.ts';

const CLIENT_ID = 'perps-connect-letters';

/** Hears of a letter; `enough` ends the reading. */
// biome-ignore lint/suspicious/noConfusingVoidType: most callers read to the end and return nothing.
export type OnLetter = (letter: DeadLetter) => Promise<void | 'enough'>;

/** The chosen letters of one source topic. They are read as often as asked for, and none is kept. */
export interface LetterSource {
  /** Reads them, the oldest of a partition first; returns how many records the topic has. Errors: NOT_FOUND without the topic, UNREACHABLE. */
  scan(onLetter: OnLetter): Promise<bigint>;
  /** These again, in their order, with their records. What Kafka has deleted meanwhile is left out. */
  load(letters: readonly KnownLetter[]): Promise<DeadLetter[]>;
  /** Whether some of the topic's letters may not be chosen. */
  readonly isPart: boolean;
}

/** All letters of a source topic, or those that `chosen` takes. */
export function letterSource(
  { stream, kafka, signal }: StreamSource,
  source: SourceTopic,
  chosen?: (letter: DeadLetter) => Promise<boolean>,
): LetterSource {
  const topic = sourceTopic(stream, source);
  return {
    isPart: chosen !== undefined,
    async scan(onLetter) {
      const ranges = await scanTopic(kafka, {
        topic,
        clientId: CLIENT_ID,
        signal,
        async onRecords(records) {
          for (const record of records) {
            const letter = toDeadLetter(stream, source, record);
            if (chosen !== undefined && !(await chosen(letter))) continue;
            if ((await onLetter(letter)) === 'enough') return 'enough';
          }
          return undefined;
        },
      });
      return ranges.reduce((sum, { low, high }) => sum + high - low, 0n);
    },
    async load(letters) {
      const found = new Map<string, DeadLetter>();
      const places = letters.map(({ place }) => place);
      await readPlaces({ kafka, signal }, { topic, clientId: CLIENT_ID, places }, (record) =>
        found.set(placeId(record), toDeadLetter(stream, source, record)),
      );
      return letters.flatMap(({ place }) => found.get(placeId(place)) ?? []);
    },
  };
}

/** Letters that one run handles, and letters that were handled before and are named once more. */
export const RUN_LETTERS = 100_000;

/** The letters that a run can handle, oldest first. */
export interface RunLetters {
  readonly letters: readonly KnownLetter[];
  /** Letters beyond them that nobody has handled. */
  readonly more: number;
}

/** Of the letters, as many as a run handles. `isDone`: by its record id, whether a letter was replayed or discarded before. */
export async function runLetters(source: LetterSource, isDone: (recordId: string) => boolean): Promise<RunLetters> {
  const letters: KnownLetter[] = [];
  const kept = { open: 0, done: 0 };
  const words = new Map<string, string>();
  // Thousands of letters have one cause: its text is kept once.
  const once = (text: string): string => {
    const known = words.get(text) ?? text;
    if (words.size < RUN_LETTERS) words.set(known, known);
    return known;
  };
  let more = 0;
  await source.scan(async (letter) => {
    const kind = isDone(letter.recordId) ? 'done' : 'open';
    if (kept[kind] < RUN_LETTERS) {
      kept[kind] += 1;
      letters.push({ ...withoutRecord(letter), cause: once(letter.cause), stage: once(letter.stage) });
    } else if (kind === 'open') more += 1;
  });
  const byPlace = (a: KnownLetter, b: KnownLetter): number =>
    a.place.partition - b.place.partition || (a.place.offset < b.place.offset ? -1 : 1);
  return { letters: letters.sort(byPlace), more };
}
