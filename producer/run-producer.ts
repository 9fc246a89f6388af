import { randomUUID } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { checkpointTopic, rejectedTopic, valueSubject } from '../pipeline/names.ts';
import { loadAvroSchema } from '../schemas/avro-schema.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type CheckpointWriter, createCheckpointWriter, readCheckpoint } from './checkpoint-store.ts';
import { createRecordEncoder, findSchemaId, type RecordEncoder } from './encoder.ts';
import { type FeedClient, openFeed } from './feed-client.ts';
import { createFeedPosition } from './feed-position.ts';
import { type Commitment, loadFeedService } from './feed-service.ts';
import { followFeed } from './follow-feed.ts';
import { createIngest } from './ingest.ts';
import { createKafkaSender, type KafkaSender } from './kafka-sender.ts';
import type { OutgoingRecord } from './outgoing-record.ts';
import type { ProducerOptions, ProducerSummary } from './producer-options.ts';
import { createPublisher, type Publisher } from './publisher.ts';
import { createRejectedRecords } from './rejected.ts';
import { createRunState } from './run-state.ts';
import { createRecordMapper, type RecordMapper } from './to-record.ts';

const DEFAULTS = {
  commitment: 'confirmed' as Commitment,
  overlapSlots: 32n,
  acceptGap: false as boolean,
  endWithFeed: false as boolean,
  silenceMs: 30_000,
  connectTimeoutMs: 15_000,
  flushTimeoutMs: 30_000,
} satisfies Partial<ProducerOptions>;
const PROGRESS_EVERY_MS = 250;

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
      options: { ...DEFAULTS, ...options },
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

interface RunParts {
  readonly options: ProducerOptions & typeof DEFAULTS;
  readonly sender: KafkaSender;
  readonly feed: FeedClient;
  readonly checkpoint: Checkpoint | undefined;
  readonly mapper: RecordMapper;
  readonly encode: RecordEncoder;
  readonly feedMessage: string;
}

/** Wires the parts of one run; the returned function runs it. */
function createRun({ options, sender, feed, checkpoint, mapper, encode, feedMessage }: RunParts) {
  const { stream, fromSlot, stopAfter, logger } = options;
  const reading = new AbortController();
  const state = createRunState(stream.name, rejectedTopic(stream));
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
    reading.abort();
  };
  const send = (records: readonly OutgoingRecord[]) => sender.send(records);
  const checkpoints = createCheckpointWriter({
    topic: checkpointTopic(stream),
    stream: stream.name,
    instance: randomUUID(),
    feed: feed.address,
    // An operator's start is the stream's new place, even if it lies before the old one: reading again loses nothing.
    floor: fromSlot === undefined ? checkpoint?.slot : undefined,
    gaps: checkpoint?.gaps ?? [],
    counts: state.counts,
    send,
    onFailure: fail,
  });
  const publisher = createPublisher({
    send,
    onAcknowledged: (acknowledged) => {
      state.acknowledged(acknowledged);
      if (acknowledged.slot !== undefined) checkpoints.advance(acknowledged.slot);
    },
    onFailed: fail,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const position = createFeedPosition(fromSlot === undefined ? checkpoint?.slot : undefined);
  const rejected = createRejectedRecords({
    topic: rejectedTopic(stream),
    stream: stream.name,
    keyField: stream.topic.key,
    feedMessage,
  });
  const ingest = createIngest({
    topic: stream.topic.name,
    keyField: stream.topic.key,
    mapper,
    encode,
    rejected,
    publisher,
    position,
    counts: state.ingest,
  });

  const follow = (): Promise<'signal' | 'feed'> =>
    followFeed({
      ...options,
      stream: stream.name,
      feed,
      position,
      fromSlot,
      checkpoint: checkpoint?.slot,
      signal: reading.signal,
      logger,
      onEvent: (event) => {
        ingest(event);
        if (stopAfter !== undefined && state.ingest.received >= stopAfter) reading.abort();
        return publisher.full ? publisher.room(reading.signal) : undefined;
      },
      onSubscribe: state.subscribed,
      onGap: (gap) => {
        state.gapAccepted(gap);
        checkpoints.acceptGap({ ...gap, acceptedAt: new Date().toISOString() });
      },
    });

  return async (): Promise<ProducerSummary> => {
    const onSignal = () => reading.abort();
    const report = () => options.onProgress?.(state.stats(publisher.pending.records));
    const progress = setInterval(report, PROGRESS_EVERY_MS);
    options.signal?.addEventListener('abort', onSignal, { once: true });
    if (options.signal?.aborted) onSignal();
    try {
      const endedBy = await follow().catch((error: unknown) => {
        fail(error);
        return 'signal' as const;
      });
      // Whatever ended the reading: what was read is brought home first.
      await flush({ sender, publisher, checkpoints, timeoutMs: options.flushTimeoutMs }).catch(fail);
      if (failure !== undefined) throw failure.error;
      const enough = stopAfter !== undefined && state.ingest.received >= stopAfter;
      return state.summary(enough ? 'stop-after' : endedBy);
    } finally {
      clearInterval(progress);
      options.signal?.removeEventListener('abort', onSignal);
      report();
    }
  };
}

interface FlushParts {
  readonly sender: KafkaSender;
  readonly publisher: Publisher;
  readonly checkpoints: CheckpointWriter;
  readonly timeoutMs: number;
}

/** Waits until Kafka has everything, then writes the last checkpoint. */
async function flush({ sender, publisher, checkpoints, timeoutMs }: FlushParts): Promise<void> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    sender.abort();
  }, timeoutMs);
  try {
    // The checkpoint is only ever as far as the acknowledgements, so it is worth writing after a failure too.
    await publisher.drain().finally(() => checkpoints.close());
  } catch (error) {
    if (!late) throw error;
    const { records } = publisher.pending;
    throw new ConnectError(
      'TIMEOUT',
      `Kafka did not acknowledge ${records} records within ${timeoutMs / 1000} s of the stop`,
      {
        cause: error,
        hint: 'nothing is lost: the checkpoint stands before them and the next start reads them again',
      },
    );
  } finally {
    clearTimeout(timer);
  }
}
