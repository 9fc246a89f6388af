import type { Catalog, Column, Relation } from '../catalog.ts';
import { columnOf } from '../catalog.ts';
import { type Contract, shortName, sqlPlace } from '../contract.ts';
import type { BrokenRule } from '../rule.ts';
import type { DriftRule } from './drift-rules.ts';

const MIGRATE = 'run `connect migrate up`, or undo by a migration what was done by hand';

/** How a database differs from what the migrations make, as far as one stream is concerned. */
export function* tableDrift(contract: Contract, live: Catalog, where: string): Generator<BrokenRule> {
  const { table, stream, migrated } = contract;
  const view = migrated.catalog.relations[stream.table.current?.view ?? ''];
  for (const relation of [table, view]) {
    if (relation === undefined || live.relations[relation.name] !== undefined) continue;
    yield broken('DRIFT_TABLE', contract, relation, undefined, `${relation.kind} ${relation.name} is not in ${where}`);
  }
  const running = live.relations[table?.name ?? ''];
  if (table === undefined || running === undefined) return;
  yield* columnDrift(contract, table, running, where);
  yield* partDrift(
    { rule: 'DRIFT_INDEX', what: 'unique index', of: ({ uniqueIndexes }) => uniqueIndexes },
    contract,
    table,
    running,
    where,
  );
  yield* partDrift({ rule: 'DRIFT_CHECK', what: 'CHECK', of: ({ checks }) => checks }, contract, table, running, where);
}

function* columnDrift(contract: Contract, table: Relation, running: Relation, where: string): Generator<BrokenRule> {
  for (const column of table.columns) {
    const found = columnOf(running, column.name);
    const path = `${shortName(table.name)}.${column.name}`;
    if (found === undefined) {
      yield broken('DRIFT_COLUMN', contract, table, column.name, `column ${path} is not in ${where}`);
    } else if (described(found) !== described(column)) {
      const message = `column ${path} is ${described(found)} in ${where}, the migrations make it ${described(column)}`;
      yield broken('DRIFT_COLUMN', contract, table, column.name, message);
    }
  }
  for (const column of running.columns) {
    if (columnOf(table, column.name) !== undefined) continue;
    const message = `${where} has a column ${shortName(table.name)}.${column.name} ${described(column)} that no migration makes`;
    yield broken('DRIFT_COLUMN', contract, table, column.name, message);
  }
}

/** `numeric(38,8) NOT NULL DEFAULT 0` */
function described({ type, nullable, default: value, identity, generated }: Column): string {
  return [
    type.text,
    nullable ? '' : 'NOT NULL',
    value === undefined ? '' : `DEFAULT ${value}`,
    identity === undefined ? '' : `GENERATED ${identity.toUpperCase()} AS IDENTITY`,
    generated ? 'GENERATED' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

interface PartKind {
  readonly rule: DriftRule;
  readonly what: string;
  of(relation: Relation): readonly { readonly name: string }[];
}

/** By what a part is, not by its name alone: an index built anew under another name does the same. */
function* partDrift(
  { rule, what, of }: PartKind,
  contract: Contract,
  table: Relation,
  running: Relation,
  where: string,
): Generator<BrokenRule> {
  const content = (part: object): string => JSON.stringify({ ...part, name: '' });
  const there = new Set(of(running).map(content));
  const wanted = new Set(of(table).map(content));
  for (const part of of(table)) {
    if (there.has(content(part))) continue;
    const changed = of(running).some(({ name }) => name === part.name);
    const how = changed ? `is another one in ${where}, or not valid` : `is not in ${where}`;
    yield broken(rule, contract, table, part.name, `${what} ${part.name} ${how}`);
  }
  for (const part of of(running)) {
    if (wanted.has(content(part)) || of(table).some(({ name }) => name === part.name)) continue;
    yield broken(rule, contract, table, part.name, `${where} has a ${what} ${part.name} that no migration makes`);
  }
}

const broken = (
  rule: DriftRule,
  contract: Contract,
  relation: Relation,
  part: string | undefined,
  message: string,
): BrokenRule => ({
  rule,
  path: [shortName(relation.name), part].filter((one) => one !== undefined).join('.'),
  places: [sqlPlace(contract, relation.name, part)],
  message,
  remedy: MIGRATE,
});
