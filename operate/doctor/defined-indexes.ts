import type { SqlStatement } from '../../contract/sql-parser.ts';

/** An index that a migration makes by its own statement; those of constraints are not among them. */
export interface DefinedIndex {
  readonly name: string;
  /** Without its schema. */
  readonly table: string;
}

/** What CREATE INDEX and DROP INDEX leave of a project's migrations, in the order they run. Pure; takes no database. */
export function definedIndexes(statements: readonly Pick<SqlStatement, 'tree'>[]): DefinedIndex[] {
  const indexes = new Map<string, DefinedIndex>();
  for (const { tree } of statements) {
    if ('IndexStmt' in tree) {
      const { idxname: name, relation } = tree.IndexStmt;
      if (name && relation?.relname) indexes.set(name, { name, table: relation.relname });
    }
    if ('DropStmt' in tree && tree.DropStmt.removeType === 'OBJECT_INDEX') {
      for (const dropped of tree.DropStmt.objects ?? []) {
        const last = 'List' in dropped ? dropped.List.items?.at(-1) : undefined;
        if (last !== undefined && 'String' in last) indexes.delete(last.String.sval ?? '');
      }
    }
  }
  return [...indexes.values()];
}
