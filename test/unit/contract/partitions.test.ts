import { expect, it } from 'vitest';
import type { Relation } from '../../../contract/catalog.ts';
import type { Contract } from '../../../contract/contract.ts';
import { partitionRules } from '../../../contract/rules/partitions.ts';

const [partitionedTable] = partitionRules;

/** What the first rule says of a table with these partitions under a definition with these. */
function said(found: Relation['partitions'], partition?: { by: string }): string[] {
  const table = { name: 'public.trades', partitions: found, columns: [] };
  const contract = {
    stream: { name: 'trades', table: { name: 'public.trades', partition } },
    table,
    migrated: { places: {}, catalog: {} },
    definition: { placeOf: () => ({ file: 'connectors/trades.yaml', line: 1 }) },
  } as unknown as Contract;
  return [...(partitionedTable?.check(contract) ?? [])].map(({ message }) => message);
}

it('a table is partitioned as its definition says', () => {
  const sound = { key: 'RANGE (block_time)', by: 'block_time', hasDefault: true, names: [] };
  expect(said(null)).toEqual([]);
  expect(said(sound, { by: 'block_time' })).toEqual([]);
  expect(said(sound)).toEqual([
    'trades is partitioned by RANGE (block_time), and the definition says nothing of partitions',
  ]);
  expect(said(null, { by: 'block_time' })).toEqual([
    'trades is to be partitioned by block_time, and the migrations make it one table',
  ]);
  expect(said({ ...sound, key: 'LIST (market)', by: null }, { by: 'block_time' })).toEqual([
    'trades is partitioned by LIST (market), the definition says RANGE (block_time)',
  ]);
  expect(said({ ...sound, hasDefault: false }, { by: 'block_time' })).toEqual([
    'trades has no default partition: a row of a time that no partition takes stops the sink',
  ]);
});
