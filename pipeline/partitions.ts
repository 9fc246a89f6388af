import { ConnectError } from '../core/errors.ts';

/** How long the time of one partition is, in UTC; a week begins on Monday. */
export type Every = 'day' | 'week' | 'month';

/** The time of one partition: `from` on, up to `to` without it. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

const DAY_MS = 86_400_000;
/** PostgreSQL cuts longer names without a word. */
const MOST_BYTES = 63;

/** The period that an instant is in. */
export function periodOf(every: Every, instant: Date): Period {
  const [year, month, day] = [instant.getUTCFullYear(), instant.getUTCMonth(), instant.getUTCDate()];
  if (every === 'month') return { from: new Date(Date.UTC(year, month)), to: new Date(Date.UTC(year, month + 1)) };
  const sinceMonday = (instant.getUTCDay() + 6) % 7;
  const from = Date.UTC(year, month, every === 'week' ? day - sinceMonday : day);
  return { from: new Date(from), to: new Date(from + (every === 'week' ? 7 : 1) * DAY_MS) };
}

/** The periods from that of one instant to that of another, both included, in order. */
export function periodsBetween(every: Every, first: Date, last: Date): Period[] {
  const periods: Period[] = [];
  for (let period = periodOf(every, first); period.from <= last; period = periodOf(every, period.to)) {
    periods.push(period);
  }
  return periods;
}

/**
 * The name of a partition, without its schema: `positions_p20261129`, `positions_p2026w48` (ISO weeks), `positions_p202611`.
 * Errors: INVALID_DEFINITION when it is longer than names in PostgreSQL are.
 */
export const partitionName = (table: string, every: Every, from: Date): string =>
  named(table, `p${every === 'week' ? isoWeek(from) : isoDay(from).slice(0, every === 'day' ? 8 : 6)}`);

function named(table: string, suffix: string): string {
  const name = `${table.split('.').at(-1)}_${suffix}`;
  if (Buffer.byteLength(name) <= MOST_BYTES) return name;
  throw new ConnectError(
    'INVALID_DEFINITION',
    `${name} is longer than the ${MOST_BYTES} bytes of a name in PostgreSQL`,
    {
      hint: 'a partitioned table needs a shorter name',
    },
  );
}

const isoDay = (instant: Date): string => instant.toISOString().slice(0, 10).replaceAll('-', '');

/** A week belongs to the year that has its Thursday. */
function isoWeek(monday: Date): string {
  const thursday = new Date(monday.getTime() + 3 * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0)) / (7 * DAY_MS)) + 1;
  return `${year}w${String(week).padStart(2, '0')}`;
}
