import type { SinkHost } from '../../connectors/host.ts';
import type { SinkGroups } from '../../connectors/sink-group.ts';
import type { KafkaConnection } from '../../core/kafka.ts';
import type { PostgresConnection } from '../../core/postgres.ts';
import { positionKindOf } from '../../pipeline/feed.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { AvroSchema } from '../../schemas/avro-schema.ts';
import type { SharedDecoder } from '../../schemas/record-decoder.ts';
import type { SchemaRegistry } from '../../schemas/registry.ts';
import type { AppliedStep } from '../partitions/apply-partitions.ts';
import { isPartitioned } from '../partitions/read-partitions.ts';
import { createCheckpointTail } from './checkpoint-tail.ts';
import { createIncidents } from './incidents.ts';
import { judgeParts } from './judge-parts.ts';
import { createFreshnessKeeper, type SeenFreshness } from './keep-freshness.ts';
import { createPartitionKeeper, type PartitionKeeperOptions } from './keep-partitions.ts';
import { keepKafka } from './kept-kafka.ts';
import { createLook } from './look.ts';
import { createPartHistory } from './part-history.ts';
import type { Sighting } from './sighting.ts';
import { createStreamWatch, type StreamWatchOptions } from './stream-watch.ts';
import type { WatchView } from './view.ts';

export interface WatchSources {
  readonly streams: readonly StreamDefinition[];
  readonly schemaOf: (stream: StreamDefinition) => AvroSchema;
  readonly host: SinkHost;
  readonly groups: SinkGroups;
  readonly kafka: KafkaConnection;
  /** As a reader, and as what a record is tried with. */
  readonly asReader: PostgresConnection;
  readonly asSink: PostgresConnection;
  readonly registry: SchemaRegistry;
  readonly decoder: SharedDecoder;
  readonly signal: AbortSignal;
  /** Keeps the partitions of partitioned tables, where watch was told to. */
  readonly partitions?: PartitionSources | undefined;
}

/** As whom partitions are kept, and what archives those that leave. */
export type PartitionSources = Pick<PartitionKeeperOptions, 'database' | 'archive'>;

/** A watch of an environment, between two looks. */
export type Watch = ReturnType<typeof createWatch>;

/** Opens nothing before its first look. */
export function createWatch(
  { streams, schemaOf, kafka: connection, decoder, asReader, asSink, partitions, ...sources }: WatchSources,
  options: StreamWatchOptions,
) {
  const { environment, tell } = options;
  const kafka = keepKafka(connection);
  const tail = createCheckpointTail(kafka, streams);
  const { look, forget } = createLook({ ...sources, database: asReader, streams, kafka, tail });
  const watches = streams.map((stream) => {
    const schema = schemaOf(stream);
    const own = { ...sources, database: asSink, stream, schema, decoder: decoder.of(schema.name), kafka: connection };
    return createStreamWatch(own, { kafka, tail, forget }, options);
  });
  const freshness = createFreshnessKeeper({
    database: asSink,
    onUnwritten: (error, hint) =>
      tell({ time: new Date().toISOString(), environment, event: 'freshness.unwritten', error, hint }),
  });
  const keeper = partitions && createPartitionKeeper({ ...partitions, signal: sources.signal, onKept: tellKept });
  const rememberParts = createPartHistory();
  const shared = createIncidents(environment);
  let isRestored = false;
  let last: { readonly sighting: Sighting; readonly lookMs: number } | undefined;

  function tellKept({ name, sink }: StreamDefinition, steps: readonly AppliedStep[]): void {
    const of = (wanted: AppliedStep['outcome']) =>
      steps.filter(({ outcome }) => outcome === wanted).map(({ name: partition }) => partition);
    const [created, dropped, detached] = [of('created'), of('dropped'), of('detached')];
    const about = { time: new Date().toISOString(), environment, stream: name, connector: sink.name };
    tell({ ...about, event: 'partitions.kept', created, dropped, detached });
  }

  /** The first watch of these that takes a stream over has what was open of the shared parts. */
  function restoreShared(): void {
    const kept = watches.flatMap((one) => one.takenOver());
    if (isRestored || !watches.some((one) => one.role() === 'leads')) return;
    isRestored = true;
    shared.restore(kept);
    options.onRestored(kept.map(({ incident }) => incident));
  }

  async function lookOnce(): Promise<WatchView> {
    const startedAt = Date.now();
    const sighting = await look();
    const { at, parts } = sighting;
    const history = rememberParts(parts, at);
    await Promise.all(
      watches.map(async (one, index) => {
        const seen = sighting.streams[index];
        if (seen === undefined) return;
        const partitionFailure = keeper?.failureOf(one.stream.name);
        await one.take({ ...seen, partitionFailure }, history, { beganAt: startedAt, at });
      }),
    );
    const own = watches.filter((one) => one.role() === 'leads').map((one) => one.stream.name);
    freshness.begin(seenFreshness(sighting), new Set(own));
    keeper?.begin(
      streams.filter(isPartitioned).filter(({ name }) => own.includes(name)),
      at,
    );
    restoreShared();
    // Who stands by for all streams says nothing of what they share.
    if (watches.every((one) => one.role() === 'stands-by')) {
      shared.forget();
      isRestored = false;
    } else for (const event of shared.take(judgeParts(parts), at)) tell(event);
    last = { sighting, lookMs: Date.now() - startedAt };
    const first = watches.find((one) => one.role() === 'leads');
    await Promise.all(watches.map((one) => one.keep(one === first ? shared.keep() : [])));
    return view();
  }

  function view(): WatchView {
    const isOk = (part: keyof Sighting['parts']) => last?.sighting.parts[part].ok;
    return {
      environment,
      lookedAt: last?.sighting.at,
      lookMs: last?.lookMs ?? 0,
      parts: {
        brokers: isOk('brokers'),
        registry: isOk('registry'),
        database: isOk('database'),
        worker: isOk('worker'),
      },
      streams: watches.map((one) => one.view(freshness.of(one.stream.name))),
      incidents: [...shared.list(), ...watches.flatMap((one) => one.incidents())],
    };
  }

  return {
    look: lookOnce,
    view,
    /** Ends when no action is under way. Returns whether one was. */
    settled: async (): Promise<boolean> =>
      (await Promise.all([...watches, ...(keeper === undefined ? [] : [keeper])].map((one) => one.settled()))).includes(
        true,
      ),
    /** Gives the locks back. */
    async close(): Promise<void> {
      await keeper?.settled();
      await freshness.close();
      await Promise.all(watches.map((one) => one.close()));
      await tail.close();
      kafka.close();
    },
  };
}

/** Of the streams whose checkpoints and offsets this look could see. */
const seenFreshness = ({ streams }: Sighting): SeenFreshness =>
  new Map(
    streams.flatMap(({ stream, history, positions, gaps }) => {
      if (history === undefined || positions === undefined) return [];
      const hasOpenGap = (gaps ?? []).length > 0;
      return [[stream.name, { kind: positionKindOf(stream), ...history, committed: positions, hasOpenGap }] as const];
    }),
  );
