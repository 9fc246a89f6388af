import { hash } from 'node:crypto';
import { createIdSet, type IdSet } from '../core/id-set.ts';
import { topicRanges } from '../core/kafka-scan.ts';
import { type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { isDeliveryField, rejectedTopic } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroSchema } from '../schemas/avro-schema.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import { deletedUpdates, firstOffsets } from './dead-letters/deleted-updates.ts';
import { countOpen } from './dead-letters/open-records.ts';
import { gapsBefore, readAcceptedGaps, type ShownGap } from './gaps.ts';
import { readKeptRange } from './kept-range.ts';
import { readRecords, type StreamSource } from './read-records.ts';
import { createTableReader } from './table-reader.ts';
import { compareCurrentView, compareRollup, type DerivedFigures } from './verify-derived.ts';
import { checkOracle } from './verify-oracle.ts';
import { DifferenceLog } from './verify-report.ts';
import { countRepeated, countRowsBeyond, countRowsByRecord } from './verify-table.ts';
import { checkTopic } from './verify-topic.ts';

const CLIENT_ID = 'perps-connect-verify';

export interface VerifyOptions extends StreamSource {
  readonly schema: AvroSchema;
  readonly database: PostgresConnection;
  readonly decoder: RecordDecoder;
  /** Compares records before these offsets only, by partition: up to there the sink is known to have come. Default: all. */
  readonly ends?: ReadonlyMap<number, bigint> | undefined;
  /** What the feed says it sent; without it the topic alone is the reference. */
  readonly oraclePath?: string | undefined;
  /** How many differences the report describes; all are counted. Default 20. */
  readonly sampleSize?: number | undefined;
  readonly onProgress?: ((records: number) => void) | undefined;
}

/** What `verify` counted for one stream. A stream is exact when `differences` is 0. */
export type VerifyReport = Awaited<ReturnType<typeof verifyStream>>;

/**
 * Compares the topic and, when given, the oracle with the table: every record is present and equal in every column, no row
 * is without a record, the view of current states and the rollup are right, refused updates are counted. Reads only.
 */
export async function verifyStream(options: VerifyOptions) {
  const { stream, database, oraclePath, sampleSize = 20 } = options;
  const written = options.schema.fields.filter(({ name }) => !stream.sink.omit.includes(name));
  const schema = { ...options.schema, fields: written.filter(({ name }) => !isDeliveryField(stream, name)) };
  const differences = new DifferenceLog(sampleSize);
  return withPostgres(database, async (client) => {
    const table = createTableReader(client, stream, { ...schema, fields: written });
    const kept = await readKeptRange(client, stream, schema);
    const check = { ...options, schema, differences, table, kept };
    const topic = await checkTopic({ ...check, written });
    const rows = await countRowsByRecord(client, stream, topic.ranges, kept);
    // Read after the rows: whatever they name has to be there by now.
    const ends = (await topicRanges(options.kafka, stream.topic.name, CLIENT_ID)) ?? [];
    const beyond = await countRowsBeyond(client, stream, rows.partitions, ends);
    const gaps = gapsBefore(rows.partitions, topic.ranges, topic.resent, await readAcceptedGaps(options));
    const current = await compareCurrentView(client, stream, schema, kept);
    const rollup = await compareRollup(client, stream);
    const repeated = await countRepeated(client, stream);
    reportWrongRows(differences, stream, {
      foreign: rows.inTopic - topic.named,
      unwritten: rows.ofNoRecord,
      beyond,
      gaps,
      current,
      rollup,
    });
    const rejected = await readRejected(options);
    const rejectedFrom = firstOffsets(await topicRanges(options.kafka, rejectedTopic(stream), CLIENT_ID));
    const counts = { rejected: BigInt(rejected.size), deadLetters: BigInt(topic.deadLetters), rejectedFrom };
    const open = await countOpen(options, counts, { each: 'content' });
    const oracle = oraclePath === undefined ? undefined : await checkOracle({ ...check, rejected, path: oraclePath });
    return {
      stream: stream.name,
      records: topic.records,
      /** The first UTC day of the history that is kept; null: all of it is. What is older was not compared. */
      keptFrom: kept?.from ?? null,
      /** Records that are older. */
      olderRecords: topic.older,
      /** Identities with several rows, where the key has the time of the partitions or begins with the slot: an update came again with another one. */
      repeated,
      /** Records whose row holds another record of the same key: `redelivered` and `replaced` together. */
      superseded: topic.redelivered + topic.replaced,
      /** Those whose row holds another delivery of the same update. */
      redelivered: topic.redelivered,
      /** Those whose row holds a later update, which differs. A difference unless the definition says `table.replaces`. */
      replaced: topic.replaced,
      /** Rows that somebody has corrected, and that differ from their record since. */
      corrected: topic.corrected,
      rows: rows.rows,
      /** Rows whose record is no longer in the topic: older than its retention. */
      rowsBeforeTopic: rows.beforeTopic,
      missing: differences.count('missing'),
      unequal: differences.count('unequal'),
      unexpected: differences.count('unexpected'),
      notCurrent: differences.count('not-current'),
      /** Updates that the oracle expects in the rejected topic and that are not there. */
      notRefused: differences.count('not-refused'),
      identities: current.rows,
      /** Rows of the rollup, and identities whose rows in it are not what the history gives. */
      foldRows: rollup.rows,
      notFolded: rollup.wrong,
      /** Holes in the rows right before the first record that the topic still has, as JSON can hold them: both offsets included. */
      gaps: gaps.map(({ from, to, ...gap }) => ({ ...gap, from: from.toString(), to: to.toString() })),
      /** Distinct refused updates in the rejected topic. */
      rejected: rejected.size,
      /** Refused updates that Kafka has deleted from it: it is bounded. */
      rejectedDeleted: Number(deletedUpdates(rejectedFrom)),
      deadLetters: topic.deadLetters,
      /** Records of the two topics that are neither replayed nor discarded. */
      openRejected: Number(open.rejected),
      openDeadLetters: Number(open.deadLetters),
      oracle,
      /** All differences found, counted. */
      differences: differences.total,
      /** The first of them, at most `sampleSize`. */
      samples: differences.samples,
    };
  });
}

