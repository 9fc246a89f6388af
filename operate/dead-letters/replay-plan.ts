import type { RecordPlace } from '../../connectors/wait/failure.ts';
import type { PartitionRange } from '../../core/kafka-admin.ts';
import { headerText, type RecordHeaders } from '../../core/kafka-headers.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { AnyFeedService } from '../../producer/feed/feed-service.ts';
import { partitionOf } from '../../producer/kafka/partition.ts';
import type { RecordEncoder } from '../../producer/record/encoder.ts';
import type { RecordMapper } from '../../producer/record/mapper.ts';
import type { AvroRecord, AvroSchema } from '../../schemas/avro-schema.ts';
import { canonicalRecord } from '../canonical.ts';
import { decodeValue, type Judges } from '../judge-records.ts';
import { formatPlace } from '../record-place.ts';
import type { TableReader } from '../table-reader.ts';
import type { DeadLetter, KnownLetter } from './dead-letter.ts';
import { type DiscardMark, discardedWhy } from './discard-marks.ts';
import { ownHeaders } from './record-headers.ts';

/** A record that has come back this often would do so for ever, so it is replayed again only with `again`. */
const MAX_REPLAYS = 3;

/** The record that a dead letter becomes. */
export interface ReadyRecord {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: RecordHeaders;
  /** What the table will hold. */
  readonly values: AvroRecord;
}

/** Whether a dead letter can be replayed, and if not, why. */
export type ReplayVerdict = { readonly kind: 'ready'; readonly record: ReadyRecord } | NoReplay;

interface NoReplay {
  readonly kind: 'replayed-before' | 'discarded' | 'newer' | 'refused' | 'looping';
  readonly reason: string;
}

export interface PlannedReplay {
  readonly deadLetter: DeadLetter;
  readonly verdict: ReplayVerdict;
}

/** What a replay reads, encodes and tries records with. */
export interface ReplayContext {
  readonly stream: StreamDefinition;
  readonly schema: AvroSchema;
  readonly judges: Judges;
  readonly table: TableReader;
  /** The producer's own validation and encoding, for rejected updates. */
  /** Undefined where no rejected updates are read. */
  readonly service: AnyFeedService | undefined;
  readonly mapper: RecordMapper;
  readonly encode: RecordEncoder;
}

/** What is done with letters already. */
interface Done {
  /** Where the replayed records stand, by record id. */
  readonly replayed: ReadonlyMap<string, RecordPlace>;
  /** What somebody has discarded, by record id. */
  readonly discarded: ReadonlyMap<string, DiscardMark>;
  /** Also what was replayed or discarded, came back too often or has a row from a newer delivery. */
  readonly again: boolean;
}

export interface ReplayRules extends Pick<Done, 'again'> {
  /** Partitions of the data topic. */
  readonly ranges: readonly PartitionRange[];
  /** The names of letters that were judged before, by record id; those that are judged now are added. */
  readonly copies: Map<string, string>;
  /** Letters that are not what stands, or stood, at their place in the data topic. */
  readonly changed: ReadonlySet<DeadLetter>;
}

/** Judges dead letters that are not done, in order; nothing is sent. Errors: what keeps the registry or the database from answering. */
export async function planReplay(
  context: ReplayContext,
  deadLetters: readonly DeadLetter[],
  rules: ReplayRules,
): Promise<PlannedReplay[]> {
  const plan: PlannedReplay[] = [];
  for (const deadLetter of deadLetters) {
    const { name, recordId } = deadLetter;
    const copy = rules.copies.get(recordId);
    rules.copies.set(recordId, name);
    const toRecord = deadLetter.source === 'rejected' ? fromRejected : fromDataTopic;
    const verdict: ReplayVerdict =
      copy === undefined
        ? rules.changed.has(deadLetter)
          ? refused(`it is not the record that stands at ${name}: somebody else than the sink has written it`)
          : await toRecord(context, deadLetter, rules.ranges)
        : { kind: 'replayed-before', reason: `the same as ${copy}` };
    plan.push({ deadLetter, verdict });
  }
  const current = rules.again ? plan : await refuseTied(context, await refuseOlder(context, plan));
  return refuseRows(context, current, rules.ranges);
}

const refused = (reason: string): ReplayVerdict => ({ kind: 'refused', reason });

/** Why a letter is not replayed, whatever its record holds. */
export function doneBefore(
  { recordId, replays }: KnownLetter,
  { replayed, discarded, again }: Done,
): NoReplay | undefined {
  if (again) return undefined;
  const place = replayed.get(recordId);
  if (place !== undefined) return { kind: 'replayed-before', reason: `replayed as ${formatPlace(place)}` };
  const mark = discarded.get(recordId);
  if (mark !== undefined) return { kind: 'discarded', reason: discardedWhy(mark) };
  return replays < MAX_REPLAYS ? undefined : { kind: 'looping', reason: `it came back after ${replays} replays` };
}

/** A dead letter as a record for the partition that it stood in. */
async function fromDataTopic(
  { stream, judges }: ReplayContext,
  { record, origin }: DeadLetter,
  { length: partitions }: readonly PartitionRange[],
): Promise<ReplayVerdict> {
  if (origin === undefined) return refused('its headers do not say where it stood');
  if (origin.topic !== stream.topic.name) return refused(`it comes from topic ${origin.topic}`);
  const { partition } = origin;
  if (partition >= partitions) return refused(`the topic has no partition ${partition}`);
  const { key, value, headers } = record;
  const decoded = await decodeValue(judges.decoder, value);
  if (decoded.kind === 'empty' || value === null) return refused('it has no value');
  if (decoded.kind === 'does-not-decode') return refused(`it does not decode: ${decoded.reason}`);
  return { kind: 'ready', record: { partition, key, value, headers: ownHeaders(headers), values: decoded.values } };
}

