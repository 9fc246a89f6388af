import { describe, expect, it } from 'vitest';
import { splitStatements, sqlTokens } from '../../../contract/sql-statements.ts';

const texts = (script: string): string[] => splitStatements(script).map(({ text }) => text);

describe('a script is cut where psql cuts it', () => {
  it.each([
    ['two statements', 'SELECT 1; SELECT 2;', ['SELECT 1', 'SELECT 2']],
    ['no semicolon at the end', 'SELECT 1', ['SELECT 1']],
    ['empty statements', ';;SELECT 1;;', ['SELECT 1']],
    ['a semicolon in a literal', "SELECT 'a;b'; SELECT 2", ["SELECT 'a;b'", 'SELECT 2']],
    ['a doubled quote', "SELECT 'it''s; so'; SELECT 2", ["SELECT 'it''s; so'", 'SELECT 2']],
    ['an escaped quote', "SELECT E'a\\';b'; SELECT 2", ["SELECT E'a\\';b'", 'SELECT 2']],
    ['a quoted name', 'SELECT 1 AS "a;b"; SELECT 2', ['SELECT 1 AS "a;b"', 'SELECT 2']],
    ['a line comment', 'SELECT 1 -- a;b\n; SELECT 2', ['SELECT 1 -- a;b', 'SELECT 2']],
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
  ])('%s', (_name, script, expected) => {
    expect(texts(script)).toEqual(expected);
  });
});

it('a statement and its tokens know their lines and columns in the file', () => {
  const [, second] = splitStatements('SELECT 1;\n\n-- why\n  ALTER TABLE\n    t ADD x INT;', 10);
  expect(second).toMatchObject({ line: 12, column: 1, text: '-- why\n  ALTER TABLE\n    t ADD x INT' });
  expect(second?.tokens.map(({ text, line, column }) => [text, line, column])).toEqual([
    ['alter', 13, 3],
    ['table', 13, 9],
    ['t', 14, 5],
    ['add', 14, 7],
    ['x', 14, 11],
    ['int', 14, 13],
  ]);
});

it('names fold to lower case unless they are quoted, and literals lose their quotes', () => {
  expect(sqlTokens(`Size "Size" 'It''s' 1.5 ::`).map(({ kind, text }) => [kind, text])).toEqual([
    ['word', 'size'],
    ['quoted', 'Size'],
    ['string', "It's"],
    ['number', '1.5'],
    ['sign', '::'],
  ]);
});
