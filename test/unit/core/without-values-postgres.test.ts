import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withoutValues } from '../../../core/without-values.ts';
import { openPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';

let database: PGlite;
beforeAll(async () => {
  database = await openPglite();
  await database.exec(`
    CREATE TYPE side AS ENUM ('Long', 'Short');
    CREATE DOMAIN positive AS numeric CHECK (VALUE > 0);
    CREATE TABLE other (id text PRIMARY KEY);
    CREATE TABLE rows (
      id text UNIQUE, amount numeric(5, 2), small smallint CHECK (small > 0), day date, at timestamptz, side side, flag boolean,
      document jsonb, list int[], uuid uuid, address inet, bits bit(3), bytes bytea, short varchar(3), needed text,
      positive positive, other text REFERENCES other, big bigint, real double precision, span interval, spans int4range
    );
    ALTER TABLE rows ADD CONSTRAINT apart EXCLUDE (needed WITH =);
    CREATE TABLE parts (id text NOT NULL, slot bigint) PARTITION BY RANGE (slot);
    INSERT INTO rows (id, needed) VALUES ('owner77', 'secret88');
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.short = '999' THEN PERFORM NEW.needed::numeric; END IF; RETURN NEW; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON rows FOR EACH ROW EXECUTE FUNCTION refuse();
  `);
}, PGLITE_TIMEOUT_MS);
afterAll(() => database.close());

it.each([
  ["INSERT INTO rows (id) VALUES ('owner77')"],
  ["INSERT INTO rows (needed) VALUES ('secret88')"],
  ["INSERT INTO rows (id, small) VALUES ('owner77x', -77)"],
  ["INSERT INTO rows (id, positive) VALUES ('owner77x', -77)"],
  ["INSERT INTO rows (other) VALUES ('owner77')"],
  ["INSERT INTO rows (amount) VALUES ('777777.77')"],
  ["INSERT INTO rows (amount) VALUES ('owner77')"],
  ["INSERT INTO rows (small) VALUES ('77777')"],
  ['INSERT INTO rows (small) VALUES (77777::bigint)'],
  ["INSERT INTO rows (big) VALUES ('7777777777777777777777')"],
  ["INSERT INTO rows (real) VALUES ('7e7777')"],
  ["INSERT INTO rows (day) VALUES ('2026-77-77')"],
  ["INSERT INTO rows (at) VALUES ('owner77')"],
  ["INSERT INTO rows (side) VALUES ('owner77')"],
  ["INSERT INTO rows (flag) VALUES ('owner77')"],
  [`INSERT INTO rows (document) VALUES ('{"owner77": secret88}')`],
  ["INSERT INTO rows (list) VALUES ('{owner77')"],
  ["INSERT INTO rows (list) VALUES ('{owner77}')"],
  ["INSERT INTO rows (uuid) VALUES ('owner77')"],
  ["INSERT INTO rows (address) VALUES ('owner77')"],
  ["INSERT INTO rows (bits) VALUES ('7777')"],
  ["INSERT INTO rows (bytes) VALUES ('\\xowner77')"],
  ["INSERT INTO rows (short) VALUES ('owner77')"],
  ["INSERT INTO rows (span) VALUES ('owner77')"],
  ["INSERT INTO rows (spans) VALUES ('owner77')"],
  ["INSERT INTO rows (spans) VALUES ('[77,7)')"],
  ["INSERT INTO rows (short, needed) VALUES ('999', 'owner77')"],
  ['INSERT INTO parts VALUES (NULL, 77)'],
  ["INSERT INTO parts VALUES ('owner77', 77)"],
])('what PostgreSQL says of %s is told without its values', async (statement) => {
  const error = (await database.query(statement).catch((thrown: unknown) => thrown)) as Record<
    string,
    string | undefined
  >;
  expect(error).toBeInstanceOf(Error);
  // As pgjdbc and `connect` tell it.
  const text = [`ERROR: ${error.message}`, ...['detail', 'hint', 'where'].flatMap((name) => error[name] ?? [])];
  expect(withoutValues(text.join(' Detail: '))).not.toMatch(/owner77|secret88|777|\b-?77\b/i);
  expect(withoutValues(error.message ?? '')).not.toMatch(/owner77|secret88|777|\b-?77\b/i);
});
