import { expect, it } from 'vitest';
import { movingColumns, slotColumnOf } from '../../../pipeline/moving-columns.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';

const stream = (table: Partial<StreamDefinition['table']>, more: Partial<StreamDefinition> = {}): StreamDefinition =>
  ({ feed: { fields: {} }, ...more, table: { key: ['slot', 'account', 'signature'], ...table } }) as StreamDefinition;

it('the slot of a feed that is resumed by it moves until an update is final, with or without a view of current states', () => {
  expect(movingColumns(stream({}))).toEqual(['slot']);
  expect(movingColumns(stream({ current: { view: 'v', identity: 'account', order: 'block' } }))).toEqual([]);
  expect(movingColumns(stream({ key: ['account', 'signature'] }))).toEqual([]);
});

it('of a feed with a method of its own it is the field by which that is resumed, under the name that it is mapped to', () => {
  const resumed = (kind: 'slot' | 'cursor') =>
    ({ method: 'Watch', fields: { at: { to: 'slot' } }, position: { kind, field: 'at', request: 'from' } }) as never;
  expect(slotColumnOf(stream({}, { feed: resumed('slot') }))).toBe('slot');
  expect(slotColumnOf(stream({}, { feed: resumed('cursor') }))).toBeUndefined();
});

it('the time of the partitions moves, too', () => {
  const partition = { by: 'block_time', every: 'day', ahead: 3 } as never;
  expect(movingColumns(stream({ partition, key: ['account', 'signature', 'block_time'] }))).toEqual(['block_time']);
});
