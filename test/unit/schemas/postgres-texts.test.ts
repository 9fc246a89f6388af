import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canonicalJson, jsonProblem } from '../../../schemas/jsonb-text.ts';
import {
  dateText,
  daysOf,
  instantOf,
  instantText,
  MAX_DAY,
  MIN_DAY,
  timeOf,
  timeText,
} from '../../../schemas/time-text.ts';
import { canonicalUuid, isUuid } from '../../../schemas/uuid-text.ts';
import { openPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { type SeededRandom, seededRandom } from '../../support/seeded-random.ts';

let database: PGlite;
beforeAll(async () => {
  database = await openPglite();
  await database.exec(`CREATE FUNCTION try_jsonb(given text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN RETURN given::jsonb::text; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$`);
}, PGLITE_TIMEOUT_MS);
afterAll(() => database?.close());

/** What PostgreSQL answers for each of these texts. */
async function ask(expression: string, texts: readonly (string | number)[]): Promise<(string | null)[]> {
  const { rows } = await database.query<{ answer: string | null }>(
    `SELECT ${expression} AS answer FROM unnest($1::text[]) WITH ORDINALITY AS t(given, n) ORDER BY n`,
    [texts.map(String)],
  );
  return rows.map(({ answer }) => answer);
}

const NUMBERS = [
  '0',
  '-0',
  '-0.00',
  '1.50',
  '1e2',
  '1.5E+1',
  '12.50e-3',
  '123456789012345678901234567890.5',
  '0e400',
  '1e-30',
  '01',
  '.5',
  '1.',
  '+1',
  'NaN',
];
const STRINGS = [
  '""',
  '"a"',
  '"\\u00e9"',
  '"\\u2028"',
  '"\\/"',
  '"\\""',
  '"\\\\"',
  '"🦀"',
  '"\\ud83e\\udd80"',
  '"\\ud83e"',
  '"\\u0000"',
  '"\\x"',
  '"1.50"',
  '"[{"',
  '"\t"',
];
const WORDS = ['true', 'false', 'null', 'True', ''];

function jsonOf(random: SeededRandom, depth: number): string {
  const space = [' ', '\n', '', ''][random.int(4)];
  const kind = random.int(depth > 3 ? 3 : 6);
  const one = (list: readonly string[], usual: number) =>
    list[random.int(random.int(6) === 0 ? list.length : usual)] ?? '';
  if (kind === 0) return `${space}${one(NUMBERS, 10)}`;
  if (kind === 1) return `${one(STRINGS, 9)}${space}`;
  if (kind === 2) return one(WORDS, 3);
  const parts = Array.from({ length: random.int(4) }, () => jsonOf(random, depth + 1));
  if (kind === 3) return `[${parts.join(`,${space}`)}]`;
  const keys = ['"b"', '"a"', '"10"', '"9"', '"__proto__"', '""'];
  return `{${parts.map((part) => `${keys[random.int(keys.length)]}:${space}${part}`).join(',')}}`;
}

it('JSON is kept or refused as jsonb does, and two texts of one document are one text', async () => {
  const random = seededRandom(18);
  const texts = Array.from({ length: 4_000 }, () => jsonOf(random, 0));
  const kept = await ask('try_jsonb(given)', texts);
  let documents = 0;
  for (const [index, text] of texts.entries()) {
    const answer = kept[index] ?? null;
    expect([text, jsonProblem(text) === undefined]).toEqual([text, answer !== null]);
    if (answer === null) continue;
    documents += 1;
    expect([text, canonicalJson(text)]).toEqual([text, canonicalJson(answer)]);
  }
  expect(documents).toBeGreaterThan(2_000);
});

it('documents that differ are different texts', () => {
  const texts = [
    '1',
    '1.0',
    '1.00',
    '"1"',
    '[1]',
    '[1,1]',
    '{"a":1}',
    '{"a":"1"}',
    '{"A":1}',
    '{"a":1,"b":null}',
    'null',
    '"null"',
    '[]',
    '{}',
    '""',
    '-1',
    '[[1],2]',
    '[1,[2]]',
  ];
  expect(new Set(texts.map(canonicalJson)).size).toBe(texts.length);
});

it('days are those of PostgreSQL, from year 1 to 9999', async () => {
  const days = [
    MIN_DAY,
    MAX_DAY,
    0,
    -1,
    59,
    60,
    -141_428,
    -141_427,
    ...Array.from({ length: 4_000 }, (_, n) => MIN_DAY + n * 913),
  ];
  const texts = await ask(`to_char(date '1970-01-01' + given::int, 'YYYY-MM-DD')`, days);
  expect(days.map(dateText)).toEqual(texts);
  expect(days.map(dateText).map(daysOf)).toEqual(days);
  expect(() => dateText(MIN_DAY - 1)).toThrow('outside the years 1 to 9999');
  expect(() => dateText(MAX_DAY + 1)).toThrow('outside the years 1 to 9999');
  for (const text of ['2023-02-29', '1900-02-29', '0000-12-31', '2024-13-01', '2024-1-1', '10000-01-01', '']) {
    expect([text, daysOf(text)]).toEqual([text, Number.NaN]);
  }
});

it('instants are those of PostgreSQL, to the microsecond', async () => {
  const random = seededRandom(19);
  const [least, most] = [-62_135_596_800_000_000n, 253_402_300_799_999_999n];
  const micros = [
    least,
    most,
    0n,
    -1n,
    1n,
    ...Array.from(
      { length: 2_000 },
      () => least + (((random.bigint(18) % (most - least)) + most - least) % (most - least)),
    ),
  ];
  const texts = await ask(
    `to_char(timestamp '1970-01-01' + make_interval(days => (given::numeric / 86400000000)::int) + ((given::numeric - (given::numeric / 86400000000)::int * 86400000000)::bigint * interval '1 microsecond'), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    micros.map(String),
  );
  expect(micros.map(instantText)).toEqual(texts);
  expect(micros.map(instantText).map(instantOf)).toEqual(micros);
  for (const beyond of [least - 1n, most + 1n])
    expect(() => instantText(beyond)).toThrow('outside the years 1 to 9999');
});

it('times of a day are those of PostgreSQL, to the microsecond', async () => {
  const micros = [
    0,
    1,
    999,
    1_000,
    999_999,
    86_399_999_999,
    ...Array.from({ length: 1_000 }, (_, n) => n * 86_399_999),
  ];
  const texts = await ask(`to_char(time '00:00' + given::bigint * interval '1 microsecond', 'HH24:MI:SS.US')`, micros);
  expect(micros.map(timeText)).toEqual(texts);
  expect(micros.map(timeText).map(timeOf)).toEqual(micros);
  expect([timeOf('02:30'), timeOf('02:30:01'), timeOf('02:30:01.5')]).toEqual([
    9_000_000_000, 9_001_000_000, 9_001_500_000,
  ]);
  for (const text of ['24:00', '2:30', '12:60', '12:00:60', '12:00:00.1234567', '']) {
    expect([text, timeOf(text)]).toEqual([text, Number.NaN]);
  }
  for (const beyond of [-1, 86_400_000_000]) expect(() => timeText(beyond)).toThrow('no time of a day');
});

it('UUIDs are printed as PostgreSQL prints them', async () => {
  const texts = [
    '123e4567-e89b-12d3-a456-426614174000',
    'ABCDEF67-E89B-12D3-A456-426614174000',
    '{123e4567-e89b-12d3-a456-426614174000}',
    '123E4567E89B12D3A456426614174000',
  ];
  expect(texts.map(canonicalUuid)).toEqual(await ask('given::uuid::text', texts));
  expect(texts.map(isUuid)).toEqual([true, true, false, false]);
  expect(canonicalUuid('no')).toBe('no');
});
