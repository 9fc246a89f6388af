import { resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import type { KafkaConnection } from '../core/kafka.ts';
import type { HttpConnection } from '../pipeline/connections.ts';
import { rejectedTopic, streamTopics, valueSubject } from '../pipeline/names.ts';
import type { CurrentDefinition, StreamDefinition } from '../pipeline/types.ts';
import { type AvroSchema, loadAvroSchema } from '../schemas/avro-schema.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import { findSchemaId } from '../schemas/schema-id.ts';
import { DEFAULT_COMMITMENT } from './feed/event.ts';
import { type AnyFeedService, feedServiceOf } from './feed/feed-service.ts';
import { type FeedReading, openReading, type ReadingOptions } from './feed-reading.ts';
import type { ResumePoint } from './kafka/checkpoint.ts';
import { readCheckpoint } from './kafka/checkpoint-store.ts';
import { createCluster } from './kafka/cluster.ts';
import { createDelivery } from './kafka/delivery.ts';
import type { PublisherLimits } from './kafka/publisher.ts';
import { createKafkaSender, type KafkaSender } from './kafka/sender.ts';
import type { RunMonitor } from './metrics.ts';
import { plainSource } from './record/field-source.ts';
import { createIngest } from './record/ingest.ts';
import { createOrdinalCounter } from './record/ordinals.ts';
import { createRunStatistics, type ProducerStats, type ProducerSummary } from './run-statistics.ts';

export interface RunStreamOptions extends ReadingOptions {
  readonly kafka: KafkaConnection;
  readonly registry: HttpConnection;
  /** Stops reading, publishes what was read, writes the checkpoint; the run then ends without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Default `none`. */
  readonly compression?: 'none' | 'gzip' | undefined;
  readonly limits?: Partial<PublisherLimits> | undefined;
  /** Called about four times a second, and once at the end. */
  readonly onProgress?: ((stats: ProducerStats) => void) | undefined;
  /** Follows the run, for metrics and health. */
  readonly monitor?: RunMonitor | undefined;
}

const PROGRESS_EVERY_MS = 250;

/**
 * Runs one stream: feed → record → Avro → Kafka, with a checkpoint behind it, until the signal or the feed's
 * end. Before it ends, by an error or not, it publishes what was read and writes the checkpoint.
 * Errors: UNREACHABLE and NOT_FOUND for parts that are missing at the start; UNSAFE when slots would be left out; REFUSED;
 * TIMEOUT when Kafka did not take the last records in time.
 */
export async function runStream(options: RunStreamOptions): Promise<ProducerSummary> {
  const { stream, root, kafka: connection, compression = 'none', logger } = options;
  const { data, rejected, checkpoint } = streamTopics(stream);
  const schema = loadAvroSchema(resolve(root, stream.schema));
  const service = feedServiceOf(root, stream);
  const schemaId = await findSchemaId(createSchemaRegistry(options.registry), valueSubject(stream), schema.text);
  const cluster = createCluster({ connection, clientId: clientIdOf(stream), compression, logger });
  let sender: KafkaSender | undefined;
  let reading: FeedReading | undefined;
  try {
    sender = await createKafkaSender({ cluster, topics: [data, rejected, checkpoint], logger });
    const resumed = await findCheckpoint(options);
    reading = await openReading(options, service, resumed);
    return await publishFeed(options, { schema, schemaId, service, reading, sender, checkpoint: resumed });
  } finally {
    reading?.close();
    await sender?.close();
  }
}

const clientIdOf = (stream: StreamDefinition): string => `connect-producer-${stream.name}`;

/** The checkpoint to resume from. If it cannot be read, a given start makes up for it. */
async function findCheckpoint(options: RunStreamOptions): Promise<ResumePoint | undefined> {
  const { stream, kafka, signal, fromSlot, logger } = options;
  try {
    return await readCheckpoint(kafka, stream, { clientId: clientIdOf(stream), signal });
  } catch (error) {
    if (fromSlot === undefined || !(error instanceof ConnectError) || error.code !== 'UNSAFE') throw error;
    logger.warn({ stream: stream.name, reason: error.message }, 'starting at the given slot without a checkpoint');
    return undefined;
  }
}

/** What a run has found and opened. */
interface OpenStream {
  readonly schema: AvroSchema;
  readonly schemaId: number;
  readonly service: AnyFeedService;
  readonly reading: FeedReading;
  readonly sender: KafkaSender;
  readonly checkpoint: ResumePoint | undefined;
}

/** Reads the feed into Kafka. */
async function publishFeed(options: RunStreamOptions, open: OpenStream): Promise<ProducerSummary> {
  const { stream, monitor } = options;
  const { schema, schemaId, service, reading, sender, checkpoint } = open;
  const { position, take, place, floor, commitment, hasSlots } = reading;
  const statistics = createRunStatistics(stream.name, rejectedTopic(stream));
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const { publisher, acceptGap, addLost, lostTimes, flush } = createDelivery({
    stream,
    feed: reading.address,
    commitment,
    place,
    sender: { ...sender, send: monitor?.timed(sender.send) ?? sender.send },
    floor,
    gaps: checkpoint?.gaps ?? [],
    lost: checkpoint?.lost,
    counts: statistics.counts,
    onCheckpoint: statistics.checkpointed,
    limits: options.limits,
    onAcknowledged: (done) => statistics.acknowledged(hasSlots ? done : { ...done, slot: undefined }),
    onFailed: () => stop.abort(),
  });
  statistics.lost(lostTimes());
  const { ingest: counts } = statistics;
  const { current } = stream.table;
  const ordinals =
    current?.ordinal === undefined ? undefined : createOrdinalCounter(sentNames(current, service.mapping));
  const ingest = createIngest({
    stream,
    service,
    schema,
    schemaId,
    publisher,
    position,
    take,
    ordinals,
    counts,
    commitment: commitment ?? DEFAULT_COMMITMENT,
  });
  const report = () => options.onProgress?.(statistics.stats(publisher.pending.records));
  const progress = setInterval(report, PROGRESS_EVERY_MS);
  monitor?.follow(() => statistics.reading(publisher.pending));
  try {
    const endedBy = await reading.follow({
      signal,
      onSubscribe: (slot, gap) => {
        statistics.subscribed(slot, gap);
        if (slot !== undefined) ordinals?.subscribed(slot);
        if (gap !== undefined) acceptGap(gap);
      },
      onGap: acceptGap,
      onLost: (lost) => {
        addLost(lost);
        statistics.lost(lostTimes());
      },
      onEvent: (event) => {
        ingest(event);
        return publisher.full ? publisher.room(signal) : undefined;
      },
    });
    await flush();
    return statistics.summary(endedBy, commitment);
  } catch (error) {
    // What was read is published, whatever ended the reading.
    await flush().catch(() => {});
    throw error;
  } finally {
    clearInterval(progress);
    report();
    statistics.close();
  }
}

/** Identity and order by the names that the feed has for them. */
const sentNames = (current: CurrentDefinition, mapping: AnyFeedService['mapping']): CurrentDefinition => ({
  ...current,
  identity: plainSource(current.identity, mapping) ?? current.identity,
  order: plainSource(current.order, mapping) ?? current.order,
});
