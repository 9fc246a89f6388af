import { describe, expect, it } from 'vitest';
import { canonicalRecord } from '../../../operate/canonical.ts';
import { compareRecord } from '../../../operate/compare-record.ts';
import { positionSchema, positionStream } from '../../support/position-feed.ts';
import { POSITION } from '../../support/position-rows.ts';

const check = { stream: positionStream, written: positionSchema.fields };
const values = (changes: Record<string, string | null> = {}) => ({
  ...canonicalRecord(positionSchema.fields, POSITION as never),
  ...changes,
});
const row = (partition: number | null, offset: bigint | null, changes: Record<string, string | null> = {}) => ({
  values: values(changes),
  partition,
  offset,
});
const compare = (record: ReturnType<typeof values>, found: ReturnType<typeof row> | undefined) =>
  compareRecord(check, { partition: 1, offset: 20n }, record, found);

describe('a record beside the row of its key', () => {
  it('is missing without one', () => {
    expect(compare(values(), undefined)).toEqual({ kind: 'missing' });
  });

  it('is equal to the row that names it', () => {
    expect(compare(values(), row(1, 20n))).toEqual({ kind: 'equal' });
  });

  it('differs from the row that names it in the columns that differ', () => {
    const changed = row(1, 20n, { margin: '11.000000', owner: 'bob' });
    expect(compare(values(), changed)).toEqual({ kind: 'differs', row: changed, columns: ['owner', 'margin'] });
  });

  it('that carries a number differs from a row with another one', () => {
    expect(compare(values({ ordinal: '1' }), row(1, 20n, { ordinal: '0' }))).toMatchObject({
      kind: 'differs',
      columns: ['ordinal'],
    });
  });

  it('without a number is equal to a row that has one', () => {
    expect(compare(values(), row(1, 20n, { ordinal: '3' }))).toEqual({ kind: 'equal' });
  });

  it.each([
    ['a later delivery in its partition', row(1, 21n, { ordinal: '0' })],
    ['a delivery in another partition, whose offsets do not compare', row(7, 3n, { ordinal: '0', bank_id: '9' })],
  ])('was redelivered when the row says the same and names %s', (_what, found) => {
    expect(compare(values({ ordinal: '0' }), found).kind).toBe('redelivered');
  });

  it('was replaced when the row names a later delivery that says something else', () => {
    expect(compare(values(), row(1, 21n, { margin: '11.000000' }))).toMatchObject({
      kind: 'replaced',
      columns: ['margin'],
    });
  });

  it('was replaced when the row has a later update of the same transaction, whatever its offset', () => {
    const later = row(1, 11n, { ordinal: '1', margin: '11.000000' });
    expect(compare(values({ ordinal: '0' }), later).kind).toBe('replaced');
  });

  it.each([
    ['an older delivery', row(1, 19n)],
    ['no record', row(null, null)],
    ['a record of an earlier topic, although it says the same', row(-2, 30n, { ordinal: '1' })],
    ['another partition and something else, so that nobody can tell which is later', row(7, 3n, { owner: 'bob' })],
    ['an earlier update of the same transaction', row(1, 30n, { ordinal: '0', margin: '11.000000' })],
  ])('is not in a row that names %s', (_what, found) => {
    expect(compare(values({ ordinal: '1' }), found).kind).toBe('older');
  });
});
