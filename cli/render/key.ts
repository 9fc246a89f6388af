import type { KeyMigration } from '../../app/key-migration.ts';

/** The file, and what it does. */
export const keyMigrationLines = ({ table, key, formerKey, lookups, path }: KeyMigration): string[] => [
  `+ ${path}`,
  `  ${table}  (${formerKey.join(', ')}) → (${key.join(', ')})`,
  ...lookupLines(lookups),
];

/** What keeps rows found by these columns. */
export const lookupLines = (lookups: KeyMigration['lookups']): string[] =>
  lookups.map(({ column, method }) => `  rows by ${column} are found by a ${method} index of their own`);
