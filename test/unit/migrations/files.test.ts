import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMigrations } from '../../../migrations/files.ts';
import { scratchFolder } from '../../support/scratch.ts';

const GOOD = '-- Up Migration\n\nCREATE TABLE a (id int);\n\n-- Down Migration\n\nDROP TABLE a;\n';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = scratchFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('reading migrations', () => {
  it('gives them in the order of their numbers, each with its parts and where they begin', () => {
    const files = readMigrations(folderWith({ '0002_b.sql': GOOD, '0001_a.sql': `-- Why.\n${GOOD}` }));
    expect(files.map(({ name }) => name)).toEqual(['0001_a', '0002_b']);
    expect(files[0]).toMatchObject({
      up: '-- Up Migration\n\nCREATE TABLE a (id int);\n\n',
      down: '-- Down Migration\n\nDROP TABLE a;\n',
      lines: { up: 2, down: 6 },
    });
  });

  it('gives the steps of a part that has them, with their lines', () => {
    const steps = 'CREATE TABLE a (id int);\n-- Why.\n-- Step for each row: the others\nSELECT 1;\n';
    const text = GOOD.replace('CREATE TABLE a (id int);\n', `-- Step: one\n${steps}`);
    const [file] = readMigrations(folderWith({ '0001_a.sql': text }));
    expect(file?.steps).toEqual({
      up: [
        { title: 'one', line: 3, forEachRow: false, sql: '-- Step: one\nCREATE TABLE a (id int);\n-- Why.\n' },
        { title: 'the others', line: 6, forEachRow: true, sql: '-- Step for each row: the others\nSELECT 1;\n\n' },
      ],
      down: [],
    });
  });

  it('leaves out the golden dump and what is no SQL', () => {
    const folder = folderWith({
      '0001_a.sql': GOOD,
      'schema.sql': 'CREATE TABLE a ();',
      'runner.ts': '',
      'notes.md': '',
    });
    mkdirSync(join(folder, 'old'));
    expect(readMigrations(folder).map(({ name }) => name)).toEqual(['0001_a']);
  });

  it('gives the same checksum for either kind of line ending, and another for any other change', () => {
    const checksum = (text: string) => readMigrations(folderWith({ '0001_a.sql': text }))[0]?.checksum;
    expect(checksum(GOOD.replaceAll('\n', '\r\n'))).toBe(checksum(GOOD));
    expect(checksum(GOOD.replace('id int', 'id  int'))).not.toBe(checksum(GOOD));
  });

  it.each([
    ['a name without a number', { 'positions.sql': GOOD }, 'is not named NNNN_what_it_does.sql'],
    ['a number that stands twice', { '0001_a.sql': GOOD, '0001_b.sql': GOOD }, 'has the same number as 0001_a.sql'],
    ['no down part', { '0001_a.sql': '-- Up Migration\nSELECT 1;\n' }, 'needs exactly one line'],
    ['no up part', { '0001_a.sql': 'SELECT 1;\n-- Down Migration\nSELECT 1;\n' }, 'needs exactly one line'],
    [
      'its parts the wrong way round',
      { '0001_a.sql': '-- Down Migration\n-- Up Migration\n' },
      'needs exactly one line',
    ],
    [
      'a comment that looks like the mark of the down part',
      { '0001_a.sql': '-- Up Migration\n--   down migration is below\nSELECT 1;\n-- Down Migration\n' },
      'needs exactly one line',
    ],
    [
      'a line that is almost the mark of a step',
      { '0001_a.sql': GOOD.replace('CREATE', '-- step: a\nCREATE') },
      'has the line "-- step: a"; a step begins with "-- Step: …"',
    ],
    [
      'SQL before the first step',
      { '0001_a.sql': GOOD.replace('CREATE', 'SELECT 1;\n-- Step: a\nCREATE') },
      'has SQL before its first step',
    ],
    ['SQL that would never run', { '0001_a.sql': `SELECT 1;\n${GOOD}` }, 'has SQL before "-- Up Migration"'],
  ])('refuses %s', (_what, files, reason) => {
    expect(() => readMigrations(folderWith(files))).toThrow(reason);
  });

  it('says which folder cannot be read', () => {
    expect(() => readMigrations('/nowhere/migrations')).toThrow('migrations cannot be read from /nowhere/migrations');
  });
});
