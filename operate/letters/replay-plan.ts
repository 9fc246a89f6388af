import type { IHeaders } from 'kafkajs';
import type { RecordPlace } from '../../connectors/wait/failure.ts';
import type { PartitionRange } from '../../core/kafka-scan.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { FeedService } from '../../producer/feed/protocol.ts';
import { partitionOf } from '../../producer/kafka/partition.ts';
import type { RecordEncoder } from '../../producer/record/encoder.ts';
import type { RecordMapper } from '../../producer/record/mapper.ts';
import type { AvroRecord, AvroSchema } from '../../schemas/avro-schema.ts';
import { canonicalRecord } from '../canonical.ts';
import { decodeValue, type Judges } from '../judge-records.ts';
import type { TableReader } from '../table-reader.ts';
import type { Letter } from './letter.ts';
import { formatPlace, ownHeaders } from './letter-headers.ts';

/** A record that came back so often is not replayed again unless asked: it would go round for ever. */
export const MAX_REPLAYS = 3;

/** A letter as the record it becomes. */
export interface ReadyRecord {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: IHeaders;
  /** What the table will hold. */
  readonly values: AvroRecord;
}

/** Whether a letter can be replayed, and if not, why. */
export type ReplayVerdict =
  | { readonly kind: 'ready'; readonly record: ReadyRecord }
  | { readonly kind: 'replayed' | 'newer' | 'refused' | 'looping'; readonly reason: string };

export interface ReplayParts {
  readonly stream: StreamDefinition;
  readonly schema: AvroSchema;
  readonly judges: Judges;
  readonly table: TableReader;
  /** The producer's own validation and encoding, for rejected updates. */
  readonly service: FeedService;
  readonly mapper: RecordMapper;
  readonly encode: RecordEncoder;
}

export interface ReplayRules {
  /** Partitions of the data topic. */
  readonly ranges: readonly PartitionRange[];
  /** What was replayed, by `sameAs`. */
  readonly replayed: ReadonlyMap<string, RecordPlace>;
  /** Also what was replayed, came back too often or is in the table in a newer delivery. */
  readonly again: boolean;
}

/** Judges letters; nothing is sent. One verdict for each, in order. Errors: what keeps registry or database from answering. */
export async function planReplay(
  parts: ReplayParts,
  letters: readonly Letter[],
  rules: ReplayRules,
): Promise<ReplayVerdict[]> {
  const seen = new Map<string, string>();
  const drafts: ReplayVerdict[] = [];
  for (const letter of letters) {
    const twin = seen.get(letter.sameAs);
    seen.set(letter.sameAs, letter.id);
    drafts.push(
      twin === undefined
        ? (alreadyDone(letter, rules) ?? (await draft(parts, letter, rules)))
        : { kind: 'replayed', reason: `the same as ${twin}` },
    );
  }
  return refuseRows(parts, letters, await refuseOlder(parts, letters, drafts, rules), rules);
}

function alreadyDone(letter: Letter, { replayed, again }: ReplayRules): ReplayVerdict | undefined {
  if (again) return undefined;
  const place = replayed.get(letter.sameAs);
  if (place !== undefined) return { kind: 'replayed', reason: `replayed as ${formatPlace(place)}` };
  if (letter.replays < MAX_REPLAYS) return undefined;
  return { kind: 'looping', reason: `it came back after ${letter.replays} replays` };
}

