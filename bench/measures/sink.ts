import type { SinkConfig } from '../../connectors/sink-config.ts';
import type { Bench, Measure, Result, Sizes } from '../bench.ts';
import { type CopyChunk, copyChunks, copyLanes } from '../peers/copy.ts';
import type { InsertEachSettings } from '../peers/insert-each.ts';
import type { ConsumerSettings } from '../peers/kafkajs-consumer.ts';
import { runPeer } from '../peers/peer-process.ts';
import { processorSeconds } from '../processor.ts';
import { shortNumber } from '../report/plot.ts';
import { barsOf, rangeText, ratioText } from '../report/text.ts';
import { type Contender, runRounds } from '../rounds.ts';
import { renderedSink, runSink } from '../sink-run.ts';
import { ratios, type Spread, spread } from '../statistics.ts';
import { copyOptions, DEFAULT_WORKLOAD, fillTopic, updatesOf, type Workload } from '../workload.ts';

const TOPIC = 'bench-sink';

/** From Kafka into PostgreSQL: the sink beside what else could do it. */
export const sinkMeasure: Measure = {
  name: 'sink',
  async run(bench) {
    const workload: Workload = { ...DEFAULT_WORKLOAD, updates: bench.sizes.rows };
    await fillTopic(bench.stack, TOPIC, workload);
    const contenders = await createContenders(bench, workload);
    const seconds = new Map<string, number[]>();
    const found = await runRounds(contenders, {
      rounds: bench.sizes.rounds,
      signal: bench.signal,
      meter: {
        read: () => processorSeconds(bench.stack),
        used: (name, amount) => seconds.set(name, [...(seconds.get(name) ?? []), amount]),
      },
      onResult: (name, round, rate) => bench.note(`sink, round ${round}: ${name} ${shortNumber(rate)} rows/s`),
    });
    return [sinkResult(bench.sizes, found, seconds)];
  },
};

async function createContenders(bench: Bench, workload: Workload): Promise<Contender[]> {
  const { stack, databases, sizes } = bench;
  const { schema, stream } = stack;
  const lane = (only?: readonly number[]) => [...copyChunks(schema, updatesOf(workload), copyOptions(stack, only))];
  const whole = [lane()];
  // As the sink's two tasks share the partitions.
  const halves = [lane([0, 1]), lane([2, 3])];
  let runs = 0;
  const name = (what: string) => `bench-${what}-${++runs}`;
  const copy = (lanes: readonly (readonly CopyChunk[])[]) => async () =>
    workload.updates / (await copyLanes(await databases.fresh('run', 'ours'), schema, lanes));
  return [
    {
      name: 'sink',
      run: async () => {
        const database = await databases.fresh('run', 'ours');
        return (await runSink(stack, { name: name('sink'), topic: TOPIC, database, rows: workload.updates }))
          .rowsPerSecond;
      },
    },
    { name: 'COPY', run: copy(whole) },
    { name: 'COPY ×2', run: copy(halves) },
    {
      name: 'kafkajs consumer',
      run: async () => {
        const settings: ConsumerSettings = {
          kafka: stack.kafka,
          database: await databases.fresh('run', 'ours'),
          topic: TOPIC,
          groupId: name('consumer'),
          schema: schema.raw as object,
          columns: schema.fields.map((field) => ({ name: field.name, type: sqlType(field.kind) })),
          key: stream.table.key,
          records: workload.updates,
        };
        const { count, seconds } = await runPeer('kafkajs-consumer', settings);
        return count / seconds;
      },
    },
    {
      name: 'untuned sink, seed DDL',
      run: async () => {
        const database = await databases.fresh('run', 'seed');
        const run = { name: name('untuned'), topic: TOPIC, database, rows: workload.updates };
        return (await runSink(stack, { ...run, config: untuned(renderedSink(stack, run)) })).rowsPerSecond;
      },
    },
    {
      name: 'INSERT each',
      run: async () => {
        const settings: InsertEachSettings = {
          kafka: stack.kafka,
          database: await databases.fresh('run', 'ours'),
          topic: TOPIC,
          groupId: name('each'),
          schema: schema.raw as object,
          columns: schema.fields.map((field) => field.name),
          records: sizes.singles,
        };
        const { count, seconds } = await runPeer('insert-each', settings);
        return count / seconds;
      },
    },
  ];
}

