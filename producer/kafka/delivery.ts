import { randomUUID } from 'node:crypto';
import { ConnectError } from '../../core/errors.ts';
import { checkpointTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { Gap } from '../feed/resume.ts';
import type { AcceptedGap } from './checkpoint.ts';
import { type CheckpointCounts, createCheckpointWriter } from './checkpoint-store.ts';
import { type Acknowledged, createPublisher, type Publisher, type PublisherLimits } from './publisher.ts';
import type { KafkaSender } from './sender.ts';

export interface DeliveryOptions {
  readonly stream: Pick<StreamDefinition, 'name' | 'topic'>;
  /** Address of the feed, for the checkpoints. */
  readonly feed: string;
  readonly sender: Pick<KafkaSender, 'send' | 'abort'>;
  /** Checkpoints are written beyond this slot only; undefined when an operator chose another start. */
  readonly floor: bigint | undefined;
  /** Gaps accepted before this run. */
  readonly gaps: readonly AcceptedGap[];
  readonly counts: () => CheckpointCounts;
  readonly limits: Partial<PublisherLimits> | undefined;
  readonly onAcknowledged: (acknowledged: Acknowledged) => void;
  /** Records or checkpoints cannot be sent any more; `flush` will throw the error. */
  readonly onFailed: () => void;
}

/** A stream's way into Kafka: records, and behind them the checkpoints of what Kafka has acknowledged. */
export interface Delivery {
  readonly publisher: Publisher;
  /** Records that an operator leaves out these slots. */
  acceptGap(gap: Gap): void;
  /**
   * Waits until Kafka has everything, then writes the last checkpoint. May be called again.
   * Errors: those of the sender; TIMEOUT when Kafka does not take everything in time.
   */
  flush(timeoutMs: number): Promise<void>;
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const { stream, sender, onFailed } = options;
  const checkpoints = createCheckpointWriter({
    topic: checkpointTopic(stream),
    stream: stream.name,
    instance: randomUUID(),
    feed: options.feed,
    floor: options.floor,
    gaps: options.gaps,
    counts: options.counts,
    send: sender.send,
    onFailed,
  });
  const publisher = createPublisher({
    send: sender.send,
    limits: options.limits,
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
    acceptGap: (gap) => checkpoints.acceptGap({ ...gap, acceptedAt: new Date().toISOString() }),
    async flush(timeoutMs) {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        sender.abort();
      }, timeoutMs);
      try {
        await finish();
      } catch (error) {
        throw late ? tooLate(publisher.pending.records, timeoutMs, error) : error;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const tooLate = (records: number, timeoutMs: number, cause: unknown): ConnectError =>
  new ConnectError('TIMEOUT', `Kafka did not acknowledge ${records} records within ${timeoutMs / 1000} s of the stop`, {
    cause,
    hint: 'nothing is lost: the checkpoint stands before them and the next start reads them again',
  });
