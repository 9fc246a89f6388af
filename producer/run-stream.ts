import { resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import type { KafkaConnection } from '../core/kafka.ts';
import type { Logger } from '../core/log.ts';
import type { FeedConnection, HttpConnection } from '../pipeline/connections.ts';
import { rejectedTopic, streamTopics, valueSubject } from '../pipeline/names.ts';
import type { CurrentDefinition, StreamDefinition } from '../pipeline/types.ts';
import { type AvroSchema, loadAvroSchema } from '../schemas/avro-schema.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import { findSchemaId } from '../schemas/schema-id.ts';
import { type FeedClient, openFeed } from './feed/client.ts';
import { type Commitment, DEFAULT_COMMITMENT } from './feed/event.ts';
import { feedServiceOf } from './feed/feed-service.ts';
import { followFeed } from './feed/follow.ts';
import { createFeedPosition } from './feed/position.ts';
import type { FeedService } from './feed/protocol.ts';
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

export interface RunStreamOptions {
  readonly stream: StreamDefinition;
  /** The folder that the definition's paths are relative to. */
  readonly root: string;
  readonly kafka: KafkaConnection;
  readonly registry: HttpConnection;
  readonly feed: FeedConnection;
  readonly logger: Logger;
  /** Stops reading, publishes what was read, writes the checkpoint; the run then ends without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Default `finalized`. */
  readonly commitment?: Commitment | undefined;
  /** Start here instead of at the checkpoint. */
  readonly fromSlot?: bigint | undefined;
  /** Slots before the resume point that are read again. Default 32. */
  readonly overlapSlots?: bigint | undefined;
  /** Leave out slots that the feed no longer has, and record that. Default false: stop with an error. */
  readonly acceptGap?: boolean | undefined;
  /** End when the feed ends its stream normally. Default false: connect again. */
  readonly endWithFeed?: boolean | undefined;
  /** How long the feed may send neither update nor new slot before it is connected to anew. Default 30 s. */
  readonly silenceMs?: number | undefined;
  /** Default `none`. */
  readonly compression?: 'none' | 'gzip' | undefined;
  readonly limits?: Partial<PublisherLimits> | undefined;
  /** Called about four times a second, and once at the end. */
  readonly onProgress?: ((stats: ProducerStats) => void) | undefined;
  /** Follows the run, for metrics and health. */
  readonly monitor?: RunMonitor | undefined;
}

const PROGRESS_EVERY_MS = 250;
/** How long to try to reach the feed at the start; a feed lost later is tried for ever. */
const CONNECT_TIMEOUT_MS = 15_000;

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
  const feed = openFeed({ ...options.feed, service });
  let sender: KafkaSender | undefined;
  try {
    sender = await createKafkaSender({ cluster, topics: [data, rejected, checkpoint], logger });
    const resumed = await findCheckpoint(options);
    return await publishFeed(options, { schema, schemaId, service, feed, sender, checkpoint: resumed });
  } finally {
    feed.close();
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
  readonly service: FeedService;
  readonly feed: FeedClient;
  readonly sender: KafkaSender;
  readonly checkpoint: ResumePoint | undefined;
}

/** Reads the feed into Kafka. */
async function publishFeed(options: RunStreamOptions, open: OpenStream): Promise<ProducerSummary> {
  const { stream, fromSlot, commitment = DEFAULT_COMMITMENT, logger, monitor } = options;
  const { schema, schemaId, service, feed, sender, checkpoint } = open;
  const statistics = createRunStatistics(stream.name, rejectedTopic(stream));
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  // An operator's start is the stream's new place, even if it lies before the old one: reading again loses nothing.
  const resumeSlot = fromSlot === undefined ? checkpoint?.slot : undefined;
  const position = createFeedPosition(resumeSlot, (updated, confirmed) =>
    logger.warn(
      { feed: feed.address, updated: updated.toString(), confirmed: confirmed.toString() },
      'an update is far ahead of the slot that the feed has confirmed; the resume point waits for slot notices',
    ),
  );
  const { publisher, acceptGap, flush } = createDelivery({
    stream,
    feed: feed.address,
    commitment,
    sender: { ...sender, send: monitor?.timed(sender.send) ?? sender.send },
    floor: resumeSlot,
    gaps: checkpoint?.gaps ?? [],
    counts: statistics.counts,
    onCheckpoint: statistics.checkpointed,
    limits: options.limits,
    onAcknowledged: statistics.acknowledged,
    onFailed: () => stop.abort(),
  });
  const { ingest: counts } = statistics;
  const { current } = stream.table;
  const ordinals =
    current?.ordinal === undefined ? undefined : createOrdinalCounter(sentNames(current, service.mapping));
  const ingest = createIngest({ stream, service, schema, schemaId, publisher, position, ordinals, counts, commitment });
  const report = () => options.onProgress?.(statistics.stats(publisher.pending.records));
  const progress = setInterval(report, PROGRESS_EVERY_MS);
  monitor?.follow(() => statistics.reading(publisher.pending));
  try {
    const endedBy = await followFeed({
      stream: stream.name,
      feed,
      position,
      start: {
        checkpoint: checkpoint?.slot,
        fromSlot,
        overlapSlots: options.overlapSlots ?? 32n,
        acceptGap: options.acceptGap ?? false,
      },
      commitment,
      endWithFeed: options.endWithFeed ?? false,
      silenceMs: options.silenceMs ?? 30_000,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      signal,
      logger,
      onSubscribe: (slot, gap) => {
        statistics.subscribed(slot, gap);
        ordinals?.subscribed(slot);
        if (gap !== undefined) acceptGap(gap);
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
const sentNames = (current: CurrentDefinition, mapping: FeedService['mapping']): CurrentDefinition => ({
  ...current,
  identity: plainSource(current.identity, mapping) ?? current.identity,
  order: plainSource(current.order, mapping) ?? current.order,
});
