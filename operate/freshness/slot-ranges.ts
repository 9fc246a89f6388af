/** Slots, both included. Without `from`: everything up to `to`. */
export interface SlotRange {
  readonly from?: bigint | undefined;
  readonly to: bigint;
}

const isBefore = (one: SlotRange, other: SlotRange): boolean =>
  one.from !== other.from && (one.from === undefined || (other.from !== undefined && one.from < other.from));

/** The same slots in rising ranges that neither meet nor overlap. */
export function unionOf(ranges: readonly SlotRange[]): SlotRange[] {
  const joined: SlotRange[] = [];
  for (const range of ranges.toSorted((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0))) {
    const last = joined.at(-1);
    const meets = last !== undefined && (range.from === undefined || range.from <= last.to + 1n);
    if (!meets) joined.push(range);
    else if (range.to > last.to) joined[joined.length - 1] = { from: last.from, to: range.to };
  }
  return joined;
}

/** The slots of `ranges` that `others` do not have. */
export function without(ranges: readonly SlotRange[], others: readonly SlotRange[]): SlotRange[] {
  let left = unionOf(ranges);
  for (const { from, to } of others) {
    left = left.flatMap((range) => {
      const parts: SlotRange[] = [];
      const startsBefore = from !== undefined && (range.from === undefined || range.from < from);
      if (startsBefore) parts.push({ from: range.from, to: range.to < from ? range.to : from - 1n });
      const first = range.from === undefined || range.from <= to ? to + 1n : range.from;
      if (range.to >= first) parts.push({ from: first, to: range.to });
      return parts;
    });
  }
  return left;
}

/** As PostgreSQL writes an int8multirange. */
export const rangesText = (ranges: readonly SlotRange[]): string =>
  `{${ranges.map(({ from, to }) => `${from === undefined ? '(' : `[${from}`},${to + 1n})`).join(',')}}`;

/** Reads that text again. */
export const parseRanges = (text: string): SlotRange[] =>
  [...text.matchAll(/[[(](\d*),(\d+)\)/g)].map(([, from = '', to = '']) => ({
    from: from === '' ? undefined : BigInt(from),
    to: BigInt(to) - 1n,
  }));
