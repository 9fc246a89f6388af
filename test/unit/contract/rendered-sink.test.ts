import { expect, it } from 'vitest';
import { addedColumns, urlParameters, writtenFields } from '../../../contract/rendered-sink.ts';

it.each([
  ['jdbc:postgresql://db:5432/perps', {}],
  ['jdbc:postgresql://db/perps?', {}],
  ['jdbc:postgresql://db/perps?a=1&b=x%20y&a=2', { a: '2', b: 'x y' }],
  ['jdbc:postgresql://db/perps?options=-c%20a=b&flag', { options: '-c a=b', flag: '' }],
])('the parameters of %s', (url, expected) => {
  expect(Object.fromEntries(urlParameters(url))).toEqual(expected);
});

it('transforms are followed in the order in which they run', () => {
  const insert = { 'transforms.i.type': 'org.apache.kafka.connect.transforms.InsertField$Value' };
  const replace = { 'transforms.r.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value' };
  const settings = { ...insert, ...replace, 'transforms.i.offset.field': 'at!', 'transforms.r.include': 'a, b' };
  expect([...addedColumns({ ...settings, transforms: 'r, i' })]).toEqual([['at', 'transforms.i.offset.field']]);
  expect([...writtenFields({ ...settings, transforms: 'r, i' }, ['a', 'c'])]).toEqual(['a', 'at']);
  expect([...writtenFields({ ...settings, transforms: 'i, r' }, ['a', 'c'])]).toEqual(['a']);
});
