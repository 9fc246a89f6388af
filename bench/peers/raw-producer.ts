import { createKafka, type KafkaConnection } from '../../core/kafka.ts';
import type { Workload } from '../workload.ts';
import { type EncodingSource, encoded } from '../workload.ts';
import { servePeer } from './peer-process.ts';

/**
 * Bytes that were encoded before the clock starts, sent by kafkajs: what is left when a producer does nothing else.
 * `batch` records in a request, one request at a time; 1 is the naive producer that awaits each message.
 */
export interface RawProducerSettings {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly workload: Workload;
  readonly source: EncodingSource;
  readonly batch: number;
}

servePeer<RawProducerSettings>(async ({ kafka, topic, workload, source, batch }) => {
  const records = [...encoded(source, workload)];
  const producer = createKafka(kafka, 'perps-connect-bench-raw').producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const send = (messages: typeof records) => producer.send({ topic, acks: -1, messages });
  // The first request asks for metadata and a producer id.
  await send(records.slice(0, 1));
  const started = performance.now();
  for (let from = 0; from < records.length; from += batch) await send(records.slice(from, from + batch));
  const seconds = (performance.now() - started) / 1_000;
  await producer.disconnect();
  return { count: records.length, seconds };
});
