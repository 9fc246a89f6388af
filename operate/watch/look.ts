import type { SinkHost } from '../../connectors/host.ts';
import type { ObservedSink } from '../../connectors/sink-config.ts';
import { positionsIn, type SinkPosition } from '../../connectors/sink-group.ts';
import { failuresOf } from '../../connectors/wait/failure.ts';
import { noticingLeft } from '../../connectors/wait/left-tasks.ts';
import type { KafkaAdmin } from '../../core/kafka-admin.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { remember } from '../../core/remember.ts';
import { streamTopics, valueSubject } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { SchemaRegistry } from '../../schemas/registry.ts';
import { openGaps, readAcceptedGaps, unreadGaps } from '../gaps.ts';
import type { PartitionHealth } from '../partitions/plan-partitions.ts';
import { readPartitionHealth } from '../partitions/read-health.ts';
import { isPartitioned } from '../partitions/read-partitions.ts';
import type { CheckpointTail } from './checkpoint-tail.ts';
import { createOpenCounter } from './count-open.ts';
import type { KeptKafka } from './kept-kafka.ts';
import { readTables } from './read-tables.ts';
import { createRetentionGauge } from './retention.ts';
import type { PartSighting, Sighting, StreamSighting } from './sighting.ts';
import { within } from './within.ts';

export interface LookSources {
  readonly streams: readonly StreamDefinition[];
  readonly host: SinkHost;
  readonly kafka: KeptKafka;
  readonly tail: CheckpointTail;
  readonly database: PostgresConnection;
  readonly registry: SchemaRegistry;
  /** A part that says nothing for so long does not answer. Default 10 s. */
  readonly answerMs?: number | undefined;
}

const ANSWER_MS = 10_000;
/** The topics of a stream that is at rest are looked at so often only: each look is ten requests. */
const QUIET_MS = 30_000;

/** What Kafka says of a stream. */
type SeenTopics = Pick<StreamSighting, 'missingTopics' | 'positions' | 'gaps' | 'retentionUsed' | 'open'> & {
  /** Whether what is known of the checkpoint topic is newer than the positions. */
  readonly isHistoryWhole: boolean;
};

