import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';

const textOf = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');
const page = textOf('docs/scale.md');

/** The cells of the line of a table that begins so. */
function line(title: string): string[] {
  const found = page.split('\n').find((text) => text.startsWith(`| ${title}`));
  if (found === undefined) throw new Error(`docs/scale.md has no line "${title}"`);
  return found
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

const UNITS: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, M: 1e6, bn: 1e9 };

/** `26.1 TB` is 26,100,000,000,000. */
function amount(text = ''): number {
  const [, digits = '', unit = ''] = /^([\d.,]+) ?(\w*)/.exec(text) ?? [];
  return Number(digits.replaceAll(',', '')) * (UNITS[unit] ?? 1);
}

const bytes = (title: string): number => amount(line(title)[0]);
const [ROW, INDEXES, RECORD] = ['row in the table', 'its indexes', 'record in Kafka'].map(bytes) as [
  number,
  number,
  number,
];
const DAY = 86_400;

it('what a row costs is what the benchmark has measured', () => {
  const measured = Object.fromEntries(
    [
      ...textOf('bench/results/report.md').matchAll(/^\| (history, heap|history, indexes|Kafka, log) \| (\d+) \|$/gm),
    ].map(([, name = '', value]) => [name, Number(value)]),
  );
  expect({ 'history, heap': ROW, 'history, indexes': INDEXES, 'Kafka, log': RECORD }).toEqual(measured);
});

it.each([
  ['rows a day', (rate: number) => rate * DAY],
  ['rows a year', (rate: number) => rate * DAY * 365],
  ['table and indexes a day', (rate: number) => rate * DAY * (ROW + INDEXES)],
  ['the same a year', (rate: number) => rate * DAY * 365 * (ROW + INDEXES)],
  ['key index of a day', (rate: number) => rate * DAY * 200],
  ['history on disk', (rate: number) => rate * DAY * (ROW + INDEXES) * (rate === 1000 ? 90 : 7)],
  ['WAL a day', (rate: number) => rate * DAY * amount(line('WAL a row with')[rate === 1000 ? 0 : 1])],
  ['WAL a second', (rate: number) => rate * amount(line('WAL a row with')[rate === 1000 ? 0 : 1])],
  [
    'WAL between two checkpoints',
    (rate: number) => rate * 3600 * amount(line('WAL a row with')[rate === 1000 ? 0 : 1]),
  ],
  ['the same, unpartitioned', (rate: number) => rate * DAY * 11_000],
  ['record bytes a day', (rate: number) => rate * DAY * RECORD],
  ['disk of Kafka: 7 days', (rate: number) => rate * DAY * RECORD * 7 * 3],
  ['disk of Kafka: 2 days', (rate: number) => rate * DAY * RECORD * 2 * 3],
])('the plans are right about %s', (title, worked) => {
  const said = line(title).map((cell) => amount(cell));
  for (const [index, rate] of [1000, 10_000].entries())
    expect(Math.abs((said[index] ?? 0) / worked(rate) - 1), `${rate}/s: ${said[index]}`).toBeLessThan(0.03);
});
