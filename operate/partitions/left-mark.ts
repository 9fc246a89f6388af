import { instantText, readInstant, type TimeRange } from './time-range.ts';

/** What the comment of a table says that has left its partitioned table: who finds it later knows what it is. */
export interface LeftMark extends TimeRange {
  /** The partitioned table, as the stream's definition names it. */
  readonly table: string;
  readonly waitsForArchive: boolean;
}

const WAITS = ', waits for its archive';

export const leftMarkText = ({ table, from, to, waitsForArchive }: LeftMark): string =>
  `perps-connect: left ${table} [${instantText(from) ?? '-infinity'}, ${instantText(to) ?? 'infinity'})${waitsForArchive ? WAITS : ''}`;

/** Undefined for any other comment. */
export function readLeftMark(comment: string): LeftMark | undefined {
  const [, table, from = '', to = '', waits] =
    /^perps-connect: left (\S+) \[(\S+), (\S+)\)(, waits for its archive)?$/.exec(comment) ?? [];
  if (table === undefined) return undefined;
  return {
    table,
    from: readInstant(from) ?? Number.NEGATIVE_INFINITY,
    to: readInstant(to) ?? Number.POSITIVE_INFINITY,
    waitsForArchive: waits !== undefined,
  };
}
