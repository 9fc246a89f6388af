import { ConnectError } from '../../core/errors.ts';
import type { KafkaConnection } from '../../core/kafka.ts';
import { type ScannedRecord, scanTopic } from '../../core/kafka-scan.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { type Judgement, type Judges, judgeRecords } from '../judge-records.ts';
import { nextOffset, type Position } from '../offset-positions.ts';

/** A record that stops the sink by itself: it was tried alone. */
export interface Culprit {
  readonly record: ScannedRecord;
  readonly kind: 'does-not-decode' | 'refused-by-database';
  /** What decoder or PostgreSQL say. */
  readonly reason: string;
  /** SQLSTATE of a row that PostgreSQL refuses. */
  readonly sqlState?: string;
}

export interface Search {
  /** In partition and offset order. */
  readonly culprits: readonly Culprit[];
  /** Other records that were tried beside them and that the sink can store. */
  readonly good: number;
}

export interface SearchSources {
  readonly stream: StreamDefinition;
  readonly kafka: KafkaConnection;
  readonly judges: Judges;
  readonly signal?: AbortSignal;
}

const CLIENT_ID = 'perps-connect-quarantine';
const CHUNK = 1_000;
/** Records before the committed offset that are looked at when none after it says whether good ones are accepted. */
const LOOK_BACK = 50n;
/** Each pass over a topic that found nothing is followed by one so many times as long. */
const WIDEN = 8n;

/**
 * Looks for culprits among the records the sink has not committed: it failed on one of its last poll, which can stand anywhere
 * in it, so first as far as two polls reach in every partition, and only when nothing is there further on.
 * Gives up beyond `max`: that many are no accident. Errors: UNSAFE when they are too many, or when no record beside them is
 * accepted either; what keeps registry or database from answering.
 */
export async function findCulprits(
  sources: SearchSources,
  positions: readonly Position[],
  max: number,
): Promise<Search> {
  let width = 2n * BigInt(sources.stream.sink.maxPollRecords);
  let from = new Map(positions.map((position) => [position.partition, nextOffset(position)]));
  let good = 0;
  for (;;) {
    const ends = new Map(
      positions.map(({ partition, end }) => [partition, min(end, (from.get(partition) ?? end) + width)]),
    );
    const pass = await judgeRange(sources, from, ends, max);
    good += pass.good;
    if (pass.culprits.length > 0) return withNeighbours(sources, positions, { ...pass, good }, max);
    if (positions.every(({ partition, end }) => (ends.get(partition) ?? end) >= end)) return { culprits: [], good };
    from = ends;
    width *= WIDEN;
  }
}

/** Judges the records in [from, to) of each partition; stops early once there are more than `max` culprits. */
async function judgeRange(
  { stream, kafka, judges, signal }: SearchSources,
  from: ReadonlyMap<number, bigint>,
  to: ReadonlyMap<number, bigint>,
  max: number,
): Promise<Search> {
  const culprits: Culprit[] = [];
  let good = 0;
  const starts = new Map([...from].filter(([partition, offset]) => offset < (to.get(partition) ?? offset)));
  if (starts.size === 0) return { culprits, good };
  await scanTopic(kafka, {
    topic: stream.topic.name,
    clientId: CLIENT_ID,
    starts,
    ...(signal === undefined ? {} : { signal }),
    onRecords: async (records) => {
      const end = to.get(records[0]?.partition ?? -1) ?? 0n;
      const wanted = records.filter(({ offset }) => offset < end);
      for (let at = 0; at < wanted.length && culprits.length <= max; at += CHUNK) {
        const chunk = wanted.slice(at, at + CHUNK);
        const judgements = await judgeRecords(judges, chunk);
        culprits.push(...culpritsOf(chunk, judgements));
        good += judgements.filter(({ kind }) => kind === 'good').length;
      }
      const isDone = wanted.length < records.length || (records.at(-1)?.offset ?? 0n) + 1n >= end;
      return isDone || culprits.length > max ? 'enough' : undefined;
    },
  });
  culprits.sort(inOrder);
  return { culprits, good };
}

function culpritsOf(records: readonly ScannedRecord[], judgements: readonly Judgement[]): Culprit[] {
  return records.flatMap((record, index): Culprit[] => {
    const judged = judgements[index];
    if (judged === undefined || judged.kind === 'good' || judged.kind === 'empty') return [];
    const { kind, reason } = judged;
    return [{ record, kind, reason, ...(kind === 'refused-by-database' ? { sqlState: judged.sqlState } : {}) }];
  });
}

/** A record is a culprit only where others are accepted: if none is, the cause lies elsewhere. */
async function withNeighbours(
  sources: SearchSources,
  positions: readonly Position[],
  found: Search,
  max: number,
): Promise<Search> {
  const { stream } = sources;
  const { culprits } = found;
  const [first] = culprits;
  let { good } = found;
  let alsoBad = culprits.length - 1;
  if (good === 0) {
    const to = new Map(positions.map((position) => [position.partition, nextOffset(position)]));
    const from = new Map(
      positions.map(({ partition, low }) => {
        const back = (to.get(partition) ?? 0n) - LOOK_BACK;
        return [partition, back > low ? back : low];
      }),
    );
    // Culprits that were stepped over before are tried as well; they are no good neighbours.
    const before = await judgeRange(sources, from, to, Number.MAX_SAFE_INTEGER);
    good = before.good;
    alsoBad += before.culprits.length;
  }
  if (good === 0 && alsoBad > 0) {
    throw new ConnectError(
      'UNSAFE',
      `no record of ${stream.topic.name} can be stored now, not only ${placeOf(stream, first)}: ${first?.reason}`,
      {
        details: { first: placeOf(stream, first), reason: first?.reason },
        hint: 'this is no fault of one record: check registry.url and the schemas in it, and what has changed in the table',
      },
    );
  }
  if (culprits.length > max) {
    throw new ConnectError(
      'UNSAFE',
      `more than ${max} records of ${stream.topic.name} cannot be stored, from ${placeOf(stream, first)} on: ${first?.reason}`,
      {
        details: { first: placeOf(stream, first), reason: first?.reason },
        hint: `so many are no accident: see what has changed in schema or table; if they shall go to the DLQ all the same, say --max ${max * 10}`,
      },
    );
  }
  return { culprits, good };
}

const placeOf = (stream: StreamDefinition, culprit: Culprit | undefined): string =>
  culprit === undefined
    ? stream.topic.name
    : `${stream.topic.name}-${culprit.record.partition}@${culprit.record.offset}`;

const inOrder = (a: Culprit, b: Culprit): number =>
  a.record.partition - b.record.partition || (a.record.offset < b.record.offset ? -1 : 1);

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
