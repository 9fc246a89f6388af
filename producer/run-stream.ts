import { dirname, resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { checkpointTopic, rejectedTopic, valueSubject } from '../pipeline/names.ts';
import { loadAvroSchema } from '../schemas/avro-schema.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import { findSchemaId } from '../schemas/schema-id.ts';
import { openFeed } from './feed/client.ts';
import { loadFeedService } from './feed/protocol.ts';
import type { Checkpoint } from './kafka/checkpoint.ts';
import { readCheckpoint } from './kafka/checkpoint-store.ts';
import { createKafkaSender } from './kafka/sender.ts';
import type { ProducerOptions, ProducerSummary } from './producer-options.ts';
import { createRun, RUN_DEFAULTS } from './producer-run.ts';
import { createRecordEncoder } from './record/encoder.ts';
import { createRecordMapper } from './record/mapper.ts';

/**
 * Runs one stream: feed → record → Avro → Kafka, with a checkpoint behind it, until the signal, the feed's end or
 * `stopAfter`. What was read is published and checkpointed before it ends, also when it ends by an error.
 * Errors: UNREACHABLE and NOT_FOUND for parts that are missing at the start; UNSAFE when slots would be left out; REFUSED;
 * TIMEOUT when Kafka did not take the last records in time.
 */
export async function runProducer(options: ProducerOptions): Promise<ProducerSummary> {
  const { stream, root, logger } = options;
  const clientId = `connect-producer-${stream.name}`;
  const schema = loadAvroSchema(resolve(root, stream.schema));
  const proto = resolve(root, stream.feed.proto);
  const service = loadFeedService(proto, [dirname(proto), root], stream.feed.service);
  const schemaId = await findSchemaId(createSchemaRegistry(options.registry), valueSubject(stream), schema.text);
  const sender = await createKafkaSender({
    connection: options.kafka,
    clientId,
    topics: [stream.topic.name, rejectedTopic(stream), checkpointTopic(stream)],
    compression: options.compression ?? 'none',
    logger,
  });
  const feed = openFeed({ ...options.feed, service });
  try {
    const checkpoint = await findCheckpoint(options, clientId);
    const run = createRun({
      options: { ...RUN_DEFAULTS, ...options },
      sender,
      feed,
      checkpoint,
      mapper: createRecordMapper(schema, service.enums),
      encode: createRecordEncoder(schema, schemaId),
      feedMessage: service.messageName,
    });
    return await run();
  } finally {
    feed.close();
    await sender.close();
  }
}

/** The checkpoint to resume from. One that cannot be read does not stop an operator who says where to start. */
async function findCheckpoint(options: ProducerOptions, clientId: string): Promise<Checkpoint | undefined> {
  const { stream, kafka, signal, fromSlot, logger } = options;
  const where = { topic: checkpointTopic(stream), stream: stream.name, clientId };
  try {
    return await readCheckpoint(kafka, { ...where, ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    if (fromSlot === undefined || !(error instanceof ConnectError) || error.code !== 'UNSAFE') throw error;
    logger.warn({ stream: stream.name, reason: error.message }, 'starting at the given slot without a checkpoint');
    return undefined;
  }
}
