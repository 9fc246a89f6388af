import { describe, expect, it } from 'vitest';
import { parseScript } from '../../../contract/sql-parser.ts';

const parsed = (sql: string, firstLine = 1) => parseScript({ file: 'a.sql', sql, firstLine });

describe('a script is cut where psql cuts it', () => {
  it.each([
    ['two statements', 'SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
    ['no semicolon at the end', 'SELECT 1', ['SELECT 1']],
    ['empty statements', ';;SELECT 1;;', ['SELECT 1']],
    ['a semicolon in a literal', "SELECT 'a;b'; SELECT 2", ["SELECT 'a;b'", 'SELECT 2']],
    ['a doubled quote', "SELECT 'it''s; so'; SELECT 2", ["SELECT 'it''s; so'", 'SELECT 2']],
    ['an escaped quote', "SELECT E'a\\';b'; SELECT 2", ["SELECT E'a\\';b'", 'SELECT 2']],
    ['a quoted name', 'SELECT 1 AS "a;b"; SELECT 2', ['SELECT 1 AS "a;b"', 'SELECT 2']],
    ['a line comment', 'SELECT -- a;b\n1 -- c;d\n; SELECT 2', ['SELECT -- a;b\n1', 'SELECT 2']],
    [
      'a nested block comment',
      'SELECT /* a; /* b; */ c; */ 1; SELECT 2',
      ['SELECT /* a; /* b; */ c; */ 1', 'SELECT 2'],
    ],
    ['a dollar quote', 'DO $$ BEGIN x; END $$; SELECT 2', ['DO $$ BEGIN x; END $$', 'SELECT 2']],
    ['a tagged dollar quote', 'DO $a$ SELECT $$;$$; $a$; SELECT 2', ['DO $a$ SELECT $$;$$; $a$', 'SELECT 2']],
    [
      'a rule with several commands',
      'CREATE RULE r AS ON UPDATE TO t DO (SELECT 1; SELECT 2); SELECT 3',
      ['CREATE RULE r AS ON UPDATE TO t DO (SELECT 1; SELECT 2)', 'SELECT 3'],
    ],
    [
      'a SQL-standard body',
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3',
      ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END', 'SELECT 3'],
    ],
    ['only comments', '-- nothing\n/* at all */', []],
  ])('%s', async (_name, script, expected) => {
    const { statements } = await parsed(script);
    expect(statements.map(({ text }) => text)).toEqual(expected);
  });
});

it('statements and names know their place, in characters of the file', async () => {
  const { statements } = await parsed('SELECT \'äöü🐘\';\n\n-- warum\n  ALTER TABLE\n    /* ß */ t ADD "X" INT;', 10);
  const place = (line: number, column: number) => ({ file: 'a.sql', line, column });
  expect(statements.map(({ placeOf }) => placeOf(1))).toEqual([place(10, 1), place(13, 3)]);
  const [first, second] = statements;
  expect(first?.tokens.map(({ name }) => name)).toEqual(['select', undefined]);
  expect(second?.text).toBe('ALTER TABLE\n    /* ß */ t ADD "X" INT');
  expect(second?.tokens.slice(2).map(({ name, place: at }) => [name, at])).toEqual([
    ['t', place(14, 13)],
    ['add', place(14, 15)],
    ['X', place(14, 19)],
    ['int', place(14, 23)],
  ]);
  // As PostgreSQL counts: the elephant is one character.
  expect(first?.placeOf(13)).toEqual(place(10, 14));
  expect(second?.placeOf(25)).toEqual(place(14, 13));
});

it('the spot that the grammar refuses is told, and nothing is read', async () => {
  expect(await parsed("SELECT 1;\nSELECT 'ä' FROM WHERE x", 3)).toEqual({
    statements: [],
    failure: { place: { file: 'a.sql', line: 4, column: 17 }, message: 'syntax error at or near "WHERE"' },
  });
});
