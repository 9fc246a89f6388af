import { nextOffset, type SinkPosition } from '../../connectors/sink-group.ts';
import { ConnectError } from '../../core/errors.ts';
import { type ScannedRecord, scanTopic } from '../../core/kafka-scan.ts';
import { inChunks } from '../in-chunks.ts';
import { type Judges, judgeRecords } from '../judge-records.ts';
import type { StreamSource } from '../read-records.ts';
import { placeOf } from '../record-place.ts';

/** A record that stops the sink by itself: it was tried alone. */
export interface Culprit {
  readonly record: ScannedRecord;
  readonly kind: 'does-not-decode' | 'refused-by-database';
  /** The words of the decoder or of PostgreSQL. */
  readonly reason: string;
  /** SQLSTATE of a row that PostgreSQL refuses. */
  readonly sqlState?: string | undefined;
}

export interface Search {
  /** In partition and offset order. */
  readonly culprits: readonly Culprit[];
  /** Other records that were tried beside them and that the sink can store. */
  readonly good: number;
}

export interface SearchSources extends StreamSource {
  readonly judges: Judges;
}

type Offsets = ReadonlyMap<number, bigint>;

const CHUNK = 1_000;
/** Records before the committed offset that are tried when no uncommitted record is good. */
const LOOK_BACK = 50n;
/** A pass that finds nothing is followed by one this many times as wide. */
const WIDEN = 8n;

/**
 * Looks for culprits among the records that the sink has not committed. It failed on one of its last poll, so the first pass
 * reads two polls of each partition, and later ones read on. Stops when there are more than `max` culprits.
 * Errors: UNSAFE for so many, or when no other record can be stored either; what keeps registry or database from answering.
 */
export async function findCulprits(
  sources: SearchSources,
  positions: readonly SinkPosition[],
  max: number,
): Promise<Search> {
  let starts: Offsets = new Map(positions.map((position) => [position.partition, nextOffset(position)]));
  let width = 2n * BigInt(sources.stream.sink.maxPollRecords);
  let good = 0;
  for (;;) {
    const ends: Offsets = new Map([...starts].map(([partition, start]) => [partition, start + width]));
    const pass = await judgeRange(sources, starts, ends, max);
    good += pass.good;
    if (pass.culprits.length > 0) return provenBesideGood(sources, positions, { ...pass, good }, max);
    if (positions.every(({ partition, end }) => (ends.get(partition) ?? end) >= end)) return { culprits: [], good };
    starts = ends;
    width *= WIDEN;
  }
}

/** Judges the records of each partition between these offsets; stops early once there are more than `max` culprits. */
async function judgeRange(
  { stream, kafka, judges, signal }: SearchSources,
  starts: Offsets,
  ends: Offsets,
  max: number,
): Promise<Search> {
  const culprits: Culprit[] = [];
  let good = 0;
  await scanTopic(kafka, {
    topic: stream.topic.name,
    clientId: 'perps-connect-quarantine',
    starts,
    ends,
    signal,
    onRecords: async (records) => {
      for (const chunk of inChunks(records, CHUNK)) {
        if (culprits.length > max) return 'enough';
        for (const { record, judgement } of await judgeRecords(judges, chunk)) {
          if (judgement.kind === 'good') good += 1;
          else if (judgement.kind !== 'empty') culprits.push({ record, ...judgement });
        }
      }
      return undefined;
    },
  });
  culprits.sort(({ record: a }, { record: b }) => a.partition - b.partition || (a.offset < b.offset ? -1 : 1));
  return { culprits, good };
}

/** A record is a culprit only where others can be stored: if none can, the cause lies elsewhere. */
async function provenBesideGood(
  sources: SearchSources,
  positions: readonly SinkPosition[],
  { culprits, good: found }: Search,
  max: number,
): Promise<Search> {
  const { stream } = sources;
  const [first] = culprits;
  const place = first === undefined ? stream.topic.name : placeOf(stream, first.record);
  const unsafe = (message: string, hint: string): ConnectError =>
    new ConnectError('UNSAFE', `${message}: ${first?.reason}`, {
      details: { first: place, reason: first?.reason },
      hint,
    });
  let good = found;
  let alsoBad = culprits.length - 1;
  if (good === 0) {
    const ends = new Map(positions.map((position) => [position.partition, nextOffset(position)]));
    const starts = new Map(
      positions.map((position) => {
        const back = nextOffset(position) - LOOK_BACK;
        return [position.partition, back > position.low ? back : position.low];
      }),
    );
    // Culprits that were stepped over before are among them; they are no good neighbours.
    const before = await judgeRange(sources, starts, ends, Number.MAX_SAFE_INTEGER);
    good = before.good;
    alsoBad += before.culprits.length;
  }
  if (good === 0 && alsoBad > 0) {
    throw unsafe(
      `no record of ${stream.topic.name} can be stored now, not only ${place}`,
      'this is no fault of one record: check registry.url and the schemas in it, and what has changed in the table',
    );
  }
  if (culprits.length > max) {
    throw unsafe(
      `more than ${max} records of ${stream.topic.name} cannot be stored, from ${place} on`,
      `so many are no accident: see what has changed in schema or table; if they shall go to the DLQ all the same, say --max ${max * 10}`,
    );
  }
  return { culprits, good };
}
