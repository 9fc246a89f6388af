import type { KafkaConnection } from '../../core/kafka.ts';
import { silentLogger } from '../../core/log.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { runStream } from '../../producer/run-stream.ts';
import { servePeer } from './peer-process.ts';

/** The producer of this package in a process of its own, as `connect produce` runs it. */
export interface OurProducerSettings {
  readonly stream: StreamDefinition;
  readonly root: string;
  readonly kafka: KafkaConnection;
  readonly registryUrl: string;
  /** `host:port` of the feed. */
  readonly feed: string;
}

servePeer<OurProducerSettings>(async ({ stream, root, kafka, registryUrl, feed }) => {
  const summary = await runStream({
    stream,
    root,
    kafka,
    registry: { url: registryUrl },
    feed: { address: feed, tls: false },
    logger: silentLogger,
    endWithFeed: true,
  });
  return { count: summary.published, seconds: summary.durationMs / 1_000 };
});
