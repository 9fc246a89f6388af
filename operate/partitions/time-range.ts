/** A range of time, ms since 1970: `from` on, up to `to` without it. Infinite where a partition has no bound. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const overlap = (one: TimeRange, other: TimeRange): boolean => one.from < other.to && other.from < one.to;

/** What of a range the others leave open, in order. */
export function openParts(range: TimeRange, taken: readonly TimeRange[]): TimeRange[] {
  const parts: TimeRange[] = [];
  let { from } = range;
  for (const one of taken.filter((other) => overlap(range, other)).toSorted((a, b) => a.from - b.from)) {
    if (one.from > from) parts.push({ from, to: one.from });
    from = Math.max(from, one.to);
  }
  return from < range.to ? [...parts, { from, to: range.to }] : parts;
}

/** ISO, UTC; undefined where there is no bound. */
export const instantText = (ms: number): string | undefined =>
  Number.isFinite(ms) ? new Date(ms).toISOString() : undefined;

/** ms since 1970 of a time as PostgreSQL writes it in UTC, with or without a zone; undefined for what JavaScript has no date of. */
export function readInstant(text: string): number | undefined {
  const [, date, time = '00:00:00'] = /^(\d{4}-\d\d-\d\d)(?:[ T]([\d:.]+))?(?:Z|\+00)?$/.exec(text) ?? [];
  return date === undefined ? undefined : Date.parse(`${date}T${time}Z`);
}
