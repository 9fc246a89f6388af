import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openMigratedPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { type PositionRow, upsert } from '../../support/position-rows.ts';

let database: PGlite;

beforeAll(async () => {
  database = await openMigratedPglite();
}, PGLITE_TIMEOUT_MS);
afterAll(() => database.close());
beforeEach(() => database.exec('TRUNCATE positions RESTART IDENTITY; RESET TimeZone'));

/** Writes rows in one statement as the sink does. Returns how many were written. */
async function deliver(...updates: readonly Partial<PositionRow>[]): Promise<number> {
  const { text, values } = upsert(updates);
  return (await database.query(text, values)).affectedRows ?? 0;
}

async function select<T = Record<string, unknown>>(sql: string): Promise<T[]> {
  return (await database.query<T>(sql)).rows;
}

/** Row versions show whether PostgreSQL wrote anything, a write without a change included. */
const versions = () => select('SELECT signature, ctid::text, xmin::text FROM positions ORDER BY id');

describe('a redelivery', () => {
  it('of the same record writes nothing', async () => {
    await deliver({});
    const before = await versions();
    expect(await deliver({})).toBe(0);
    expect(await versions()).toEqual(before);
  });

  it('of an older record never puts its content over the newer one', async () => {
    await deliver({ kafka_offset: 20, mark_price: '200.000000' });
    const before = await versions();
    expect(await deliver({ kafka_offset: 10, mark_price: '100.000000' })).toBe(0);
    expect(await versions()).toEqual(before);
    expect(await select('SELECT mark_price, kafka_offset FROM positions')).toEqual([
      { mark_price: '200.000000', kafka_offset: 20 },
    ]);
  });

  it('with a higher offset is taken, content and offset; id and created_at keep their first value', async () => {
    await deliver({});
    const [first] = await select('SELECT id, created_at FROM positions');
    expect(await deliver({ kafka_offset: 11, status: 'Closed' })).toBe(1);
    expect(await select('SELECT id, created_at FROM positions')).toEqual([first]);
    expect(await select('SELECT status, kafka_offset FROM positions')).toEqual([
      { status: 'Closed', kafka_offset: 11 },
    ]);
  });

  it('with a higher offset is taken even when nothing else differs', async () => {
    await deliver({});
    expect(await deliver({ kafka_offset: 11 })).toBe(1);
    expect(await select('SELECT kafka_offset FROM positions')).toEqual([{ kafka_offset: 11 }]);
  });

  it('in another partition is taken, since offsets of different partitions do not compare', async () => {
    await deliver({ kafka_partition: 3, kafka_offset: 500 });
    expect(await deliver({ kafka_partition: 1, kafka_offset: 2, status: 'Closed' })).toBe(1);
    expect(await select('SELECT status, kafka_partition FROM positions')).toEqual([
      { status: 'Closed', kafka_partition: 1 },
    ]);
  });

  it.each([
    ['the row', { kafka_partition: null, kafka_offset: null }, {}],
    ['the update', {}, { kafka_partition: null, kafka_offset: null }],
  ])('is taken when %s has no offset and something differs', async (_what, row, update) => {
    await deliver(row);
    expect(await deliver({ ...update, status: 'Closed' })).toBe(1);
    expect(await select('SELECT status FROM positions')).toEqual([{ status: 'Closed' }]);
  });

  it('without offsets writes nothing when nothing differs', async () => {
    const byHand = { kafka_partition: null, kafka_offset: null };
    await deliver(byHand);
    const before = await versions();
    expect(await deliver(byHand)).toBe(0);
    expect(await versions()).toEqual(before);
  });

  it('among new rows of one statement leaves the new ones unharmed', async () => {
    await deliver({ signature: 's1', kafka_offset: 1 });
    expect(
      await deliver(
        { signature: 's0', kafka_offset: 0 },
        { signature: 's1', kafka_offset: 1 },
        { signature: 's2', kafka_offset: 2 },
      ),
    ).toBe(2);
    expect(await select('SELECT count(*)::int AS rows FROM positions')).toEqual([{ rows: 3 }]);
  });
});

describe('a row that differs from its record', () => {
  const rows = () => select('SELECT owner, margin, corrected_at IS NOT NULL AS corrected FROM positions');
  const record = { owner: 'alice', margin: '10.000000', corrected: false };

  it('is repaired when the record is read again', async () => {
    await deliver({});
    await database.exec(`ALTER TABLE positions DISABLE TRIGGER USER; UPDATE positions SET margin = 11;
                         ALTER TABLE positions ENABLE TRIGGER USER`);
    expect(await deliver({})).toBe(1);
    expect(await rows()).toEqual([record]);
    expect(await deliver({})).toBe(0);
  });

  it('is not repaired by an older record', async () => {
    await deliver({ kafka_offset: 11 });
    expect(await deliver({ kafka_offset: 10, margin: '11.000000' })).toBe(0);
    expect(await rows()).toEqual([record]);
  });

  it('gets a field that was left out before', async () => {
    await deliver({ funding_accrued: '0.000000' });
    expect(await deliver({ funding_accrued: '7.000000' })).toBe(1);
    expect(await select('SELECT funding_accrued, corrected_at FROM positions')).toEqual([
      { funding_accrued: '7.000000', corrected_at: null },
    ]);
  });

  it('can be corrected by hand, says so, and is in the views', async () => {
    await deliver({});
    const { affectedRows } = await database.query("UPDATE positions SET owner = 'bob', margin = 99");
    expect(affectedRows).toBe(1);
    expect(await rows()).toEqual([{ owner: 'bob', margin: '99.000000', corrected: true }]);
    expect(await select('SELECT owner, margin FROM current_positions')).toEqual([
      { owner: 'bob', margin: '99.000000' },
    ]);
  });

  it('takes the UPDATE of a migration that fills a new column', async () => {
    await deliver({});
    await database.exec('ALTER TABLE positions ADD COLUMN fee NUMERIC');
    try {
      await database.exec('UPDATE positions SET fee = 0');
      expect(await select('SELECT fee FROM positions')).toEqual([{ fee: '0' }]);
    } finally {
      await database.exec('ALTER TABLE positions DROP COLUMN fee');
    }
  });

  it.each([
    ['its own record', {}],
    ['a later delivery', { kafka_offset: 12 }],
  ])('loses a correction by hand when %s is read again', async (_what, delivery) => {
    await deliver({});
    await database.exec('UPDATE positions SET margin = 99');
    expect(await deliver(delivery)).toBe(1);
    expect(await rows()).toEqual([record]);
  });

  it('is not called corrected after an UPDATE that changes nothing', async () => {
    await deliver({});
    await database.exec('UPDATE positions SET margin = margin');
    expect(await rows()).toEqual([record]);
  });
});

