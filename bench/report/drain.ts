import type { Result } from '../bench.ts';
import { spread } from '../statistics.ts';
import { shortNumber } from './plot.ts';

/** How far a drain was. */
export interface Sample {
  readonly seconds: number;
  readonly rows: number;
  /** Resident, in MiB, by part. */
  readonly memory: Readonly<Record<string, number>>;
  /** Time so far, in seconds, by part; empty where the system does not tell. */
  readonly processor: Readonly<Record<string, number>>;
}

/** A drained backlog, and between which samples a snapshot was held. */
export interface Drain {
  readonly rowsPerSecond: number;
  readonly samples: readonly Sample[];
  readonly held?: { readonly from: Sample; readonly to: Sample };
}

/** The result of a drain, and of a second one of the same backlog under a snapshot. */
export function drainResult(
  { rows, isByDay = false }: { readonly rows: number; readonly isByDay?: boolean },
  { rowsPerSecond, samples }: Drain,
  held?: Drain,
): Result {
  const rates = ratesOf(samples);
  const steady = spread(rates.length > 0 ? rates.map(({ rate }) => rate) : [rowsPerSecond]);
  const third = Math.max(1, Math.floor(samples.length / 3));
  const peak = (part: string, of: readonly Sample[]) => Math.max(0, ...of.map(({ memory }) => memory[part] ?? 0));
  const parts = Object.keys(samples[0]?.memory ?? {});
  const points = (of: readonly Sample[]) => ratesOf(of).map(({ rows: at, rate }) => [at, Math.round(rate)] as const);
  return {
    name: 'drain',
    title: `Draining a backlog of ${shortNumber(rows)} records`,
    method: `The sink on an empty table${isByDay ? ' with partitions of a day and a key that begins with the slot' : ''}, sampled every 10 s; afterwards \`verify\` compared every record with its row and the views with the history: no difference.${
      held === undefined
        ? ''
        : ' The same backlog was drained into another database before, while a transaction held a snapshot. Its rate is compared over the same rows.'
    }`,
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
      xUnit: 'rows',
      logarithmic: false,
      lines: [
        { name: 'rows/s', points: points(samples) },
        ...(held === undefined ? [] : [{ name: 'a snapshot held', points: points(held.samples) }]),
      ],
    },
    figures: {
      drain_rows: rows,
      drain_rows_per_s: rowsPerSecond,
      drain_rows_per_s_low: steady.low,
      drain_worker_rss_mb_first: peak('connect', samples.slice(0, third)),
      drain_worker_rss_mb_last: peak('connect', samples.slice(-third)),
      drain_differences: 0,
      ...(held === undefined ? {} : underSnapshot(samples, held)),
    },
  };
}

/** The rate between each sample and the next. */
function ratesOf(samples: readonly Sample[]) {
  return samples.slice(1).map((sample, at) => {
    const before = samples[at] as Sample;
    return { rows: sample.rows, rate: (sample.rows - before.rows) / (sample.seconds - before.seconds) };
  });
}

/** What a drain kept of the rate that another had over the same rows, all and the last third of them, and the processor time of both. Nothing of a short drain. */
function underSnapshot(free: readonly Sample[], { samples, held }: Drain): Record<string, number> {
  if (held === undefined || free.length < 2) return {};
  const { from, to } = held;
  const elapsed = ({ seconds }: Sample) => seconds;
  const kept = (first: number) => between(free, first, to.rows, elapsed) / between(samples, first, to.rows, elapsed);
  const perRow = (of: readonly Sample[], part: string) =>
    (between(of, from.rows, to.rows, ({ processor }) => processor[part] ?? 0) / (to.rows - from.rows)) * 1e6;
  return {
    drain_held_seconds: to.seconds - from.seconds,
    drain_held_rows: to.rows - from.rows,
    drain_held_rate_over_free: kept(from.rows),
    drain_held_rate_last_third_over_free: kept(to.rows - (to.rows - from.rows) / 3),
    ...Object.fromEntries(
      Object.keys(from.processor).flatMap((part) => [
        [`drain_held_${part}_us_per_row`, perRow(samples, part)],
        [`drain_free_${part}_us_per_row`, perRow(free, part)],
      ]),
    ),
  };
}

/** What a drain used from one number of rows to another, of something that grows evenly between its samples. */
function between(samples: readonly Sample[], from: number, to: number, read: (sample: Sample) => number): number {
  const at = (rows: number): number => {
    const reached = samples.findIndex((sample) => sample.rows >= rows);
    const next = reached < 0 ? samples.length - 1 : Math.max(1, reached);
    const [a, b] = [samples[next - 1], samples[next]] as [Sample, Sample];
    return read(a) + ((rows - a.rows) / (b.rows - a.rows)) * (read(b) - read(a));
  };
  return at(to) - at(from);
}
