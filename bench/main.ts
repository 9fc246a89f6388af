import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { packageRoot } from '../core/package-root.ts';
import { type Bench, FULL, type Measure, QUICK, type Result } from './bench.ts';
import { createDatabases } from './databases.ts';
import { deletesMeasure } from './measures/deletes.ts';
import { drainMeasure } from './measures/drain.ts';
import { footprintMeasure } from './measures/footprint.ts';
import { historyMeasure, type Way, wayNames } from './measures/history.ts';
import { latencyMeasure } from './measures/latency.ts';
import { producerMeasure } from './measures/producer.ts';
import { readsMeasure } from './measures/reads.ts';
import { sinkMeasure } from './measures/sink.ts';
import { storageMeasure } from './measures/storage.ts';
import { watchMeasure } from './measures/watch.ts';
import { describeMachine } from './report/machine.ts';
import { writeReport } from './report/write.ts';
import { startBenchStack } from './stack.ts';

interface Flags {
  readonly quick?: boolean;
  readonly only?: readonly string[];
  readonly drain?: number;
  readonly byDay?: boolean;
  readonly history?: number;
  readonly ways?: readonly Way[];
  readonly held?: number;
  readonly rounds?: number;
  readonly output: string;
}

const MEASURES: readonly Measure[] = [
  sinkMeasure,
  producerMeasure,
  latencyMeasure,
  storageMeasure,
  readsMeasure,
  deletesMeasure,
  watchMeasure,
  footprintMeasure,
];

/** `pnpm bench`: measures on a stack of its own and writes the report. */
async function main(): Promise<void> {
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort(new Error('interrupted')));
  process.once('SIGTERM', () => abort.abort(new Error('interrupted')));
  const program = new Command('bench')
    .description('measure the pipeline beside what could take its place, on a stack of its own')
    .option('--quick', 'in less than two minutes: few rounds, small sizes')
    .addOption(new Option('--only <measure...>', 'these only').choices([...MEASURES.map(({ name }) => name), 'drain']))
    .option(
      '--drain <rows>',
      'also drain a backlog of so many records and verify every row; 10,000,000 take half an hour',
      wholeNumber,
    )
    .option('--by-day', 'of --drain: into a table with partitions of a day and a key that begins with the slot')
    .option(
      '--history <rows>',
      'only this: write a history of so many rows in 20 days, with 128 MB for PostgreSQL; 20,000,000 take most of an hour',
      wholeNumber,
    )
    .addOption(new Option('--ways <way...>', 'of --history: how it is kept').choices(wayNames).default(wayNames))
    .option(
      '--held <seconds>',
      'of --history: then hold a snapshot for so long while writers go on; of --drain: drain the backlog once more before, while a snapshot is held for so long from a tenth of the rows on',
      wholeNumber,
    )
    .option('--rounds <number>', 'how often the contenders take turns', wholeNumber)
    .option('-o, --output <folder>', 'where the report goes', join(packageRoot(), 'bench', 'results'));
  program.parse();
  const flags = program.opts<Flags>();
  const { drain, byDay: isByDay = false, history, ways = [], held = 0 } = flags;
  const sizes = flags.quick ? QUICK : FULL;
  const measures = [
    ...MEASURES,
    ...(drain === undefined ? [] : [drainMeasure({ rows: drain, heldSeconds: held, isByDay })]),
  ];
  const chosen =
    history === undefined
      ? measures.filter(({ name }) => name === 'drain' || (flags.only ?? [name]).includes(name))
      : [historyMeasure(history, ways, held)];
  const note = (line: string) => void process.stderr.write(`${line}\n`);

  const machine = await describeMachine(process.env);
  const at = new Date().toISOString();
  const stack = await startBenchStack(process.env, note, { isLarge: history === undefined });
  const results: Result[] = [];
  try {
    const databases = await createDatabases(stack);
    const bench: Bench = {
      stack,
      databases,
      sizes: flags.rounds === undefined ? sizes : { ...sizes, rounds: flags.rounds },
      note,
      signal: abort.signal,
    };
    for (const measure of chosen) {
      abort.signal.throwIfAborted();
      results.push(...(await measure.run(bench)));
    }
  } finally {
    await stack.close();
    // What was measured before something failed is worth keeping.
    const mode = flags.quick ? 'quick' : 'full';
    if (results.length > 0) await writeReport({ at, mode, machine, results }, flags.output);
  }
  note(`report: ${join(flags.output, 'report.md')}`);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('a whole number above 0');
  return Number(text);
}

await main();
process.exit();
