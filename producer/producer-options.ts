import type { KafkaConnection } from '../core/kafka.ts';
import type { Logger } from '../core/log.ts';
import type { FeedConnection, HttpConnection } from '../pipeline/connections.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { Commitment } from './feed/event.ts';
import type { Gap } from './feed/resume.ts';
import type { PublisherLimits } from './kafka/publisher.ts';
import type { ProcessLoad } from './process-load.ts';
import type { RefusalCode } from './record/refusal.ts';

export interface ProducerOptions {
  readonly stream: StreamDefinition;
  /** The folder that the definition's paths are relative to. */
  readonly root: string;
  readonly kafka: KafkaConnection;
  readonly registry: HttpConnection;
  readonly feed: FeedConnection;
  readonly logger: Logger;
  /** Stops reading, publishes what was read, writes the checkpoint; the run then ends without an error. */
  readonly signal?: AbortSignal;
  /** Default `confirmed`. */
  readonly commitment?: Commitment;
  /** Start here instead of at the checkpoint. */
  readonly fromSlot?: bigint;
  /** Slots before the resume point that are read again. Default 32. */
  readonly overlapSlots?: bigint;
  /** Leave out slots that the feed no longer has, and record that. Default false: stop with an error. */
  readonly acceptGap?: boolean;
  /** End when the feed ends its stream normally. Default false: connect again. */
  readonly endWithFeed?: boolean;
  /** End after this many updates were taken from the feed. */
  readonly stopAfter?: number;
  /** How long the feed may send neither update nor new slot before it is connected to anew. Default 30 s. */
  readonly silenceMs?: number;
  /** How long to try to reach the feed at the start; a feed lost later is tried for ever. Default 15 s. */
  readonly connectTimeoutMs?: number;
  /** How long Kafka may take for what is left when the run ends. Default 30 s. */
  readonly flushTimeoutMs?: number;
  readonly compression?: 'none' | 'gzip';
  readonly limits?: Partial<PublisherLimits>;
  /** Called about four times a second, and once at the end. */
  readonly onProgress?: (stats: ProducerStats) => void;
}

/** Where a run stands. Counts are of this run. */
export interface ProducerStats {
  readonly stream: string;
  /** Updates taken from the feed, undecodable ones and repeated ones included. */
  readonly received: number;
  /** Records that Kafka acknowledged on the stream's topic. */
  readonly published: number;
  /** Updates that Kafka acknowledged on the rejected topic. */
  readonly rejected: number;
  /** Reasons of refusals; one update may have several. */
  readonly refusals: Readonly<Partial<Record<RefusalCode, number>>>;
  /** Bytes of the acknowledged records' values. */
  readonly bytes: number;
  /** Records waiting for Kafka. */
  readonly pending: number;
  /** The slot this run first subscribed from. */
  readonly resumedFrom: bigint | undefined;
  /** Everything before this slot is in Kafka. */
  readonly lastSlot: bigint | undefined;
  /** How often the feed was connected to again. */
  readonly reconnects: number;
  /** Updates a second over the last seconds. */
  readonly ratePerSecond: number;
  /** Event-loop delay and memory of the process. */
  readonly load: ProcessLoad;
}

/** How a run went. */
export interface ProducerSummary extends ProducerStats {
  readonly endedBy: 'signal' | 'feed' | 'stop-after';
  readonly durationMs: number;
  /** Slots left out by the operator's choice. */
  readonly gaps: readonly Gap[];
}
