import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { postgresIndexes } from '../../../../../operate/doctor/checks/postgres.ts';
import { positions, staging } from '../../../../support/positions-stream.ts';
import { scratchFolder } from '../../../../support/scratch.ts';

/** What the check says of a database with these indexes and a project with this migration. */
function diagnosesOf(indexes: readonly object[], migration = '') {
  const root = scratchFolder();
  mkdirSync(join(root, 'migrations'));
  writeFileSync(join(root, 'migrations', '0001_first.sql'), `-- Up Migration\n${migration}\n-- Down Migration\n`);
  const project = { root, defaultEnvironment: 'staging', environments: { staging }, streams: [positions] };
  const query = async <Row extends object>() => indexes as readonly Row[];
  return postgresIndexes.run({ streams: [positions], project, query });
}

const key = {
  name: 'positions_key',
  table: 'positions',
  valid: true,
  arbiter: true,
  columns: ['position_account', 'signature'],
};

test.each([
  ['is there', key, 'ok'],
  ['is not for ON CONFLICT', { ...key, arbiter: false }, 'broken'],
  ['has other columns', { ...key, columns: ['signature'] }, 'broken'],
  ['is one of another table', { ...key, table: 'orders' }, 'broken'],
])('a unique index on the upsert key that %s', async (_how, index, verdict) => {
  expect(await diagnosesOf([index])).toMatchObject([{ verdict, subject: 'public.positions' }]);
});

test('an index that is not valid is broken, and not good for the upsert key', async () => {
  expect(await diagnosesOf([{ ...key, valid: false }])).toMatchObject([
    { verdict: 'broken', subject: 'public.positions' },
    { verdict: 'broken', subject: 'positions_key', remedy: expect.stringContaining('REINDEX') },
  ]);
});

test('an index of a migration that the table lacks is a warning; one of a table that is not there is none', async () => {
  const migration = 'CREATE INDEX by_slot ON positions (slot);\nCREATE INDEX by_owner ON orders (owner);';
  expect(await diagnosesOf([key], migration)).toMatchObject([
    { verdict: 'ok' },
    { verdict: 'warning', subject: 'by_slot' },
  ]);
});
