import { createHash } from 'node:crypto';
import type { KafkaConnection } from '../core/kafka.ts';
import { scanTopic } from '../core/kafka-scan.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { rejectedTopic } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroSchema } from '../schemas/avro-schema.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import { createTableReader } from './table-reader.ts';
import { compareFold } from './verify-fold.ts';
import { checkOracle } from './verify-oracle.ts';
import { DifferenceLog, type VerifyReport } from './verify-report.ts';
import { compareCurrentView, countRowsByRecord } from './verify-table.ts';
import { checkTopic } from './verify-topic.ts';

export interface VerifyOptions {
  readonly stream: StreamDefinition;
  readonly schema: AvroSchema;
  readonly kafka: KafkaConnection;
  readonly database: PostgresConnection;
  readonly decoder: RecordDecoder;
  /** What the feed says it sent; without it the topic alone is the reference. */
  readonly oraclePath?: string | undefined;
  /** How many differences the report describes; all are counted. Default 20. */
  readonly sampleSize?: number;
  readonly onProgress?: (records: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Compares topic and, when given, oracle with the table: every record present and equal in every column, no row
 * without a record, the view of current states and the fold right, refused updates counted. Reads only.
 */
export async function verifyStream(given: VerifyOptions): Promise<VerifyReport> {
  const options = { ...given, schema: withoutOmitted(given) };
  const differences = new DifferenceLog(options.sampleSize ?? 20);
  return withPostgres(options.database, async (client) => {
    const table = createTableReader(client, options.stream, options.schema);
    const shared = {
      stream: options.stream,
      schema: options.schema,
      table,
      differences,
      ...(options.signal ? { signal: options.signal } : {}),
    };
    const topic = await checkTopic({
      ...shared,
      kafka: options.kafka,
      decoder: options.decoder,
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    });
    const rows = await countRowsByRecord(client, options.stream, topic.ranges);
    reportUnexpected(
      differences,
      options.stream,
      rows.rowsInTopic - topic.exact - topic.differing,
      rows.rowsOfNoRecord,
    );
    const current = await checkCurrent(client, options, differences);
    const fold = await checkFold(client, options, differences);
    const rejected = await readRejected(options);
    const oracle =
      options.oraclePath === undefined
        ? undefined
        : await checkOracle({ ...shared, rejected, path: options.oraclePath });
    return {
      stream: options.stream.name,
      records: topic.records,
      superseded: topic.superseded,
      rows: rows.rows,
      rowsBeforeTopic: rows.rowsBeforeTopic,
      missing: differences.count('missing'),
      unequal: differences.count('unequal'),
      unexpected: differences.count('unexpected'),
      notCurrent: differences.count('not-current'),
      notRefused: differences.count('not-refused'),
      identities: current.identities,
      foldRows: fold.rows,
      notFolded: fold.wrong,
      rejected: rejected.size,
      deadLetters: topic.deadLetters,
      ...(oracle === undefined ? {} : { oracle }),
      differences: differences.total,
      samples: differences.samples,
    };
  });
}

function reportUnexpected(log: DifferenceLog, stream: StreamDefinition, foreign: number, ofNoRecord: number): void {
  const { name } = stream.table;
  if (foreign > 0) {
    const message = `${foreign} rows of ${name} name a record of ${stream.topic.name} that holds another update`;
    log.add({ kind: 'unexpected', message }, foreign);
  }
  if (ofNoRecord > 0) {
    const message = `${ofNoRecord} rows of ${name} name no record of ${stream.topic.name}: they were not written by the sink`;
    log.add({ kind: 'unexpected', message }, ofNoRecord);
  }
}

async function checkCurrent(client: PostgresClient, { stream, schema }: VerifyOptions, log: DifferenceLog) {
  const figures = await compareCurrentView(client, stream, schema);
  if (figures.wrong > 0) {
    const which = figures.samples.join(', ');
    const message = `${figures.wrong} rows of ${stream.table.current?.view} are not the newest of the table: ${which}`;
    log.add({ kind: 'not-current', message }, figures.wrong);
  }
  return figures;
}

async function checkFold(client: PostgresClient, { stream }: VerifyOptions, log: DifferenceLog) {
  const figures = await compareFold(client, stream);
  if (figures.wrong > 0) {
    const which = figures.samples.join(', ');
    const message = `${stream.table.fold?.table} does not hold what the history gives for ${figures.wrong}: ${which}; run \`connect rebuild\``;
    log.add({ kind: 'not-folded', message }, figures.wrong);
  }
  return figures;
}

/** Hashes of the refused updates, each once: a producer that resumed refuses the same bytes again. */
async function readRejected({ kafka, stream, signal }: VerifyOptions): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  await scanTopic(kafka, {
    topic: rejectedTopic(stream),
    clientId: 'perps-connect-verify',
    ...(signal ? { signal } : {}),
    onRecords: async (records) => {
      for (const { value } of records) {
        if (value !== null) seen.add(createHash('sha256').update(value).digest('hex'));
      }
    },
  });
  return seen;
}

/** The schema without the fields that the sink does not write. */
function withoutOmitted({ schema, stream }: VerifyOptions): AvroSchema {
  return { ...schema, fields: schema.fields.filter(({ name }) => !stream.sink.omit.includes(name)) };
}
