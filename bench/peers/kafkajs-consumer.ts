import { createKafka, type KafkaConnection } from '../../core/kafka.ts';
import { createPool, type PostgresConnection, type PostgresPool } from '../../core/postgres.ts';
import { HEADER_BYTES, textType } from './decode.ts';
import { servePeer } from './peer-process.ts';

/**
 * What a team would write instead of a sink: a kafkajs consumer that decodes with avsc and upserts with UNNEST, 5,000 rows
 * in a statement, two partitions at once. Written to be fast: decimals go from bytes to text without a detour through
 * BigInt where they are short, columns are gathered as arrays, and each batch is one prepared statement.
 */
export interface ConsumerSettings {
  readonly kafka: KafkaConnection;
  readonly database: PostgresConnection;
  readonly topic: string;
  readonly groupId: string;
  readonly schema: object;
  /** The columns in the schema's order with PostgreSQL's type each. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly key: readonly string[];
  readonly records: number;
}

const ROWS_PER_STATEMENT = 5_000;

servePeer<ConsumerSettings>(async (settings) => {
  const { kafka, database, topic, groupId, records } = settings;
  const type = textType(settings.schema);
  const pool = createPool(database, 2);
  const write = createWriter(pool, settings);
  const consumer = createKafka(kafka, groupId).consumer({
    groupId,
    maxBytesPerPartition: 4 << 20,
    maxBytes: 16 << 20,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let done = 0;
  let startedAt = 0;
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        partitionsConsumedConcurrently: 2,
        eachBatch: async ({ batch, heartbeat, resolveOffset }) => {
          if (startedAt === 0) startedAt = performance.now();
          for (let from = 0; from < batch.messages.length; from += ROWS_PER_STATEMENT) {
            const messages = batch.messages.slice(from, from + ROWS_PER_STATEMENT);
            const rows = messages.map(({ value }) => type.fromBuffer((value as Buffer).subarray(HEADER_BYTES)));
            // Left to kafkajs, a statement that fails would be tried for ever.
            await write(
              rows,
              batch.partition,
              messages.map(({ offset }) => offset),
            ).catch(reject);
            resolveOffset((messages.at(-1) as { offset: string }).offset);
            await heartbeat();
            done += messages.length;
          }
          if (done >= records) resolve();
        },
      })
      .catch(reject);
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  await consumer.disconnect();
  await pool.end();
  return { count: done, seconds };
});

type Row = Record<string, unknown>;

function createWriter(pool: PostgresPool, { columns, key }: ConsumerSettings) {
  const names = [...columns.map(({ name }) => name), 'kafka_partition', 'kafka_offset'];
  const types = [...columns.map(({ type }) => type), 'int', 'bigint'];
  const updates = names.filter((name) => !key.includes(name)).map((name) => `${name} = EXCLUDED.${name}`);
  const text = `INSERT INTO positions (${names.join(', ')})
    SELECT * FROM unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})
    ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updates.join(', ')}`;
  return async (rows: readonly Row[], partition: number, offsets: readonly string[]): Promise<void> => {
    // One statement may not touch a row twice: the last of equal keys wins.
    const last = new Map(rows.map((row, index) => [key.map((name) => row[name]).join(' '), index]));
    const kept = last.size === rows.length ? rows.map((_, index) => index) : [...last.values()];
    const values: unknown[][] = columns.map(({ name }) => kept.map((index) => (rows[index] as Row)[name]));
    values.push(
      kept.map(() => partition),
      kept.map((index) => offsets[index]),
    );
    await pool.query({ name: 'upsert', text, values: values.map(arrayLiteral) });
  };
}

/** PostgreSQL's text form of an array. No value here holds a quote, a backslash, a comma or a brace. */
const arrayLiteral = (values: readonly unknown[]): string => `{${values.map((value) => value ?? 'NULL').join(',')}}`;
