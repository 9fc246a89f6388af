import { once } from 'node:events';
import { ConnectError } from '../../core/errors.ts';
import { type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { verifyStream } from '../../operate/verify.ts';
import { createRecordDecoder } from '../../schemas/record-decoder.ts';
import type { Measure, Result } from '../bench.ts';
import { residentMb } from '../memory.ts';
import { shortNumber } from '../report/plot.ts';
import { renamed, runSink } from '../sink-run.ts';
import { spread } from '../statistics.ts';
import { DEFAULT_WORKLOAD, fillTopic, prepareStream, type Workload } from '../workload.ts';

const TOPIC = 'bench-drain';
const SAMPLE_MS = 10_000;

interface Sample {
  readonly seconds: number;
  readonly rows: number;
  readonly memory: Readonly<Record<string, number>>;
}

/** What a drain that holds a snapshot begins with. */
const BEFORE_HOLD = 0.2;

/**
 * A backlog as after a long outage: whether its rate and the parts' memory stay as they are, and whether every row is right. With `held`, a
 * transaction keeps a snapshot from a fifth of the rows on until the end.
 */
export const drainMeasure = (rows: number, held: boolean): Measure => ({
  name: 'drain',
  async run({ stack, databases, note }) {
    const workload: Workload = { ...DEFAULT_WORKLOAD, updates: rows, updatesPerSlot: 2 };
    note(`drain: writing ${shortNumber(rows)} records`);
    await fillTopic(stack, TOPIC, workload);
    const stream = renamed(stack.stream, TOPIC, TOPIC);
    await prepareStream(stack, stream);
    const database = await databases.fresh('drain', 'ours');
    const samples: Sample[] = [];
    const snapshot = createSnapshot(database);
    const began = performance.now();
    const { rowsPerSecond } = await runSink(stack, {
      name: TOPIC,
      topic: TOPIC,
      database,
      rows,
      timeoutMs: 7_200_000,
      onRows: (count) => {
        const seconds = (performance.now() - began) / 1_000;
        if (seconds * 1_000 < (samples.length + 1) * SAMPLE_MS) return;
        samples.push({ seconds, rows: count, memory: residentMb(stack) });
        note(`drain: ${shortNumber(count)} of ${shortNumber(rows)} rows`);
        if (held && count > rows * BEFORE_HOLD) snapshot.hold(seconds);
      },
    }).finally(snapshot.release);
    note(`drain: ${shortNumber(rowsPerSecond)} rows/s; verifying`);
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
    return [report(rows, rowsPerSecond, samples, snapshot.heldSince())];
  },
});

/** A snapshot of a session of its own, as a long report holds one. */
function createSnapshot(database: PostgresConnection) {
  const end = new AbortController();
  let since: number | undefined;
  let holding: Promise<unknown> = Promise.resolve();
  return {
    hold(seconds: number) {
      if (since !== undefined) return;
      since = seconds;
      holding = withPostgres(database, async (reader) => {
        await reader.query('SET idle_in_transaction_session_timeout = 0');
        await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM positions LIMIT 1');
        await once(end.signal, 'abort');
        // Fails when the session did not live until now.
        await reader.query('COMMIT');
      });
    },
    async release() {
      end.abort();
      await holding;
    },
    heldSince: () => since,
  };
}

function report(
  rows: number,
  rowsPerSecond: number,
  samples: readonly Sample[],
  heldSince: number | undefined,
): Result {
  const rates = samples.slice(1).map((sample, at) => {
    const before = samples[at] as Sample;
    return { seconds: sample.seconds, rate: (sample.rows - before.rows) / (sample.seconds - before.seconds) };
  });
  const median = (some: typeof rates) => spread(some.map(({ rate }) => rate)).median;
  const free = rates.filter(({ seconds }) => seconds <= (heldSince ?? Number.POSITIVE_INFINITY));
  // The first sample is the sink's start.
  const before = free.length > 1 ? free.slice(1) : free;
  const under = rates.filter(({ seconds }) => seconds > (heldSince ?? Number.POSITIVE_INFINITY));
  const steady = spread(rates.length > 0 ? rates.map(({ rate }) => rate) : [rowsPerSecond]);
  const third = Math.max(1, Math.floor(samples.length / 3));
  const peak = (part: string, of: readonly Sample[]) => Math.max(0, ...of.map(({ memory }) => memory[part] ?? 0));
  const parts = Object.keys(samples[0]?.memory ?? {});
  return {
    name: 'drain',
    title: `Draining a backlog of ${shortNumber(rows)} records`,
    method: `The sink on an empty table, sampled every ${SAMPLE_MS / 1_000} s; afterwards \`verify\` compared every record with its row and the views with the history: no difference.`,
    table: {
      header: ['', 'first third', 'last third'],
      rows: [
        [
          'rows/s',
          ...[rates.slice(0, third), rates.slice(-third)].map((some) =>
            shortNumber(some.length > 0 ? spread(some.map(({ rate }) => rate)).median : rowsPerSecond),
          ),
        ],
        ...parts.map((part) => [
          `${part}, MB`,
          String(peak(part, samples.slice(0, third))),
          String(peak(part, samples.slice(-third))),
        ]),
      ],
    },
    plot: {
      kind: 'lines',
      title: 'Draining a backlog: rows/s',
      unit: 'rows/s',
      xUnit: 'seconds',
      logarithmic: false,
      lines: [
        { name: 'rows/s', points: rates.map(({ seconds, rate }) => [Math.round(seconds), Math.round(rate)] as const) },
      ],
    },
    figures: {
      drain_rows: rows,
      drain_rows_per_s: rowsPerSecond,
      drain_rows_per_s_low: steady.low,
      drain_worker_rss_mb_first: peak('connect', samples.slice(0, third)),
      drain_worker_rss_mb_last: peak('connect', samples.slice(-third)),
      drain_differences: 0,
      ...(heldSince === undefined || before.length === 0 || under.length === 0
        ? {}
        : {
            drain_held_seconds: (samples.at(-1)?.seconds ?? 0) - heldSince,
            drain_held_rate_over_before: median(under) / median(before),
            drain_held_rate_last_third_over_before: median(under.slice(-Math.ceil(under.length / 3))) / median(before),
          }),
    },
  };
}
