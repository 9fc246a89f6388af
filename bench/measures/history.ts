import type { Bench, Measure, Result } from '../bench.ts';
import { byDay } from '../history/by-day.ts';
import { type Course, DAYS } from '../history/course.ts';
import { underSnapshot } from '../history/held-snapshot.ts';
import { oneTable } from '../history/one-table.ts';
import { slotFirst } from '../history/slot-first.ts';
import type { StretchCost } from '../long-history.ts';
import { shortNumber } from '../report/plot.ts';
import { msText } from '../report/text.ts';

/** The ways to keep a history, by their flag, in the order in which they run. */
const WAYS = { days: byDay, slot: slotFirst, one: oneTable } satisfies Record<
  string,
  (bench: Bench, rows: number) => Promise<Course>
>;

export type Way = keyof typeof WAYS;
export const wayNames = Object.keys(WAYS) as readonly Way[];

/** Whether rate, log and reads stay as they are while a history grows, in each of these ways. */
export const historyMeasure = (rows: number, ways: readonly Way[], heldSeconds: number): Measure => ({
  name: 'history',
  async run(bench) {
    const courses: Course[] = [];
    for (const way of wayNames.filter((name) => ways.includes(name))) courses.push(await WAYS[way](bench, rows));
    const held = heldSeconds > 0 ? await underSnapshot(bench, heldSeconds) : {};
    return [report(rows, courses, held)];
  },
});

function report(rows: number, courses: readonly Course[], held: Readonly<Record<string, number>>): Result {
  const third = (costs: readonly StretchCost[], which: 'first' | 'last'): StretchCost[] => {
    const size = Math.max(1, Math.floor(costs.length / 3));
    return which === 'first' ? costs.slice(0, size) : costs.slice(-size);
  };
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
  const rate = (costs: readonly StretchCost[]) => 1 / mean(costs.map(({ rowsPerSecond }) => 1 / rowsPerSecond));
  const wal = (costs: readonly StretchCost[]) => mean(costs.map(({ walBytesPerRow }) => walBytesPerRow));
  const figures: Record<string, number> = { history_rows: rows, ...held };
  for (const { name, costs, reads, more } of courses) {
    const key = name.replaceAll(' ', '_');
    const all = {
      rows_per_s_first: rate(third(costs, 'first')),
      rows_per_s_last: rate(third(costs, 'last')),
      rate_last_over_first: rate(third(costs, 'last')) / rate(third(costs, 'first')),
      wal_bytes_per_row_first: wal(third(costs, 'first')),
      wal_bytes_per_row_last: wal(third(costs, 'last')),
      ...Object.fromEntries(Object.entries(reads).map(([query, ms]) => [`${query}_ms`, ms])),
      ...more,
    };
    for (const [figure, value] of Object.entries(all)) figures[`history_${key}_${figure}`] = value;
  }
  return {
    name: 'history',
    title: `A history of ${shortNumber(rows)} rows`,
    method: `${DAYS} days, 20,000 positions alive at a time. Two writers upsert 1,000 rows a commit, as fast as they can, with the rollup and all indexes; the server makes the rows itself. \`shared_buffers\` is PostgreSQL's default, 128 MB. Thirds of the rows, by time. A day is dropped while the writers go on.`,
    table: {
      header: ['figure', 'value'],
      rows: Object.entries(figures).map(([name, value]) => [name, value < 100 ? msText(value) : shortNumber(value)]),
    },
    plot: {
      kind: 'lines',
      title: 'Rows a second as a history grows',
      unit: 'rows/s',
      xUnit: 'rows',
      logarithmic: false,
      lines: courses.map(({ name, costs }) => ({
        name,
        points: costs.map((cost) => [cost.rows, Math.round(cost.rowsPerSecond)] as const),
      })),
    },
    figures,
  };
}