const SQL_TYPES: Readonly<Record<string, string>> = {
  int: 'int',
  long: 'bigint',
  decimal: 'numeric',
  'timestamp-millis': 'timestamp',
};
const sqlType = (kind: string): string => SQL_TYPES[kind] ?? 'text';

/** What a first try with the same connector looks like: only what it cannot do without. */
function untuned(config: SinkConfig): SinkConfig {
  const kept =
    /^(name|connector\.class|topics|key\.converter|value\.converter.*|connection\.(username|password)|insert\.mode|primary\.key\..*|collection\.name\.format)$/;
  const entries = Object.entries(config).filter(([key]) => kept.test(key));
  const url = (config['connection.url'] ?? '').replace(/\?.*/, '');
  return { ...Object.fromEntries(entries), 'connection.url': url, 'consumer.override.auto.offset.reset': 'earliest' };
}

/** The result from what each contender measured, round by round. */
export function sinkResult(
  sizes: Sizes,
  found: ReadonlyMap<string, readonly number[]>,
  seconds: ReadonlyMap<string, readonly number[]> = new Map(),
): Result {
  const rates = new Map([...found].map(([name, samples]) => [name, spread(samples)]));
  const ours = found.get('sink') ?? [];
  const ratioTo = (name: string): Spread => ratios(ours, found.get(name) ?? []);
  const micros = (name: string): number | undefined => {
    const samples = seconds.get(name) ?? [];
    const rows = name === 'INSERT each' ? sizes.singles : sizes.rows;
    return samples.length === 0 ? undefined : (spread(samples).median * 1e6) / rows;
  };
  return {
    name: 'sink-throughput',
    title: 'Kafka to PostgreSQL',
    method: [
      `A backlog of ${sizes.rows.toLocaleString('en')} records (profile \`flood\`) until its last row is visible, with every view maintained. `,
      'COPY writes the same rows into the same schema, in statements of the sink’s poll size, from text made beforehand and without reading Kafka. ',
      'The consumer by hand decodes with avsc and upserts by UNNEST, 5,000 rows a statement, two partitions at once. ',
      'The untuned sink is the same connector with its defaults, on the seed’s DDL with its nine indexes and nothing maintained. ',
      `The processor time is that of all parts and the contender together, over the whole run. The last peer awaits one INSERT for each of ${sizes.singles.toLocaleString('en')} messages.`,
    ].join(''),
    table: {
      header: ['', 'rows/s', 'lowest–highest', 'sink ÷ this', 'processor, µs a row'],
      rows: [...rates].map(([name, rate]) => [
        name,
        shortNumber(rate.median),
        rangeText(rate),
        name === 'sink' ? '' : ratioText(ratioTo(name)),
        micros(name)?.toFixed(0) ?? '–',
      ]),
    },
    plot: {
      kind: 'bars',
      title: 'Kafka to PostgreSQL, rows/s',
      unit: 'rows/s',
      bars: barsOf(rates),
    },
    figures: {
      sink_rows_per_s: (rates.get('sink') as Spread).median,
      copy_rows_per_s: (rates.get('COPY') as Spread).median,
      sink_vs_copy: ratioTo('COPY').median,
      sink_vs_copy_2: ratioTo('COPY ×2').median,
      sink_vs_untuned_seed: ratioTo('untuned sink, seed DDL').median,
      sink_vs_kafkajs_consumer: ratioTo('kafkajs consumer').median,
      sink_vs_insert_each: ratioTo('INSERT each').median,
      ...Object.fromEntries(
        (['sink', 'COPY', 'kafkajs consumer', 'untuned sink, seed DDL'] as const).flatMap((name) => {
          const value = micros(name);
          return value === undefined
            ? []
            : [[`${name.replaceAll(/[^a-z]+/gi, '_').toLowerCase()}_cpu_us_per_row`, value]];
        }),
      ),
    },
  };
}