/** Adds the wrong rows of the table, of the view of current states and of the rollup. */
function reportWrongRows(
  differences: DifferenceLog,
  { table, topic }: StreamDefinition,
  counts: {
    readonly foreign: number;
    readonly unwritten: number;
    readonly beyond: number;
    readonly gaps: readonly ShownGap[];
    readonly current: DerivedFigures;
    readonly rollup: DerivedFigures;
  },
): void {
  const { foreign, unwritten, beyond, gaps, current, rollup } = counts;
  const noRecord = `${unwritten} rows of ${table.name} name no record of ${topic.name}: they were not written by the sink`;
  const otherUpdate = `${foreign} rows of ${table.name} name a record of ${topic.name} that holds another update`;
  const noOffset = `${beyond} rows of ${table.name} name offsets that ${topic.name} does not have: the topic was created anew, or they were not written by the sink`;
  const stale = `${current.wrong} rows of ${table.current?.view} are not the newest of the table`;
  const wrong = `${table.fold?.table} does not hold what the history gives for ${rollup.wrong}`;
  const found = [
    ['unexpected', foreign, otherUpdate, []],
    ['unexpected', unwritten, noRecord, []],
    ['unexpected', beyond, noOffset, []],
    ['not-current', current.wrong, stale, current.samples],
    ['not-folded', rollup.wrong, `${wrong}; run \`connect rebuild\``, rollup.samples],
  ] as const;
  for (const [kind, count, message, samples] of found) {
    const values = samples.length === 0 ? undefined : samples.join(', ');
    if (count > 0) differences.add({ kind, message, values }, count);
  }
  for (const { state, partition, from, to } of gaps) {
    if (state !== 'lost') continue;
    const message = `records ${from} to ${to} of ${topic.name}-${partition} have no row: Kafka deleted them before the sink read them`;
    differences.add({ kind: 'lost', message }, Number(to - from + 1n));
  }
}

/** Hashes of the refused updates, each once: a producer that resumed refuses the same bytes again. */
async function readRejected(options: StreamSource): Promise<IdSet> {
  const seen = createIdSet();
  const topic = rejectedTopic(options.stream);
  await readRecords(options, { topic, clientId: CLIENT_ID }, ({ value }) => {
    if (value !== null) seen.add(hash('sha256', value));
  });
  return seen;
}
