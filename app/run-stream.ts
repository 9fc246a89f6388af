import { type Logger, silentLogger } from '../core/log.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { ProducerStats, ProducerSummary } from '../producer/run-statistics.ts';
import { type RunStreamOptions as ProducerOptions, runStream as runProducer } from '../producer/run-stream.ts';
import type { Session } from './session.ts';

export type { ProducerStats, ProducerSummary };

/** How one feed is published. Times are in milliseconds. */
export interface RunStreamOptions
  extends Omit<ProducerOptions, 'root' | 'kafka' | 'registry' | 'feed' | 'stream' | 'logger' | 'signal'> {
  /** Hears what the run has to say on the way. Default: nobody. */
  readonly logger?: Logger | undefined;
  /** host:port of a feed in place of the environment's. */
  readonly feedAddress?: string | undefined;
  /** Ends the run in good order. Default: the session's. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Publishes the feed of one stream until the signal or the feed's end: what it has read is published and its checkpoint written
 * before it returns or throws. Errors: USAGE for a stream without a feed; UNREACHABLE and NOT_FOUND for parts that are missing at the start; UNSAFE when slots would be
 * left out; REFUSED; TIMEOUT when Kafka did not take the last records in time.
 */
export function runStream(
  session: Session,
  stream: StreamDefinition,
  { logger = silentLogger, feedAddress, signal = session.signal, ...options }: RunStreamOptions = {},
): Promise<ProducerSummary> {
  const { feed } = session;
  return runProducer({
    ...options,
    root: session.project.root,
    kafka: session.kafka,
    registry: session.registryAddress,
    feed: { ...feed, address: feedAddress ?? feed.address },
    stream,
    logger,
    signal,
  });
}
