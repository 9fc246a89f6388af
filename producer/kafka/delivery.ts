import { randomUUID } from 'node:crypto';
import { ConnectError } from '../../core/errors.ts';
import { checkpointTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { Commitment } from '../feed/event.ts';
import type { LostTime, Place } from '../feed/method/position-kind.ts';
import type { Gap } from '../feed/resume.ts';
import { type Checkpoint, encodeCheckpoint, type LostTimes } from './checkpoint.ts';
import { type CheckpointKey, type CheckpointWriterOptions, createCheckpointWriter } from './checkpoint-store.ts';
import { createPublisher, type PublisherOptions } from './publisher.ts';
import type { KafkaSender } from './sender.ts';

interface DeliveryOptions
  extends Pick<CheckpointWriterOptions, 'floor' | 'gaps'>,
    Pick<PublisherOptions, 'limits' | 'onAcknowledged'> {
  readonly stream: Pick<StreamDefinition, 'name' | 'topic'>;
  /** Where the run keeps its place. Default: the stream's resume point. */
  readonly checkpointKey?: CheckpointKey | undefined;
  /** Address of the feed, and what it was asked for: for the checkpoints. */
  readonly feed: string;
  /** Left out for a feed that has no such thing. */
  readonly commitment: Commitment | undefined;
  /** What a mark of the feed's position stands for. */
  readonly place?: ((mark: bigint) => Place) | undefined;
  /** Times lost before this run. */
  readonly lost?: LostTimes | undefined;
  /** The newest time of an update before a mark: ISO, UTC. */
  readonly timeBefore?: ((mark: bigint) => string | undefined) | undefined;
  readonly sender: Pick<KafkaSender, 'send' | 'abort' | 'partitions' | 'ends'>;
  /** What the checkpoints say about this run. */
  readonly counts: () => Pick<Checkpoint, 'received' | 'published' | 'rejected'>;
  /** The brokers have the checkpoint, at `slot` where the feed has slots. */
  readonly onCheckpoint: (slot: bigint | undefined) => void;
  /** Records or checkpoints cannot be sent any more; `flush` will throw the error. */
  readonly onFailed: () => void;
}

/** How many lost times a checkpoint names. */
const KEPT_LOST = 20;
/** How long Kafka may take for what is left when the run ends. */
const FLUSH_TIMEOUT_MS = 30_000;

/** A stream's way into Kafka: records, and behind them the checkpoints of what Kafka has acknowledged. */
export function createDelivery(options: DeliveryOptions) {
  const { stream, feed, commitment, sender, floor, counts, limits, onFailed } = options;
  const topic = checkpointTopic(stream);
  const key = Buffer.from(options.checkpointKey ?? stream.name);
  const instance = randomUUID();
  const place = options.place ?? ((slot: bigint): Place => ({ slot }));
  let { lost } = options;
  const checkpoints = createCheckpointWriter({
    floor,
    gaps: options.gaps,
    write: async (mark, gaps) => {
      const where = place(mark);
      const at = new Date().toISOString();
      const partitions = sender.partitions(stream.topic.name);
      // All that is acknowledged by now, so at least what the mark speaks of.
      const ends = sender.ends(stream.topic.name);
      const time = options.timeBefore?.(mark);
      const run = { ...counts(), instance, feed, commitment, partitions, ends, time };
      const value = encodeCheckpoint({ ...where, at, ...run, gaps, lost });
      await sender.send([{ topic, key, value }]);
      options.onCheckpoint(where.slot);
    },
    onFailed,
  });
  const publisher = createPublisher({
    send: sender.send,
    limits,
    onFailed,
    onAcknowledged: (acknowledged) => {
      options.onAcknowledged(acknowledged);
      if (acknowledged.slot !== undefined) checkpoints.advance(acknowledged.slot);
    },
  });
  const finish = async () => {
    try {
      await publisher.drain();
    } catch (error) {
      // A checkpoint never goes beyond the acknowledgements, so it is right after a failure, too.
      await checkpoints.close().catch(() => {});
      throw error;
    }
    await checkpoints.close();
  };
  return {
    publisher,
    /** Records a time that nobody read; the next checkpoint holds it. */
    addLost: (one: LostTime): void => {
      lost = { count: (lost?.count ?? 0) + 1, recent: [...(lost?.recent ?? []), one].slice(-KEPT_LOST) };
    },
    /** How many such times there were, those before this run included. */
    lostTimes: (): number => lost?.count ?? 0,
    /** Records that an operator leaves out these slots. */
    acceptGap: (gap: Gap): void => checkpoints.acceptGap({ ...gap, acceptedAt: new Date().toISOString() }),
    /**
     * Waits until Kafka has everything, then writes the last checkpoint. May be called again.
     * Errors: those of the sender; TIMEOUT when Kafka does not take everything in time.
     */
    async flush(): Promise<void> {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        sender.abort();
      }, FLUSH_TIMEOUT_MS);
      try {
        await finish();
      } catch (error) {
        throw late ? tooLate(publisher.pending.records, error) : error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const tooLate = (records: number, cause: unknown): ConnectError =>
  new ConnectError(
    'TIMEOUT',
    `Kafka did not acknowledge ${records} records within ${FLUSH_TIMEOUT_MS / 1_000} s of the stop`,
    {
      cause,
      hint: 'nothing is lost: the checkpoint stands before them and the next start reads them again',
    },
  );
