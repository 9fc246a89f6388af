import type { SqlToken } from '../../contract/sql-statements.ts';

/** An index that a migration makes by its own statement; those of constraints are not among them. */
export interface DefinedIndex {
  readonly name: string;
  /** Without its schema. */
  readonly table: string;
}

const isName = ({ kind }: SqlToken): boolean => kind === 'word' || kind === 'quoted';

/** What CREATE INDEX and DROP INDEX leave of a project's migrations, in the order they run. Pure; takes no database. */
export function definedIndexes(statements: readonly (readonly SqlToken[])[]): DefinedIndex[] {
  const indexes = new Map<string, DefinedIndex>();
  for (const tokens of statements) {
    const words = tokens.filter(isName).map(({ text }) => text);
    const at = words.indexOf('index');
    const verb = words[0];
    const isIndex = at === 1 || (at === 2 && words[1] === 'unique');
    if (!isIndex || (verb !== 'create' && verb !== 'drop')) continue;
    const rest = words.slice(at + 1).filter((word) => !['concurrently', 'if', 'not', 'exists', 'only'].includes(word));
    if (verb === 'drop') {
      for (const name of rest) indexes.delete(name);
      continue;
    }
    const name = rest[0];
    // `on schema.table (`: the name before the parenthesis.
    const open = tokens.findIndex(({ text }, index) => text === '(' && tokens[index - 1]?.kind !== 'sign');
    const using = tokens.findIndex(({ text }) => text === 'using');
    const table = tokens[(using >= 0 && using < open ? using : open) - 1]?.text;
    if (name !== undefined && name !== 'on' && table !== undefined) indexes.set(name, { name, table });
  }
  return [...indexes.values()];
}
