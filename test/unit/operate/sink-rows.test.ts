import { expect, test } from 'vitest';
import { sqlText, statementGroups } from '../../../operate/sink-rows.ts';
import { positions } from '../../support/positions-stream.ts';

const row = (offset: bigint, position_account: string, more: Record<string, string> = {}) => ({
  partition: 0,
  offset,
  values: { position_account, signature: 's', ...more },
});
const offsetsOf = (rows: Parameters<typeof statementGroups>[0]) =>
  statementGroups(rows, positions).map((group) => group.map(({ offset }) => Number(offset)));

test('rows of one upsert key never meet in one statement, and their order is kept', () => {
  expect(offsetsOf([row(0n, 'a'), row(1n, 'b'), row(2n, 'a'), row(3n, 'a'), row(4n, 'b')])).toEqual([
    [0, 1],
    [2],
    [3, 4],
  ]);
});

test('rows of another schema are a statement of their own', () => {
  expect(offsetsOf([row(0n, 'a'), row(1n, 'b', { memo: 'x' }), row(2n, 'c')])).toEqual([[0], [1], [2]]);
  expect(offsetsOf([])).toEqual([]);
});

test('values are text that PostgreSQL reads exactly', () => {
  expect(sqlText(2n ** 63n - 1n)).toBe('9223372036854775807');
  expect(sqlText('-0.000001')).toBe('-0.000001');
  expect(sqlText(Buffer.from([0, 255]))).toBe('\\x00ff');
  expect(sqlText(null)).toBeNull();
  expect(sqlText(undefined)).toBeNull();
});

test('times beyond four digits and before our era are written as PostgreSQL reads them', () => {
  expect(sqlText(new Date('2026-01-01T00:00:00.123Z'))).toBe('2026-01-01T00:00:00.123Z');
  expect(sqlText(new Date('+012345-06-07T00:00:00.000Z'))).toBe('12345-06-07T00:00:00.000Z');
  expect(sqlText(new Date('0000-06-07T00:00:00.000Z'))).toBe('0001-06-07T00:00:00.000Z BC');
  expect(sqlText(new Date('-000043-03-15T00:00:00.000Z'))).toBe('0044-03-15T00:00:00.000Z BC');
});