/** A rejected update as a record for its key's partition, if the producer accepts it now. */
function fromRejected(
  { stream, service, mapper, encode }: ReplayContext,
  { record: { value, headers } }: DeadLetter,
  { length: partitions }: readonly PartitionRange[],
): ReplayVerdict {
  if (value === null) return refused('it has no value');
  if (headers['original-bytes'] !== undefined) return refused('its bytes were cut when it was rejected');
  if (service === undefined) return refused('the stream has no feed that says what its bytes mean');
  const event = service.readRejected(value, headerText(headers, 'feed-message'));
  if (event.kind === 'undecodable') return refused(`it is no message of the feed: ${event.reason}`);
  if (event.kind !== 'update') return refused(`it is a message of kind ${event.kind}, not an update`);
  const mapped = mapper(event.update);
  if (!mapped.ok) {
    const reasons = mapped.refusals.map(({ field, code, message }) => `${field ?? 'update'} ${code}: ${message}`);
    return refused(reasons.join('; '));
  }
  const values = withOrdinal(stream, mapped.record, headers);
  const key = Buffer.from(String(values[stream.topic.key]));
  const partition = partitionOf(key, partitions);
  return { kind: 'ready', record: { partition, key, value: encode(values), headers: {}, values } };
}

/** The number that the producer counted when it refused the update: the replayed update takes its old place in its slot. */
function withOrdinal({ table }: StreamDefinition, values: AvroRecord, headers: RecordHeaders): AvroRecord {
  const field = table.current?.ordinal;
  const ordinal = headerText(headers, 'ordinal');
  if (field === undefined || ordinal === undefined) return values;
  return { ...values, [field]: values[field] ?? Number(ordinal) };
}

/** A replayed record gets a new offset and so counts as the newest: it must not replace a delivery that came after it. */
async function refuseOlder({ stream, schema, table }: ReplayContext, plan: PlannedReplay[]): Promise<PlannedReplay[]> {
  const keyOf = ({ values }: ReadyRecord) => canonicalRecord(schema.fields, values);
  const rows = await table.find(
    plan.flatMap(({ verdict }) => (verdict.kind === 'ready' ? [keyOf(verdict.record)] : [])),
  );
  return plan.map(({ deadLetter, verdict }) => {
    const row = verdict.kind === 'ready' ? rows.get(table.keyOf(keyOf(verdict.record))) : undefined;
    const { origin } = deadLetter;
    const isOlder = origin !== undefined && row?.partition === origin.partition && (row.offset ?? -1n) < origin.offset;
    if (row === undefined || isOlder) return { deadLetter, verdict };
    const delivery = row.offset === null ? 'written by hand' : `of ${stream.topic.name}-${row.partition}@${row.offset}`;
    const reason = `the table has its row from a later delivery, ${delivery}`;
    return { deadLetter, verdict: { kind: 'newer', reason } };
  });
}

/** Without a number, a replayed update would come after every other one of its slot, and might not have. */
async function refuseTied({ stream, schema, table }: ReplayContext, plan: PlannedReplay[]): Promise<PlannedReplay[]> {
  const ordinal = stream.table.current?.ordinal;
  const unnumbered = new Map(
    plan.flatMap(({ deadLetter, verdict }) => {
      if (verdict.kind !== 'ready') return [];
      const values = canonicalRecord(schema.fields, verdict.record.values);
      return ordinal !== undefined && values[ordinal] !== null ? [] : [[deadLetter, values] as const];
    }),
  );
  if (unnumbered.size === 0) return plan;
  const tied = await table.findTied([...unnumbered.values()]);
  const { identity, order } = stream.table.current ?? {};
  const reason = `the table has another update of its ${identity} and ${order}, and nothing says which of the two came first`;
  return plan.map(({ deadLetter, verdict }) => {
    const values = unnumbered.get(deadLetter);
    const isTied = values !== undefined && tied.has(table.keyOf(values));
    return { deadLetter, verdict: isTied ? { kind: 'newer', reason } : verdict };
  });
}

/** A record whose row PostgreSQL refuses would only stop the sink again. */
async function refuseRows(
  { judges }: ReplayContext,
  plan: PlannedReplay[],
  ranges: readonly PartitionRange[],
): Promise<PlannedReplay[]> {
  const ends = new Map(ranges.map(({ partition, high }) => [partition, high]));
  const rows = plan.flatMap(({ verdict }) => {
    if (verdict.kind !== 'ready') return [];
    const { partition, values } = verdict.record;
    return [{ partition, offset: ends.get(partition) ?? 0n, values }];
  });
  const found = new Map((await judges.rows.findRefused(rows)).map((one) => [one.row.values, one]));
  return plan.map(({ deadLetter, verdict }) => {
    const row = verdict.kind === 'ready' ? found.get(verdict.record.values) : undefined;
    if (row === undefined) return { deadLetter, verdict };
    return { deadLetter, verdict: refused(`PostgreSQL refuses its row (${row.sqlState}): ${row.message}`) };
  });
}
