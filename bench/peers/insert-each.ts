import { createKafka, type KafkaConnection } from '../../core/kafka.ts';
import { createPool, type PostgresConnection } from '../../core/postgres.ts';
import { HEADER_BYTES, textType } from './decode.ts';
import { servePeer } from './peer-process.ts';

/** The first consumer that anybody writes: one INSERT for each message, awaited before the next. */
export interface InsertEachSettings {
  readonly kafka: KafkaConnection;
  readonly database: PostgresConnection;
  readonly topic: string;
  readonly groupId: string;
  readonly schema: object;
  readonly columns: readonly string[];
  /** It ends after so many. */
  readonly records: number;
}

servePeer<InsertEachSettings>(async ({ kafka, database, topic, groupId, schema, columns, records }) => {
  const type = textType(schema);
  const pool = createPool(database, 1);
  const text = `INSERT INTO positions (${columns.join(', ')}) VALUES (${columns.map((_, at) => `$${at + 1}`).join(', ')}) ON CONFLICT DO NOTHING`;
  const consumer = createKafka(kafka, groupId).consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let done = 0;
  let startedAt = 0;
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          if (done >= records) return;
          if (startedAt === 0) startedAt = performance.now();
          const row = type.fromBuffer((message.value as Buffer).subarray(HEADER_BYTES)) as Record<string, unknown>;
          await pool.query({ name: 'insert', text, values: columns.map((name) => row[name]) });
          done += 1;
          if (done === records) resolve();
        },
      })
      .catch(reject);
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  await consumer.disconnect();
  await pool.end();
  return { count: done, seconds };
});
