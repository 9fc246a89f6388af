import { ConnectError } from '../../core/errors.ts';
import { waitFor } from '../../core/retry.ts';
import { openTopicTail, type TopicTail } from '../../core/topic-tail.ts';
import { checkpointTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { ReadHistory } from '../freshness/read-points.ts';
import type { ClaimLog } from '../lock/claim.ts';
import { CLAIM_PARTITION, claimPrefix, claimRecord } from '../lock/kafka-claim-log.ts';
import { createFollowedStream, type FollowedStream, type Heartbeat } from './followed-stream.ts';
import type { KeptKafka } from './kept-kafka.ts';

/** How long a question about claims waits for the tail. */
const CATCH_UP_MS = 10_000;

/** How long a look waits for it. */
const LOOK_CATCH_UP_MS = 1_000;

/** The checkpoint topics of streams, followed over one connection: heartbeats of producers, claims on sinks, marks. */
export type CheckpointTail = ReturnType<typeof createCheckpointTail>;

/** Opens nothing before `follow`. */
export function createCheckpointTail(kafka: KeptKafka, streams: readonly StreamDefinition[]) {
  const followed = new Map(streams.map((stream) => [checkpointTopic(stream), createFollowedStream(stream)]));
  let tail: TopicTail | undefined;
  let tailed = '';
  let following: Promise<void> | undefined;

  const of = (stream: StreamDefinition): FollowedStream => followed.get(checkpointTopic(stream)) as FollowedStream;

  /** Where the claims of a topic end; 0 when there is no record to read. Undefined without the topic. */
  const endOf = (topic: string): Promise<bigint | undefined> =>
    kafka.admin(async (admin) => {
      const ranges = await admin.ranges(topic);
      const { low, high } = ranges?.find(({ partition }) => partition === CLAIM_PARTITION) ?? { low: 0n, high: 0n };
      return ranges === undefined ? undefined : low === high ? 0n : high;
    });

  async function open(topics: readonly string[]): Promise<void> {
    for (const topic of topics) followed.get(topic)?.begin((await endOf(topic)) ?? 0n);
    tail = await openTopicTail(kafka.connection, 'perps-connect-watch', topics, (topic, records) => {
      for (const record of records) followed.get(topic)?.take(record);
    });
    tailed = topics.join();
  }

  async function close(): Promise<void> {
    const closed = tail;
    tail = undefined;
    await closed?.close();
  }

  async function catchUp(topic: string, signal?: AbortSignal, timeoutMs = CATCH_UP_MS): Promise<void> {
    const end = await endOf(topic);
    if (end === undefined) throw new ConnectError('NOT_FOUND', `topic ${topic} does not exist`);
    const isReadTo = async (): Promise<boolean> => {
      const failure = tail?.failure();
      if (failure instanceof ConnectError) throw failure;
      if (tail === undefined || failure !== undefined)
        throw new ConnectError('NOT_FOUND', `topic ${topic} is not followed now`);
      return tail.next(topic, CLAIM_PARTITION) >= end;
    };
    await waitFor(isReadTo, { what: `${topic} to be read to its end`, timeoutMs, everyMs: 20, signal });
  }

  async function follow(present: ReadonlySet<string>): Promise<void> {
    const topics = [...followed.keys()].filter((topic) => present.has(topic)).sort();
    if (tail !== undefined && tail.failure() === undefined && tailed === topics.join()) return;
    await close();
    if (topics.length > 0) await open(topics);
  }

  return {
    /**
     * Follows those of the topics that are there; begins anew when there are others, or when it has ended. A call that comes while another
     * one is under way waits for that one. Errors: UNREACHABLE, REFUSED.
     */
    follow(present: ReadonlySet<string>): Promise<void> {
      following ??= follow(present).finally(() => {
        following = undefined;
      });
      return following;
    },
    heartbeat: (stream: StreamDefinition): Heartbeat | undefined => of(stream).heartbeat(),
    /** Whether all that stands in the stream's topic by now is read; waits for it a moment. */
    isReadToEnd: (stream: StreamDefinition): Promise<boolean> =>
      catchUp(checkpointTopic(stream), undefined, LOOK_CATCH_UP_MS).then(
        () => true,
        () => false,
      ),
    /** How far the stream was read. */
    history: (stream: StreamDefinition): ReadHistory => of(stream).history(),
    /** Grows with each mark about refused updates and dead-letter records. */
    handledMarks: (stream: StreamDefinition): number => of(stream).handledMarks(),
    /** To be asked for before the topics are followed. */
    claims(stream: StreamDefinition, name: string): ClaimLog {
      const topic = checkpointTopic(stream);
      const prefix = claimPrefix(name);
      const take = of(stream).claims(prefix);
      return {
        async read(signal) {
          await catchUp(topic, signal);
          return take();
        },
        write: (id, claim) => kafka.send(topic, claimRecord(prefix, id, claim)),
      };
    },
    close,
  };
}