/** The record that a letter becomes, or why there is none. */
async function draft(parts: ReplayParts, letter: Letter, { ranges }: ReplayRules): Promise<ReplayVerdict> {
  const refused = (reason: string): ReplayVerdict => ({ kind: 'refused', reason });
  const { record, origin } = letter;
  if (letter.box === 'rejected') return draftRejected(parts, letter, ranges.length);
  if (origin === undefined) return refused('its headers do not say where it stood');
  if (origin.topic !== parts.stream.topic.name) return refused(`it comes from topic ${origin.topic}`);
  if (origin.partition >= ranges.length) return refused(`the topic has no partition ${origin.partition}`);
  const decoded = await decodeValue(parts.judges.decoder, record.value);
  if (decoded.kind === 'empty' || record.value === null) return refused('it has no value');
  if (decoded.kind === 'does-not-decode') return refused(`it does not decode: ${decoded.reason}`);
  return {
    kind: 'ready',
    record: {
      partition: origin.partition,
      key: record.key,
      value: record.value,
      headers: ownHeaders(record.headers),
      values: decoded.values,
    },
  };
}

function draftRejected(parts: ReplayParts, { record }: Letter, partitions: number): ReplayVerdict {
  const refused = (reason: string): ReplayVerdict => ({ kind: 'refused', reason });
  if (record.value === null) return refused('it has no value');
  if (record.headers['original-bytes'] !== undefined) return refused('its bytes were cut when it was rejected');
  const event = parts.service.readEvent(record.value);
  if (event.kind === 'undecodable') return refused(`it is no message of the feed: ${event.reason}`);
  if (event.kind !== 'update') return refused(`it is a message of kind ${event.kind}, not an update`);
  const mapped = parts.mapper(event.update);
  if (!mapped.ok) {
    return refused(
      mapped.refusals.map(({ field, code, message }) => `${field ?? 'update'} ${code}: ${message}`).join('; '),
    );
  }
  const key = Buffer.from(String(mapped.record[parts.stream.topic.key]));
  return {
    kind: 'ready',
    record: {
      partition: partitionOf(key, partitions),
      key,
      value: parts.encode(mapped.record),
      headers: {},
      values: mapped.record,
    },
  };
}

/** A replayed record gets a new offset and so counts as the newest: it must not go over a delivery that came after it. */
async function refuseOlder(
  parts: ReplayParts,
  letters: readonly Letter[],
  drafts: readonly ReplayVerdict[],
  { again }: ReplayRules,
): Promise<ReplayVerdict[]> {
  if (again) return [...drafts];
  const keys = drafts.map((one) =>
    one.kind === 'ready' ? canonicalRecord(parts.schema.fields, one.record.values) : undefined,
  );
  const rows = await parts.table.find(keys.filter((key) => key !== undefined));
  return drafts.map((one, index) => {
    const key = keys[index];
    const row = key === undefined ? undefined : rows.get(parts.table.keyOf(key));
    const origin = letters[index]?.origin;
    if (one.kind !== 'ready' || row === undefined) return one;
    const isOlder = origin !== undefined && row.partition === origin.partition && (row.offset ?? -1n) < origin.offset;
    if (isOlder) return one;
    const place =
      row.offset === null ? 'written by hand' : `of ${parts.stream.topic.name}-${row.partition}@${row.offset}`;
    return { kind: 'newer', reason: `the table has its row from a later delivery, ${place}` };
  });
}

/** What PostgreSQL would refuse would only stop the sink again. */
async function refuseRows(
  { judges }: ReplayParts,
  letters: readonly Letter[],
  drafts: readonly ReplayVerdict[],
  { ranges }: ReplayRules,
): Promise<ReplayVerdict[]> {
  const rows = drafts.flatMap((one) =>
    one.kind === 'ready'
      ? [
          {
            partition: one.record.partition,
            offset: ranges.find(({ partition }) => partition === one.record.partition)?.high ?? 0n,
            values: one.record.values,
          },
        ]
      : [],
  );
  const refused = new Map((await judges.rows.findRefused(rows)).map((one) => [one.row.values, one]));
  return letters.map((_letter, index) => {
    const one = drafts[index] as ReplayVerdict;
    const found = one.kind === 'ready' ? refused.get(one.record.values) : undefined;
    return found === undefined
      ? one
      : { kind: 'refused', reason: `PostgreSQL refuses its row (${found.sqlState}): ${found.message}` };
  });
}
