import { requireFeed } from '../pipeline/feed.ts';
import { projectFile } from '../pipeline/load.ts';
import { feedServiceOf } from '../producer/feed/feed-service.ts';
import { partitionOf } from '../producer/kafka/partition.ts';
import { createRecordEncoder } from '../producer/record/encoder.ts';
import { createRecordMapper } from '../producer/record/mapper.ts';
import { createFeedProtocol } from '../producer/simulator/feed-protocol.ts';
import type { AvroRecord } from '../schemas/avro-schema.ts';
import type { BenchStack } from './stack.ts';
import { slots, type Workload } from './workload.ts';

export interface Stage {
  readonly name: string;
  /** Of one core, for an update. */
  readonly micros: number;
}

/** What each step of the producer costs by itself. The rest of its time goes to gRPC's and Kafka's client libraries. */
export async function measureStages(stack: BenchStack, workload: Workload): Promise<Stage[]> {
  const { project, stream, schema, schemaId } = stack;
  const feed = requireFeed(stream);
  const service = feedServiceOf(project.root, stream);
  const protocol = createFeedProtocol({ protoPath: projectFile(project, feed.proto), service: feed.service, schema });
  const map = createRecordMapper(schema, service);
  const encode = createRecordEncoder(schema, schemaId);
  const messages = [...slots(workload)].flat().map((record) => protocol.update(record));

  const events = messages.map((bytes) => service.readEvent(bytes));
  const updates = events.flatMap((event) => (event.kind === 'update' ? [event.update] : []));
  const records = updates.flatMap((update) => {
    const mapped = map(update);
    return mapped.ok ? [mapped.record] : [];
  });
  const keyOf = (record: AvroRecord) => Buffer.from(String(record[stream.topic.key]));
  const keys = records.map(keyOf);
  return [
    time('protobuf decode', messages, (bytes) => service.readEvent(bytes)),
    time('validate and map', updates, map),
    time('avro encode', records, encode),
    time('key and partition', keys, (key) => partitionOf(key, stream.topic.partitions)),
  ];
}

/** The second pass counts: the first one compiles. */
function time<T>(name: string, items: readonly T[], work: (item: T) => unknown): Stage {
  let micros = 0;
  for (let pass = 0; pass < 2; pass += 1) {
    const started = performance.now();
    for (const item of items) work(item);
    micros = ((performance.now() - started) * 1_000) / items.length;
  }
  return { name, micros };
}
