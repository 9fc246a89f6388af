import { expect, it } from 'vitest';
import type { MigrationFile } from '../../../migrations/files.ts';
import { historyProblem } from '../../../migrations/history.ts';

const file = (name: string, checksum = name): MigrationFile => ({
  name,
  path: `/project/migrations/${name}.sql`,
  up: '',
  down: '',
  lines: { up: 1, down: 2 },
  steps: { up: [], down: [] },
  checksum,
});
const files = [file('0001_a'), file('0002_b'), file('0003_c')];
const history = (names: readonly string[], checksums: Readonly<Record<string, string>> = {}) => ({
  applied: names.map((name) => ({ name, at: '2026-01-01T00:00:00.000Z' })),
  checksums: new Map(Object.entries(checksums)),
});

it.each([
  ['nothing has run', history([])],
  ['the first ones have run', history(['0001_a', '0002_b'], { '0001_a': '0001_a' })],
  ['no checksum is known', history(['0001_a', '0002_b', '0003_c'])],
])('a history is that of the files when %s', (_when, known) => {
  expect(historyProblem(known, files)).toBeUndefined();
});

it.each([
  ['was edited', history(['0001_a'], { '0001_a': 'other' }), '0001_a.sql was edited after it was applied'],
  ['is gone', history(['0001_a', '0009_z']), '0009_z is applied, but its file is not there'],
  [
    'was edited while it ran',
    { ...history(['0001_a']), begun: { name: '0002_b', direction: 'up' as const, done: 1, checksum: 'other' } },
    '0002_b was edited or removed after 1 of its steps had run (up)',
  ],
  ['was added before one', history(['0001_a', '0003_c']), '0002_b comes before 0003_c, which is already applied'],
])('a history is not that of the files when an applied migration %s', (_how, known, message) => {
  expect(historyProblem(known, files)).toMatchObject({ code: 'UNSAFE', message: expect.stringContaining(message) });
});