describe('the order inside a slot', () => {
  const current = async () =>
    (await select<{ signature: string }>('SELECT signature FROM current_positions')).map(({ signature }) => signature);
  const first = { signature: 'first', ordinal: 0 };
  const second = { signature: 'second', ordinal: 1, status: 'Closed' };

  it('is that of the ordinals, whatever is delivered again', async () => {
    await deliver({ ...first, kafka_offset: 10 }, { ...second, kafka_offset: 11 });
    await deliver({ ...first, kafka_offset: 20 });
    expect(await current()).toEqual(['second']);
    await deliver({ ...second, kafka_offset: 21 });
    expect(await current()).toEqual(['second']);
  });

  it('puts a replayed update into its old place', async () => {
    await deliver({ ...second, kafka_offset: 11 });
    await deliver({ ...first, kafka_offset: 500 });
    expect(await current()).toEqual(['second']);
  });

  it('ranks a row without an ordinal highest until it is sent again', async () => {
    await deliver({ signature: 'first', kafka_offset: 10 }, { signature: 'second', kafka_offset: 11 });
    await deliver({ ...first, kafka_offset: 20 });
    expect(await current()).toEqual(['second']);
    await deliver({ ...second, kafka_offset: 21 }, { signature: 'third', ordinal: 2, kafka_offset: 22 });
    expect(await current()).toEqual(['third']);
  });

  it('does not ask in which partition a row stands', async () => {
    await deliver({ ...first, kafka_partition: 0, kafka_offset: 1_000_000 });
    await deliver({ ...second, kafka_partition: 5, kafka_offset: 3 });
    expect(await current()).toEqual(['second']);
  });

  it('keeps the later of two updates of one transaction when the earlier is delivered again', async () => {
    const earlier = { ordinal: 0, mark_price: '1.000000' };
    const later = { ordinal: 1, mark_price: '2.000000' };
    await deliver({ ...earlier, kafka_offset: 10 });
    await deliver({ ...later, kafka_offset: 11 });
    expect(await deliver({ ...earlier, kafka_offset: 20 })).toBe(0);
    expect(await select('SELECT mark_price, ordinal FROM positions')).toEqual([{ mark_price: '2.000000', ordinal: 1 }]);
    expect(await deliver({ ...later, kafka_offset: 21 })).toBe(1);
  });

  it('takes a lower ordinal of the same content: it was counted better', async () => {
    await deliver({ ordinal: 2, kafka_offset: 10 });
    expect(await deliver({ ordinal: 1, kafka_offset: 20 })).toBe(1);
    expect(await select('SELECT ordinal, kafka_offset FROM positions')).toEqual([{ ordinal: 1, kafka_offset: 20 }]);
  });
});

describe('ties inside a slot', () => {
  const current = async () =>
    (await select<{ signature: string }>('SELECT signature FROM current_positions')).map(({ signature }) => signature);

  it('without ordinals are decided by the offset, whatever order the rows arrived in', async () => {
    await deliver({ signature: 'second', kafka_offset: 11 }, { signature: 'first', kafka_offset: 10 });
    expect(await current()).toEqual(['second']);
  });

  it('stay right when both updates are sent again and only the first has arrived so far', async () => {
    await deliver({ signature: 'first', kafka_offset: 10 }, { signature: 'second', kafka_offset: 11 });
    await deliver({ signature: 'first', kafka_offset: 20 });
    await deliver({ signature: 'second', kafka_offset: 21 });
    expect(await current()).toEqual(['second']);
    // A sink whose offsets were set back delivers the first pass once more.
    await deliver({ signature: 'first', kafka_offset: 10 }, { signature: 'second', kafka_offset: 11 });
    expect(await current()).toEqual(['second']);
  });

  it('prefer a row with an offset to one without, and among those without the later one', async () => {
    const byHand = { kafka_partition: null, kafka_offset: null };
    await deliver({ ...byHand, signature: 'hand-1' });
    await deliver({ ...byHand, signature: 'hand-2' });
    expect(await current()).toEqual(['hand-2']);
    await deliver({ signature: 'sink', kafka_offset: 0 });
    await deliver({ ...byHand, signature: 'hand-3' });
    expect(await current()).toEqual(['sink']);
  });

  it('do not matter across slots: a higher slot wins with any offset', async () => {
    await deliver({ signature: 'new', slot: 101, kafka_offset: 1 }, { signature: 'old', slot: 100, kafka_offset: 99 });
    expect(await current()).toEqual(['new']);
  });
});
