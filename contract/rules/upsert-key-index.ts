import type { UniqueIndex } from '../catalog.ts';
import { shortName, sqlPlace } from '../contract.ts';
import { tableRule } from '../rule.ts';

export const upsertKeyIndex = tableRule({
  id: 'UPSERT_KEY_INDEX',
  what: 'The upsert key is the columns of one unique index: whole, not deferrable, valid.',
  why: 'ON CONFLICT finds no index to arbitrate with (SQLSTATE 42P10), and the task fails on the first record.',
  *check(table, contract) {
    const { stream, migrated, definition } = contract;
    const key = stream.table.key;
    const same = table.uniqueIndexes.filter(
      ({ columns }) => columns.length === key.length && key.every((column) => columns.includes(column)),
    );
    if (same.some((index) => flaw(index) === undefined)) return;
    const [flawed] = same;
    const places = Object.entries(migrated.dropped)
      .filter(([name]) => name.startsWith(`${table.name}.`) && name.split('.').length === 3)
      .map(([, place]) => place);
    const there = table.uniqueIndexes.filter(({ columns }) => !columns.includes(null));
    yield {
      path: `${shortName(table.name)} (${key.join(', ')})`,
      places: [
        definition.placeOf(['table', 'key']),
        ...(flawed === undefined ? there.map(({ name }) => sqlPlace(contract, table.name, name)) : []),
        ...(flawed === undefined ? places : [sqlPlace(contract, table.name, flawed.name)]),
      ],
      message:
        flawed === undefined
          ? `table.key (${key.join(', ')}) is no unique index of ${shortName(table.name)}; there are ${
              there.map(({ name, columns }) => `${name} (${columns.join(', ')})`).join(', ') || 'none'
            }`
          : `table.key (${key.join(', ')}): unique index ${flawed.name} ${flaw(flawed)}`,
      remedy: `add a migration with CREATE UNIQUE INDEX … ON ${shortName(table.name)} (${key.join(', ')}), or name the columns of an index there is`,
    };
  },
});

function flaw({ partial, deferrable, valid }: UniqueIndex): string | undefined {
  if (partial) return 'covers some rows only (it has a WHERE)';
  if (deferrable) return 'is deferrable, which ON CONFLICT cannot use';
  return valid ? undefined : 'is not valid: its build has not ended';
}
