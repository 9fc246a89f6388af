/** Times of day, dates and instants as the one text that records, oracle and table share. All are UTC, of the years 1 to 9999. */

const DAY_MS = 86_400_000;
const DAY_MICROS = 86_400_000_000;
/** Every part between here and the table writes these years in the same way. */
export const MIN_TIME = BigInt(Date.parse('0001-01-01T00:00:00.000Z'));
export const MAX_TIME = BigInt(Date.parse('9999-12-31T23:59:59.999Z'));

/** The same bounds in days and in microseconds. */
export const MIN_DAY = Number(MIN_TIME) / DAY_MS;
export const MAX_DAY = Math.floor(Number(MAX_TIME) / DAY_MS);
export const MIN_MICROS = MIN_TIME * 1000n;
export const MAX_MICROS = MAX_TIME * 1000n + 999n;
/** A day has no later time than this: the sink would write 24:00 as 00:00. */
export const LAST_MICRO = DAY_MICROS - 1;

/** Days since the Unix epoch → `2024-02-29`. Errors: a day outside the years 1 to 9999. */
export function dateText(days: number): string {
  if (days < MIN_DAY || days > MAX_DAY) throw new Error(`day ${days} is outside the years 1 to 9999`);
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

/** `2024-02-29` → days since the Unix epoch; NaN for what is no such date. */
export function daysOf(text: string): number {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || text.startsWith('0000')) return Number.NaN;
  const days = Date.parse(`${text}T00:00:00.000Z`) / DAY_MS;
  // Date.parse reads 30 February as 1 March.
  return Number.isNaN(days) || dateText(days) !== text ? Number.NaN : days;
}

/** Microseconds since midnight → `02:30:00.123456`. Errors: a time outside the day. */
export function timeText(micros: number): string {
  if (micros < 0 || micros > LAST_MICRO) throw new Error(`${micros} µs is no time of a day`);
  const whole = new Date(Math.floor(micros / 1000)).toISOString().slice(11, 23);
  return `${whole}${String(micros % 1000).padStart(3, '0')}`;
}

/** `02:30` to `02:30:00.123456` → microseconds since midnight; NaN for what is no such time. */
export function timeOf(text: string): number {
  const parts = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?$/.exec(text);
  if (parts === null) return Number.NaN;
  const [, hours, minutes, seconds = 0, fraction = ''] = parts;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000 + Number(fraction.padEnd(6, '0'));
}

/** Microseconds since the Unix epoch → `2024-03-10T07:30:00.123456Z`. Errors: an instant outside the years 1 to 9999. */
export function instantText(micros: bigint): string {
  if (micros < MIN_MICROS || micros > MAX_MICROS) throw new Error(`${micros} µs is outside the years 1 to 9999`);
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  const iso = new Date(Number((micros - rest) / 1000n)).toISOString();
  return `${iso.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/** The microseconds of a text that `instantText` made. */
export const instantOf = (text: string): bigint =>
  BigInt(Date.parse(`${text.slice(0, 23)}Z`)) * 1000n + BigInt(text.slice(23, 26));
