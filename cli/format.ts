let numbers: Intl.NumberFormat | undefined;

/** 1234567 → "1,234,567". The format is made when it is first needed: that takes longer than all else in this room. */
export function count(value: number | bigint): string {
  numbers ??= new Intl.NumberFormat('en-US');
  return numbers.format(value);
}

/** The word for so many: `record` for 1, else `records`. */
export const noun = (number: number | bigint, one: string): string => (Number(number) === 1 ? one : `${one}s`);

/** 83,000 ms → "1 min 23 s"; under a minute with one decimal. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** Rows of cells as aligned columns, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
