import { ConnectError } from '../../core/errors.ts';
import { verifyStream } from '../../operate/verify.ts';
import { createRecordDecoder } from '../../schemas/record-decoder.ts';
import type { Bench, Measure } from '../bench.ts';
import { partitionedHistory, partitionedStream } from '../history/by-day.ts';
import { residentMb } from '../memory.ts';
import { processorOfParts } from '../processor.ts';
import { type Drain, drainResult, type Sample } from '../report/drain.ts';
import { shortNumber } from '../report/plot.ts';
import { renamed, runSink } from '../sink-run.ts';
import { holdSnapshot } from '../snapshot.ts';
import { DEFAULT_WORKLOAD, fillTopic, prepareStream, type Workload } from '../workload.ts';

const TOPIC = 'bench-drain';
const SAMPLE_MS = 10_000;
const UPDATES_PER_SLOT = 2;
const SLOT_SECONDS = 0.4;
/** What a drain that holds a snapshot begins with, of all rows. */
const BEFORE_HOLD = 0.1;

export interface DrainOptions {
  readonly rows: number;
  /** The backlog is drained a second time, while a transaction keeps a snapshot for so long. */
  readonly heldSeconds: number;
  /** Into a table with partitions of a day and a key that begins with the slot, instead of the shipped one. */
  readonly isByDay: boolean;
}

/** A backlog as after a long outage: whether its rate and the parts' memory stay as they are, and whether every row is right. */
export const drainMeasure = ({ heldSeconds, ...options }: DrainOptions): Measure => ({
  name: 'drain',
  async run(bench) {
    const { rows, isByDay } = options;
    const workload: Workload = { ...DEFAULT_WORKLOAD, updates: rows, updatesPerSlot: UPDATES_PER_SLOT };
    bench.note(`drain: writing ${shortNumber(rows)} records`);
    await fillTopic(bench.stack, TOPIC, workload);
    const held = heldSeconds > 0 ? await drain(bench, 'bench-drain-held', { ...options, heldSeconds }) : undefined;
    const free = await drain(bench, TOPIC, { ...options, heldSeconds: 0 });
    return [drainResult({ rows, isByDay }, free, held)];
  },
});

async function drain(bench: Bench, name: string, { rows, heldSeconds, isByDay }: DrainOptions): Promise<Drain> {
  const { stack, databases, note } = bench;
  const table = isByDay ? partitionedStream(bench) : stack.stream;
  const stream = renamed(table, TOPIC, name);
  await prepareStream(stack, stream);
  const database = isByDay
    ? await partitionedHistory(bench, 'drain', daysOf(rows))
    : await databases.fresh('drain', 'ours');
  // A server uses its memory for the first time once, and that is slow. Each drain begins with that.
  await stack.restartPostgres();
  const samples: Sample[] = [];
  let snapshot: ReturnType<typeof holdSnapshot> | undefined;
  let from: Sample | undefined;
  let to: Sample | undefined;
  const release = async () => {
    if (snapshot === undefined || to !== undefined) return;
    to = samples.at(-1);
    await snapshot.release();
    note('drain: the snapshot is gone');
  };
  const began = performance.now();
  let ending = Promise.resolve();
  const { rowsPerSecond } = await runSink(stack, {
    name,
    topic: TOPIC,
    stream: table,
    database,
    rows,
    timeoutMs: 7_200_000,
    onRows: (count) => {
      const seconds = (performance.now() - began) / 1_000;
      if (seconds * 1_000 < (samples.length + 1) * SAMPLE_MS) return;
      const sample = {
        seconds,
        rows: count,
        memory: residentMb(stack),
        processor: processorOfParts(stack) ?? {},
      };
      samples.push(sample);
      note(`${name}: ${shortNumber(count)} of ${shortNumber(rows)} rows`);
      if (heldSeconds > 0 && from === undefined && count > rows * BEFORE_HOLD) {
        from = sample;
        snapshot = holdSnapshot(database);
        note(`${name}: a snapshot is held`);
      }
      if (from !== undefined && seconds - from.seconds >= heldSeconds) ending = release();
    },
  }).finally(async () => {
    await ending;
    await release();
  });
  note(`${name}: ${shortNumber(rowsPerSecond)} rows/s; verifying`);
  const { differences, samples: found } = await verifyStream({
    stream,
    schema: stack.schema,
    kafka: stack.kafka,
    database,
    decoder: createRecordDecoder({ url: stack.environment.registry.url }),
  });
  if (differences > 0) {
    throw new ConnectError('INTERNAL', `verify found ${differences} differences, the first: ${found[0]?.message}`);
  }
  await databases.drop('drain');
  return { rowsPerSecond, samples, ...(from === undefined || to === undefined ? {} : { held: { from, to } }) };
}

/** How many days a workload of so many rows touches, from the evening of its first. */
const daysOf = (rows: number): number => Math.ceil(((rows / UPDATES_PER_SLOT) * SLOT_SECONDS) / 86_400) + 2;
