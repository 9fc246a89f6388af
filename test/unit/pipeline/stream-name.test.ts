import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { newStreamFiles } from '../../../pipeline/new-stream.ts';
import { problemOfStreamName } from '../../../pipeline/stream-name.ts';
import { openPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';

const LONGEST_NAME = 'a'.repeat(42);

it.each(['trades', 'funding_payments', 'level2', LONGEST_NAME])('%s can name a stream', (name) => {
  expect(problemOfStreamName(name)).toBeUndefined();
});

it.each([
  ['Trades', /lower-case words/],
  [`${LONGEST_NAME}a`, /at most 42 characters/],
  ['feed', /schemas\/feed\.proto has that name already; feeds or my_feed is free/],
  ['user', /a word of SQL/],
])('%s cannot, and the reason is said', (name, reason) => {
  expect(problemOfStreamName(name)).toMatch(reason);
});

it('no message of the base proto can name one', () => {
  const proto = readFileSync(join(packageRoot(), 'schemas/feed.proto'), 'utf8');
  const names = [...proto.matchAll(/^(?:message|enum|service) (\w+)/gm)].map(([, name = '']) =>
    name.replaceAll(/(?<!^)([A-Z])/g, '_$1').toLowerCase(),
  );
  expect(names).toContain('slot_notice');
  for (const name of names) expect(problemOfStreamName(name), name).toMatch(/feed\.proto/);
});

it('the words refused are those that PostgreSQL takes for no table, and the longest name makes one', {
  timeout: PGLITE_TIMEOUT_MS,
}, async () => {
  const database = await openPglite();
  onTestFinished(() => database.close());
  const { rows } = await database.query<{ word: string; refused: boolean }>(
    "SELECT word, catcode IN ('R', 'T') AS refused FROM pg_get_keywords()",
  );
  for (const { word, refused } of rows) expect(problemOfStreamName(word) !== undefined, word).toBe(refused);
  await database.exec(
    'CREATE FUNCTION keep_newest_delivery() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
  );
  const without = { migrationNumber: 1, marksCorrections: false, grantsRights: false, definitionSchema: '' };
  for (const name of [LONGEST_NAME, 'values', 'row']) {
    await database.exec(newStreamFiles(name, without).at(-1)?.text.split('-- Down')[0] ?? '');
  }
  const made = await database.query<{ name: string }>('SELECT tgname AS name FROM pg_trigger');
  expect(made.rows).toContainEqual({ name: `${LONGEST_NAME}_keep_newest_delivery` });
});
