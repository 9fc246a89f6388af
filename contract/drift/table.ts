import type { Catalog, Column, Relation } from '../catalog.ts';
import { columnOf } from '../catalog.ts';
import { type Contract, shortName, sqlAt } from '../contract.ts';
import type { BrokenRule } from '../rule.ts';
import type { DriftRule } from './drift-rules.ts';

/** What a part of a relation is called, and the parts there are. */
interface PartKind {
  readonly rule: DriftRule;
  readonly what: string;
  of(relation: Relation): readonly { readonly name: string }[];
}

const PARTS: readonly PartKind[] = [
  { rule: 'DRIFT_INDEX', what: 'unique index', of: ({ uniqueIndexes }) => uniqueIndexes },
  { rule: 'DRIFT_CHECK', what: 'CHECK', of: ({ checks }) => checks },
];

/**
 * How a database differs from what the migrations make, as far as one stream is concerned. What a pending migration makes, changes
 * or drops is left out: that it has not run is a finding of its own.
 */
export function* tableDrift(
  contract: Contract,
  { catalog: live, pending }: { readonly catalog: Catalog; readonly pending: ReadonlySet<string> },
  where: string,
): Generator<BrokenRule> {
  const { table, stream, migrated } = contract;
  const broken = (rule: DriftRule, relation: Relation, part: string | undefined, message: string): BrokenRule => ({
    rule,
    ...sqlAt(contract, relation.name, part),
    message,
    remedy: 'it was done by hand: undo it, or write a migration that does it',
  });
  const isPending = (relation: string, part?: string): boolean => {
    const key = part === undefined ? relation : `${relation}.${part}`;
    return [migrated.places[key], migrated.dropped[key]].some(
      (place) => place !== undefined && pending.has(place.file),
    );
  };
  const view = migrated.catalog.relations[stream.table.current?.view ?? ''];
  for (const relation of [table, view]) {
    if (relation === undefined || live.relations[relation.name] !== undefined || isPending(relation.name)) continue;
    yield broken('DRIFT_TABLE', relation, undefined, `${relation.kind} ${relation.name} is not in ${where}`);
  }
  const running = live.relations[table?.name ?? ''];
  if (table === undefined || running === undefined) return;
  for (const [name, message] of columnDrift(table, running, where)) {
    if (!isPending(table.name, name)) yield broken('DRIFT_COLUMN', table, name, message);
  }
  for (const kind of PARTS) {
    for (const [name, message] of partDrift(kind, table, running, where)) {
      if (!isPending(table.name, name)) yield broken(kind.rule, table, name, message);
    }
  }
}

/** Each column that differs, and how. */
function* columnDrift(table: Relation, running: Relation, where: string): Generator<readonly [string, string]> {
  for (const column of table.columns) {
    const found = columnOf(running, column.name);
    const path = `${shortName(table.name)}.${column.name}`;
    if (found === undefined) {
      yield [column.name, `column ${path} is not in ${where}`];
    } else if (described(found) !== described(column)) {
      yield [
        column.name,
        `column ${path} is ${described(found)} in ${where}, the migrations make it ${described(column)}`,
      ];
    }
  }
  for (const column of running.columns) {
    if (columnOf(table, column.name) !== undefined) continue;
    const path = `${shortName(table.name)}.${column.name}`;
    yield [column.name, `${where} has a column ${path} ${described(column)} that no migration makes`];
  }
}

/** `numeric(38,8) NOT NULL DEFAULT 0` */
function described({ type, collation, nullable, default: value, identity, generated }: Column): string {
  return [
    type.text,
    collation === undefined || collation === 'default' ? '' : `COLLATE "${collation}"`,
    nullable ? '' : 'NOT NULL',
    value === undefined ? '' : `DEFAULT ${value}`,
    identity === undefined ? '' : `GENERATED ${identity.toUpperCase()} AS IDENTITY`,
    generated ? 'GENERATED' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** By what a part is, not by its name alone: an index built anew under another name does the same. */
function* partDrift(
  { what, of }: PartKind,
  table: Relation,
  running: Relation,
  where: string,
): Generator<readonly [string, string]> {
  const content = (part: object): string => JSON.stringify({ ...part, name: '' });
  const there = new Set(of(running).map(content));
  const wanted = new Set(of(table).map(content));
  for (const part of of(table)) {
    if (there.has(content(part))) continue;
    const changed = of(running).some(({ name }) => name === part.name);
    const how = changed ? `is another one in ${where}, or not valid` : `is not in ${where}`;
    yield [part.name, `${what} ${part.name} ${how}`];
  }
  for (const part of of(running)) {
    if (wanted.has(content(part)) || of(table).some(({ name }) => name === part.name)) continue;
    yield [part.name, `${where} has a ${what} ${part.name} that no migration makes`];
  }
}
