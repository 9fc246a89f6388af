import { expect, test } from 'vitest';
import { parseScript } from '../../../../contract/sql-parser.ts';
import { definedIndexes } from '../../../../operate/doctor/defined-indexes.ts';

test('the indexes of migrations are those created and not dropped again', async () => {
  const sql = `
    CREATE TABLE a (x int, CONSTRAINT a_x UNIQUE (x));
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_unique ON public.a (x);
    CREATE INDEX a_brin ON a USING brin (x) WITH (pages_per_range = 32);
    CREATE INDEX a_lower ON ONLY a ((lower(x)));
    CREATE INDEX "(" ON a (x);
    CREATE INDEX ON a (x);
    CREATE INDEX gone ON a (x);
    DROP INDEX IF EXISTS public.gone;`;
  const { statements } = await parseScript({ file: 'migrations/0001_a.sql', sql, firstLine: 1 });
  expect(definedIndexes(statements)).toEqual([
    { name: 'a_unique', table: 'a' },
    { name: 'a_brin', table: 'a' },
    { name: 'a_lower', table: 'a' },
    { name: '(', table: 'a' },
  ]);
});
