import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { AppliedStep } from '../../../operate/partitions/apply-partitions.ts';
import type { PartitionedStream } from '../../../operate/partitions/read-partitions.ts';
import { createPartitionKeeper } from '../../../operate/watch/keep-partitions.ts';
import { positions } from '../../support/positions-stream.ts';
import { createPrivatePostgres, type PrivatePostgres } from '../../support/private-postgres.ts';

let server: PrivatePostgres;
const stream: PartitionedStream = {
  ...positions,
  name: 'fills',
  table: { name: 'public.fills', key: ['account', 'at'], partition: { by: 'at', every: 'day', ahead: 1 } },
};

beforeAll(async () => {
  server = await createPrivatePostgres();
}, 60_000);
afterAll(() => server?.remove());
beforeEach(async () => {
  await server.query(`DROP TABLE IF EXISTS fills;
    CREATE TABLE fills (account TEXT NOT NULL, at TIMESTAMP NOT NULL, UNIQUE (account, at)) PARTITION BY RANGE (at);
    CREATE TABLE fills_default PARTITION OF fills DEFAULT`);
});

/** A keeper whose clock the test moves. */
function keeper() {
  const kept: string[] = [];
  const { begin, settled, failureOf } = createPartitionKeeper({
    database: { ...server.superuser, database: 'postgres' },
    archive: undefined,
    signal: new AbortController().signal,
    onKept: (_stream, steps: readonly AppliedStep[]) => void kept.push(...steps.map(({ name }) => name)),
  });
  return {
    /** Looks at a time; what was kept then. */
    async at(time: string): Promise<string[]> {
      begin([stream], Date.parse(time));
      await settled();
      return kept.splice(0);
    },
    failure: () => failureOf('fills'),
  };
}

it('keeps at once, then when an hour has begun, and so at midnight', async () => {
  const { at } = keeper();
  expect(await at('2026-11-29T10:20:00Z')).toEqual(['public.fills_p20261129', 'public.fills_p20261130']);
  await server.query(`INSERT INTO fills VALUES ('a', '2026-11-27')`);
  expect(await at('2026-11-29T10:59:59Z')).toEqual([]);
  expect(await at('2026-11-29T11:00:00Z')).toEqual(['public.fills_p20261127']);
  expect(await at('2026-11-29T23:59:59Z')).toEqual([]);
  expect(await at('2026-11-30T00:00:00Z')).toEqual(['public.fills_p20261201']);
});

it('says why it failed, tries again after five minutes, and says no more once it has not', async () => {
  const { at, failure } = keeper();
  await server.query('ALTER TABLE fills RENAME TO away');
  expect(await at('2026-11-29T10:00:00Z')).toEqual([]);
  expect(failure()).toBe('table public.fills does not exist');
  await server.query('ALTER TABLE away RENAME TO fills');
  expect(await at('2026-11-29T10:04:59Z')).toEqual([]);
  expect(await at('2026-11-29T10:05:00Z')).toHaveLength(2);
  expect(failure()).toBeUndefined();
});

it('leaves many rows of the default partition to a person, and makes the other partitions', async () => {
  await server.query(`INSERT INTO fills SELECT 'a' || g, '2026-11-29 08:00' FROM generate_series(1, 20001) AS g`);
  const { at, failure } = keeper();
  expect(await at('2026-11-29T10:00:00Z')).toEqual(['public.fills_p20261130']);
  expect(failure()).toContain('20001 rows of the default partition are more than watch moves');
});
