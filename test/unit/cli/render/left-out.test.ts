import { expect, it } from 'vitest';
import { unreadLines, unsimulatedLines } from '../../../../cli/render/left-out.ts';
import type { StreamDefinition } from '../../../../pipeline/types.ts';

const feed = {} as StreamDefinition['feed'];
const adapter = {} as StreamDefinition['adapter'];
const read = { name: 'trades', feed, adapter: undefined };
const byModule = { name: 'prints', feed: undefined, adapter };
const foreign = { name: 'orders', feed: undefined, adapter: undefined };

it('a stream without a feed is left out of produce, and one line says so', () => {
  expect(unreadLines([read, byModule, foreign])).toEqual(['left out: orders (no feed: others write its records)']);
  expect(unreadLines([read, byModule])).toEqual([]);
});

it('a stream that a module reads is left out of simulate and start, too', () => {
  expect(unsimulatedLines([read, byModule, foreign])).toEqual([
    'left out: prints, orders (no feed that a proto describes)',
  ]);
  expect(unsimulatedLines([read])).toEqual([]);
});

it('where nothing is left, the error says it', () => {
  expect(unreadLines([foreign])).toEqual([]);
  expect(unsimulatedLines([byModule])).toEqual([]);
});
