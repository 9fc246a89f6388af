import { writeFileSync } from 'node:fs';
import type { FeedDefinition } from '../../pipeline/feed.ts';
import { projectFile } from '../../pipeline/load.ts';
import { DEFAULT_LIMITS } from '../../producer/kafka/publisher.ts';
import type { Measure, Result } from '../bench.ts';
import { createForeignFeed, foreignDefinition } from '../foreign-feed.ts';
import { produceFrom, startFeed } from '../peers/feed-process.ts';
import { type PeerResult, runPeer } from '../peers/peer-process.ts';
import type { RawProducerSettings } from '../peers/raw-producer.ts';
import { measureStages } from '../producer-stages.ts';
import { shortNumber } from '../report/plot.ts';
import { barsOf, rangeText, ratioText } from '../report/text.ts';
import { runRounds } from '../rounds.ts';
import { renamed } from '../sink-run.ts';
import type { BenchStack } from '../stack.ts';
import { ratios, type Spread, spread } from '../statistics.ts';
import { createTopic, DEFAULT_WORKLOAD, encodingSource, prepareStream, type Workload } from '../workload.ts';

/** From gRPC into Kafka: the producer beside kafkajs that has nothing to do but to send. */
export const producerMeasure: Measure = {
  name: 'producer',
  async run({ stack, sizes, note, signal }) {
    const workload: Workload = { ...DEFAULT_WORKLOAD, updates: sizes.updates };
    const few: Workload = { ...workload, updates: sizes.singles };
    const ours: PeerResult[] = [];
    let runs = 0;
    const raw = (records: Workload, batch: number) => async () => {
      const topic = `bench-raw-${++runs}`;
      await createTopic(stack, topic);
      const settings: RawProducerSettings = {
        kafka: stack.kafka,
        topic,
        workload: records,
        source: encodingSource(stack),
        batch,
      };
      const { count, seconds } = await runPeer('raw-producer', settings);
      return count / seconds;
    };
    const found = await runRounds(
      [
        {
          name: 'producer',
          run: async () => {
            const result = await produceOnce(stack, workload, `bench-producer-${++runs}`);
            ours.push(result);
            return result.count / result.seconds;
          },
        },
        {
          name: 'mapped feed',
          run: async () => {
            const result = await produceOnce(stack, workload, `bench-mapped-${++runs}`, writeForeign(stack));
            return result.count / result.seconds;
          },
        },
        { name: 'raw kafkajs', run: raw(workload, DEFAULT_LIMITS.requestRecords) },
        { name: 'await each', run: raw(few, 1) },
      ],
      {
        rounds: sizes.rounds,
        warmUps: 0,
        signal,
        onResult: (name, round, rate) => note(`producer, round ${round}: ${name} ${shortNumber(rate)} updates/s`),
      },
    );
    return [
      producerResult(sizes.updates, found, ours),
      stages(await measureStages(stack, { ...workload, updates: Math.min(sizes.updates, 100_000) })),
    ];
  },
};

/** Puts the proto of a feed of another shape into the project. */
function writeForeign({ project, schema }: BenchStack): FeedDefinition {
  const proto = 'schemas/foreign.proto';
  writeFileSync(projectFile(project, proto), createForeignFeed(schema).proto);
  return foreignDefinition(schema, proto);
}

async function produceOnce(
  stack: BenchStack,
  workload: Workload,
  topic: string,
  feedOf: FeedDefinition | undefined = stack.stream.feed,
): Promise<PeerResult> {
  // The topic's name is the subject's too; the schema stands under the stream's own.
  const stream = { ...renamed(stack.stream, topic, topic), feed: feedOf };
  await prepareStream(stack, stream);
  const feed = await startFeed(stack, stream, workload);
  try {
    return await produceFrom(feed, stack, stream);
  } finally {
    await feed.close();
  }
}

/** The result from what each contender measured, round by round. */
export function producerResult(
  updates: number,
  found: ReadonlyMap<string, readonly number[]>,
  ours: readonly PeerResult[],
): Result {
  const rates = new Map([...found].map(([name, samples]) => [name, spread(samples)]));
  const ratioTo = (name: string) => ratios(found.get('producer') ?? [], found.get(name) ?? []);
  const rssMb = Math.max(...ours.map(({ peakRssMb }) => peakRssMb));
  return {
    name: 'producer-throughput',
    title: 'gRPC to Kafka',
    method: `${updates.toLocaleString('en')} updates from a gRPC stream, validated, encoded and acknowledged by the broker, each producer in a process of its own; beside kafkajs sending the same bytes, encoded beforehand, in requests of the same size, and kafkajs awaiting each message. "mapped feed" is the producer on a service of another shape for the same columns: other names, amounts as scaled integers, enums with words, Timestamps. Resident memory of the producer at its highest: ${rssMb} MB.`,
    table: {
      header: ['', 'updates/s', 'lowest–highest', 'producer ÷ this'],
      rows: [...rates].map(([name, rate]) => [
        name,
        shortNumber(rate.median),
        rangeText(rate),
        name === 'producer' ? '' : ratioText(ratioTo(name)),
      ]),
    },
    plot: {
      kind: 'bars',
      title: 'gRPC to Kafka, updates/s',
      unit: 'updates/s',
      bars: barsOf(rates),
    },
    figures: {
      producer_updates_per_s: (rates.get('producer') as Spread).median,
      producer_vs_raw: ratioTo('raw kafkajs').median,
      producer_vs_await_each: ratioTo('await each').median,
      producer_mapped_updates_per_s: (rates.get('mapped feed') as Spread).median,
      producer_own_vs_mapped: ratioTo('mapped feed').median,
      producer_rss_mb: rssMb,
    },
  };
}

function stages(found: readonly { readonly name: string; readonly micros: number }[]): Result {
  return {
    name: 'producer-stages',
    title: 'What an update costs the producer, by stage',
    method: 'Each stage alone, over the same updates, in one process: microseconds of one core for an update.',
    table: { header: ['stage', 'µs'], rows: found.map(({ name, micros }) => [name, micros.toFixed(2)]) },
    plot: {
      kind: 'bars',
      title: 'Producer, µs an update by stage',
      unit: 'µs',
      bars: found.map(({ name, micros }) => ({ name, value: micros })),
    },
    figures: Object.fromEntries(
      found.map(({ name, micros }) => [`producer_${name.replaceAll(/[^a-z]+/gi, '_').toLowerCase()}_us`, micros]),
    ),
  };
}
