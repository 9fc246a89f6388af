import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { draftChoices } from '../../../../app/inspect-feed.ts';
import { createDraftedShapes, type Drafted, type DraftedShapes } from '../../../support/drafted-shapes.ts';

let shapes: DraftedShapes;
beforeAll(async () => {
  shapes = await createDraftedShapes();
});
afterAll(() => shapes.remove());

it.each<[string, string, Drafted, RegExp]>([
  ['no key', 'a', { method: 'Trees' }, /which fields of vendor\.shapes\.v1\.Node tell its updates apart/],
  [
    'a key that is not there',
    'a',
    { method: 'Trees', key: ['ids'] },
    /--key: ids is no field of vendor\.shapes\.v1\.Node; did you mean "id"/,
  ],
  [
    'a key of a list',
    'a',
    { method: 'Trees', key: ['children'] },
    /--key: children cannot tell rows apart: it is a list/,
  ],
  ['a key of a double', 'a', { method: 'Shapes/Scalars', key: ['ratio'] }, /it is double/],
  [
    'an update that nobody chose',
    'a',
    { method: 'Members', key: ['seq'] },
    /only you know which of them is the update/,
  ],
  ['an update that is no message', 'a', { method: 'Trees', update: 'id', key: ['id'] }, /is no message/],
  [
    'a slot that is text',
    'a',
    { method: 'Trees', key: ['id'], position: { kind: 'slot', field: 'id' } },
    /id is string; a slot is a whole number/,
  ],
  [
    'a position that two fields take',
    'a',
    { method: 'Trees', key: ['id'], position: { kind: 'cursor', field: 'number' } },
    /is not plain/,
  ],
  [
    'a method that answers once, without a position',
    'a',
    { method: 'Once', key: ['uid'] },
    /Once answers once .*: without a position each answer would be taken anew/,
  ],
  ['a time of text', 'a', { method: 'Trees', key: ['id'], times: { id: 'seconds' } }, /--time: id is no whole number/],
  [
    'an amount of bytes',
    'a',
    { method: 'Shapes/Scalars', key: ['seq'], decimals: { raw: { precision: 9, scale: 1 } } },
    /raw is bytes, which holds no exact amount/,
  ],
  ['a word of SQL', 'order', { method: 'Trees', key: ['id'] }, /"order" cannot name a stream/],
  ['the name of a stream that is there', 'trees', { method: 'Trees', key: ['id'] }, /stream trees already/],
  ['a bad name', 'Trees', { method: 'Trees', key: ['id'] }, /cannot name a stream/],
])('is refused: %s', (_what, stream, options, says) => {
  expect(() => shapes.draft(stream, options)).toThrow(says);
  expect(readdirSync(join(shapes.root, 'connectors'))).not.toContain(`${stream === 'trees' ? '' : stream}.yaml`);
});

it('the position is none where the request takes nothing back, and never where a method answers once', () => {
  const { catalog } = shapes;
  const offered = (method: string, of = catalog) => draftChoices(of, method, undefined).positions;
  expect(offered('Shapes/Scalars')).toEqual(['slot', 'cursor', 'none']);
  expect(offered('Once')).toEqual(['slot', 'cursor']);
  expect(offered('Meanings')).toEqual(['none']);
  const methods = catalog.methods.map((one) => ({ ...one, kind: 'unary' as const }));
  const polled = { ...catalog, methods };
  expect(offered('Meanings', polled)).toEqual([]);
  expect(() => draftChoices(polled, 'Meanings', undefined).requirePosition(undefined, { kind: 'none' })).toThrow(
    expect.objectContaining({
      hint: 'choose another method: the request has to take the position back, and google.protobuf.Empty has no field that could, so this method cannot fill a stream',
    }),
  );
});
