import { randomUUID } from 'node:crypto';
import { ConnectError } from '../core/errors.ts';
import { checkpointTopic, rejectedTopic } from '../pipeline/names.ts';
import type { FeedClient } from './feed/client.ts';
import type { Commitment } from './feed/event.ts';
import { followFeed } from './feed/follow.ts';
import { createFeedPosition } from './feed/position.ts';
import type { Checkpoint } from './kafka/checkpoint.ts';
import { type CheckpointWriter, createCheckpointWriter } from './kafka/checkpoint-store.ts';
import type { OutgoingRecord } from './kafka/outgoing-record.ts';
import { createPublisher, type Publisher } from './kafka/publisher.ts';
import type { KafkaSender } from './kafka/sender.ts';
import { createLoadMeter } from './process-load.ts';
import type { ProducerOptions, ProducerSummary } from './producer-options.ts';
import type { RecordEncoder } from './record/encoder.ts';
import { createIngest } from './record/ingest.ts';
import type { RecordMapper } from './record/mapper.ts';
import { createRejectedRecords } from './record/rejected.ts';
import { createRunState } from './run-statistics.ts';

/** What `ProducerOptions` promises for what is left out. */
export const RUN_DEFAULTS = {
  commitment: 'confirmed' as Commitment,
  overlapSlots: 32n,
  acceptGap: false as boolean,
  endWithFeed: false as boolean,
  silenceMs: 30_000,
  connectTimeoutMs: 15_000,
  flushTimeoutMs: 30_000,
} satisfies Partial<ProducerOptions>;
const PROGRESS_EVERY_MS = 250;

export interface RunParts {
  readonly options: ProducerOptions & typeof RUN_DEFAULTS;
  readonly sender: KafkaSender;
  readonly feed: FeedClient;
  readonly checkpoint: Checkpoint | undefined;
  readonly mapper: RecordMapper;
  readonly encode: RecordEncoder;
  readonly feedMessage: string;
}

/** Wires the parts of one run; the returned function runs it. */
export function createRun(parts: RunParts): () => Promise<ProducerSummary> {
  const { options, sender, feed, checkpoint, mapper, encode, feedMessage } = parts;
  const { stream, fromSlot, stopAfter, logger } = options;
  const reading = new AbortController();
  const load = createLoadMeter();
  const state = createRunState(stream.name, rejectedTopic(stream), load);
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    // What `flush` has interrupted is told by `flush`.
    if (!(error instanceof ConnectError && error.code === 'INTERRUPTED')) failure ??= { error };
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
    commitment: options.commitment,
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
      load.close();
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
