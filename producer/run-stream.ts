import { resolve } from 'node:path';
import type { KafkaConnection } from '../core/kafka.ts';
import type { HttpConnection } from '../pipeline/connections.ts';
import { rejectedTopic, streamTopics, valueSubject } from '../pipeline/names.ts';
import type { CurrentDefinition, StreamDefinition } from '../pipeline/types.ts';
import { type AvroSchema, loadAvroSchema } from '../schemas/avro-schema.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import { findSchemaId } from '../schemas/schema-id.ts';
import { DEFAULT_COMMITMENT } from './feed/event.ts';
import { type AnyFeedService, feedServiceOf } from './feed/feed-service.ts';
import type { Gap } from './feed/resume.ts';
import { beginsBehind, boundAt } from './feed/until-slot.ts';
import { type FeedReading, openReading, type ReadingOptions } from './feed-reading.ts';
import { createCluster } from './kafka/cluster.ts';
import { createDelivery } from './kafka/delivery.ts';
import type { PublisherLimits } from './kafka/publisher.ts';
import { createKafkaSender, type KafkaSender } from './kafka/sender.ts';
import type { RunMonitor } from './metrics.ts';
import { planRun, type RunPlan } from './plan-run.ts';
import { plainSource } from './record/field-source.ts';
import { createIngest } from './record/ingest.ts';
import { createOrdinalCounter } from './record/ordinals.ts';
import { createSlotTimes } from './record/slot-times.ts';
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
 * Runs one stream: feed → record → Avro → Kafka, with a checkpoint behind it, until the signal, the feed's end, or the slot that it is to
 * end with. Before it ends, by an error or not, it publishes what was read and writes the checkpoint.
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
    const plan = await planRun(options, clientIdOf(stream));
    if (plan.isDone) return doneAlready(options, plan);
    reading = await openReading(
      { ...options, fromSlot: plan.fromSlot, overlapSlots: plan.overlapSlots },
      service,
      plan.checkpoint,
    );
    return await publishFeed(options, { schema, schemaId, service, reading, sender, plan });
  } finally {
    reading?.close();
    await sender?.close();
  }
}

const clientIdOf = (stream: StreamDefinition): string => `connect-producer-${stream.name}`;

/** What a run has found and opened. */
interface OpenStream {
  readonly schema: AvroSchema;
  readonly schemaId: number;
  readonly service: AnyFeedService;
  readonly reading: FeedReading;
  readonly sender: KafkaSender;
  readonly plan: RunPlan;
}

/** Reads the feed into Kafka. */
async function publishFeed(options: RunStreamOptions, open: OpenStream): Promise<ProducerSummary> {
  const { stream, monitor, untilSlot } = options;
  const { schema, schemaId, service, reading, sender, plan } = open;
  const { take, place, floor, commitment, slotField } = reading;
  const bound =
    untilSlot === undefined || slotField === undefined ? undefined : boundAt(untilSlot, reading.position, slotField);
  const position = bound?.position ?? reading.position;
  const times = createSlotTimes(schema);
  const statistics = createRunStatistics(stream.name, rejectedTopic(stream));
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal]);
  const reached = new AbortController();
  const { publisher, acceptGap, addLost, lostTimes, flush } = createDelivery({
    stream,
    checkpointKey: plan.key,
    feed: reading.address,
    commitment,
    place,
    timeBefore: times?.before,
    sender: { ...sender, send: monitor?.timed(sender.send) ?? sender.send },
    floor,
    gaps: plan.checkpoint?.gaps ?? [],
    lost: plan.checkpoint?.lost,
    counts: statistics.counts,
    onCheckpoint: statistics.checkpointed,
    limits: options.limits,
    onAcknowledged: (done) => statistics.acknowledged(slotField !== undefined ? done : { ...done, slot: undefined }),
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
    isBeyond: bound?.isBeyond,
    times,
    take,
    ordinals,
    counts,
    commitment: commitment ?? DEFAULT_COMMITMENT,
  });
  const report = () => options.onProgress?.(statistics.stats(publisher.pending.records));
  const progress = setInterval(report, PROGRESS_EVERY_MS);
  monitor?.follow(() => statistics.reading(publisher.pending));
  const leaveOut = (found: Gap) => {
    const gap = bound === undefined ? found : bound.within(found);
    if (gap === undefined) return;
    statistics.leftOut(gap);
    acceptGap(gap);
  };
  try {
    const ended = await reading.follow({
      signal: AbortSignal.any([signal, reached.signal]),
      onSubscribe: (slot, gap) => {
        if (bound !== undefined && gap === undefined && slot !== undefined && slot > bound.until)
          throw beginsBehind(stream.name, reading.address, bound.until, slot);
        statistics.subscribed(slot);
        if (slot !== undefined) ordinals?.subscribed(slot);
        if (gap !== undefined) leaveOut(gap);
      },
      onGap: leaveOut,
      onLost: (lost) => {
        addLost(lost);
        statistics.lost(lostTimes());
      },
      onEvent: (event) => {
        ingest(event);
        if (bound?.isReached()) reached.abort();
        return publisher.full ? publisher.room(signal) : undefined;
      },
    });
    await flush();
    if (bound === undefined) return statistics.summary(ended, commitment);
    const isWhole = reached.signal.aborted;
    const leftOut = plan.checkpoint?.gaps.flatMap((gap) => bound.within(gap) ?? []) ?? [];
    const rest = { from: position.slot ?? plan.fromSlot ?? 0n, to: bound.until };
    const missing = [...(plan.key === stream.name ? [] : leftOut), ...statistics.gaps(), ...(isWhole ? [] : [rest])];
    return statistics.summary(isWhole ? 'until-slot' : ended, commitment, missing);
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

/** Nothing is left to be read. */
function doneAlready({ stream, logger, commitment }: RunStreamOptions, { checkpoint }: RunPlan): ProducerSummary {
  logger.info({ stream: stream.name, slot: checkpoint?.slot?.toString() }, 'everything up to that slot is in Kafka');
  const statistics = createRunStatistics(stream.name, rejectedTopic(stream));
  statistics.acknowledged({ records: [], slot: checkpoint?.slot });
  statistics.close();
  return statistics.summary('until-slot', commitment ?? checkpoint?.commitment, []);
}

/** Identity and order by the names that the feed has for them. */
const sentNames = (current: CurrentDefinition, mapping: AnyFeedService['mapping']): CurrentDefinition => ({
  ...current,
  identity: plainSource(current.identity, mapping) ?? current.identity,
  order: plainSource(current.order, mapping) ?? current.order,
});
