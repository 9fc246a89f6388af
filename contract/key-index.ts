import type { Relation, UniqueIndex } from './catalog.ts';

/**
 * The unique indexes that can have been the upsert key before it became `key`: whole, over other columns, all of them fields of the record.
 * Where some hold all columns of `key`, or are held by it, these come alone.
 */
export function formerKeys(
  table: Pick<Relation, 'uniqueIndexes'>,
  key: readonly string[],
  fields: ReadonlySet<string>,
): readonly UniqueIndex[] {
  const possible = table.uniqueIndexes.filter(
    ({ columns, partial, deferrable }) =>
      !partial &&
      !deferrable &&
      columns.every((column) => column !== null && fields.has(column)) &&
      !hasSameColumns(columns, key),
  );
  const near = possible.filter(({ columns }) => holdsAll(columns, key) || holdsAll(key, columns));
  return near.length > 0 ? near : possible;
}

/** Whether the sink can upsert on a key by this index, once it is valid. */
export const isKeyIndex = ({ columns, partial, deferrable }: UniqueIndex, key: readonly string[]): boolean =>
  !partial && !deferrable && hasSameColumns(columns, key);

const hasSameColumns = (key: readonly unknown[], other: readonly unknown[]): boolean =>
  holdsAll(key, other) && holdsAll(other, key);

/** Whether a key has all columns of another one. */
export const holdsAll = (key: readonly unknown[], other: readonly unknown[]): boolean =>
  other.every((column) => key.includes(column));