/** Looks at everything once, each time that it is called. It never throws: a part that does not answer is a sighting. */
export function createLook({ streams, host, kafka, tail, database, registry, answerMs = ANSWER_MS }: LookSources) {
  /** Of the look under way, on a host that shows all sinks at once. */
  let shown: Promise<ReadonlyMap<string, ObservedSink>> | undefined;
  const observers = new Map(
    streams.map(({ name: stream, sink: { name, tasksMax } }) => {
      const observe = async () => (shown === undefined ? host.observe(name) : (await shown).get(name));
      return [stream, noticingLeft(observe, { seen: tasksMax })];
    }),
  );
  const sinks = remember(async (stream) => observers.get(stream)?.(), host.lookEveryMs ?? 0);
  const failing = new Set<string>();
  const last = new Map<string, { readonly topics: SeenTopics; readonly at: number; readonly isQuiet: boolean }>();
  const retention = createRetentionGauge();
  const countOpen = createOpenCounter(kafka, tail);

  async function lookAtTopics(
    admin: KafkaAdmin,
    stream: StreamDefinition,
    present: ReadonlySet<string>,
  ): Promise<SeenTopics> {
    const missingTopics = Object.values(streamTopics(stream)).filter((topic) => !present.has(topic));
    const before = last.get(stream.name);
    const isKnown = before?.isQuiet === true && missingTopics.length === 0 && !failing.has(stream.name);
    if (isKnown && Date.now() - before.at < QUIET_MS) return before.topics;
    // Whether the topic is there was asked for once, for all.
    const there = { ...admin, ranges: admin.rangesOf };
    const positions = present.has(stream.topic.name) ? await positionsIn(there, stream) : undefined;
    const topics = {
      missingTopics,
      positions,
      isHistoryWhole: positions !== undefined && (await tail.isReadToEnd(stream)),
      gaps: positions && (await openGapsOf(stream, positions)),
      retentionUsed: positions && (await retention(admin, stream, positions)),
      open: await countOpen(admin, stream, present),
    };
    last.set(stream.name, { topics, at: Date.now(), isQuiet: isAtRest(topics, before?.topics) });
    return topics;
  }

  function producerOf(stream: StreamDefinition): StreamSighting['producer'] {
    const beat = tail.heartbeat(stream);
    return beat && { slot: beat.slot, ageSeconds: beat.ageSeconds(Date.now()) };
  }

  async function openGapsOf(stream: StreamDefinition, positions: readonly SinkPosition[]) {
    const gaps = unreadGaps(positions);
    return gaps.length === 0 ? [] : openGaps(gaps, await readAcceptedGaps({ stream, kafka: kafka.connection }));
  }

  async function lookAtBrokers(): Promise<ReadonlyMap<StreamDefinition, SeenTopics>> {
    return kafka.admin(async (admin) => {
      const present = await admin.listTopics();
      await tail.follow(present);
      const seen = new Map<StreamDefinition, SeenTopics>();
      for (const stream of streams) seen.set(stream, await lookAtTopics(admin, stream, present));
      return seen;
    });
  }

  async function lookAtSinks(): Promise<ReadonlyMap<StreamDefinition, Pick<StreamSighting, 'sink' | 'failures'>>> {
    shown = host.observeAll?.();
    const seen = await Promise.all(
      streams.map(async (stream) => {
        const sink = await sinks.get(stream.name);
        const failures = sink === undefined ? [] : failuresOf(sink, stream);
        if (failures.length === 0) failing.delete(stream.name);
        else failing.add(stream.name);
        return [stream, { sink: sink ?? ('missing' as const), failures }] as const;
      }),
    );
    return new Map(seen);
  }

  const lookAtRegistry = async (): Promise<true> => {
    const [stream] = streams;
    // An answer is what counts, also that it is not there.
    if (stream !== undefined) await registry.version(valueSubject(stream), 'latest');
    return true;
  };

  async function look(): Promise<Sighting> {
    const [brokers, seenSinks, tables, answered] = await Promise.all([
      within(answerMs, lookAtBrokers),
      within(answerMs, lookAtSinks),
      within(answerMs, () => withPostgres(database, (client) => lookAtTables(client, streams))),
      within(answerMs, lookAtRegistry),
    ]);
    const isWritable = tables.seen?.isWritable !== false;
    return {
      at: Date.now(),
      parts: {
        brokers: brokers.part,
        worker: seenSinks.part,
        registry: answered.part,
        database: isWritable ? tables.part : READ_ONLY,
      },
      streams: streams.map((stream) => ({
        ...UNSEEN,
        ...brokers.seen?.get(stream),
        ...seenSinks.seen?.get(stream),
        producer: brokers.part.ok ? producerOf(stream) : undefined,
        history: brokers.seen?.get(stream)?.isHistoryWhole ? tail.history(stream) : undefined,
        stream,
        newestSlot: tables.seen?.slots.get(stream),
        partitions: tables.seen?.partitions.get(stream.name),
      })),
    };
  }

  return {
    look,
    /** The sink has been acted on: the next look asks for it anew. */
    forget: (stream: StreamDefinition): void => sinks.forget(stream.name),
  };
}

/** Nothing waits, nothing is wrong, and nothing has come since the look before. */
const isAtRest = (
  { missingTopics, positions, gaps, isHistoryWhole }: SeenTopics,
  before: SeenTopics | undefined,
): boolean =>
  isHistoryWhole &&
  missingTopics?.length === 0 &&
  gaps?.length === 0 &&
  positions?.every(({ lag, end }, index) => lag === 0n && end === before?.positions?.[index]?.end) === true;

const READ_ONLY: PartSighting = {
  ok: false,
  why: 'PostgreSQL takes no writes: it is read-only, or a standby',
  hint: 'find out whether a fail-over is under way, and whether database.host and worker.databaseUrl lead to the primary',
};

const UNSEEN: Omit<StreamSighting, 'stream'> = {
  sink: undefined,
  failures: [],
  missingTopics: undefined,
  positions: undefined,
  gaps: undefined,
  retentionUsed: undefined,
  open: undefined,
  producer: undefined,
  history: undefined,
  newestSlot: undefined,
  partitions: undefined,
};

/** Tables, and the partitions of those that are partitioned; one that cannot be read says nothing. */
async function lookAtTables(client: PostgresClient, streams: readonly StreamDefinition[]) {
  const tables = await readTables(client, streams);
  const partitions = new Map<string, PartitionHealth>();
  for (const stream of streams.filter(isPartitioned)) {
    const health = await readPartitionHealth(client, stream, new Date()).catch(() => undefined);
    if (health !== undefined) partitions.set(stream.name, health);
  }
  return { ...tables, partitions };
}
