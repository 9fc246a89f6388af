import { packageFile } from '../core/package-root.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { type Catalog, columnOf, type Relation } from './catalog.ts';
import { shortName } from './contract.ts';

/** The triggers and functions that this package's migrations make. */
export interface PackageGuards {
  /** By `schema.table` and name, as PostgreSQL prints them. */
  readonly triggers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Hashes by `schema.name(types)`. */
  readonly functions: Catalog['functions'];
}

let loaded: PackageGuards | undefined;

/** Reads the golden file once: what the migrations of this package make, not those of the project. */
function packageGuards(): PackageGuards {
  loaded ??= JSON.parse(packageFile('contract/package-guards.json')) as PackageGuards;
  return loaded;
}

/** The table in which this package's migrations have every trigger that a stream's table can have. */
const MODEL = 'public.positions';

/** The triggers that decide between deliveries of one row, and when a table needs them. Names without the table's. */
const OF_DELIVERIES: Readonly<Record<string, (table: Relation, stream: StreamDefinition) => boolean>> = {
  keep_newest_delivery: () => true,
  keep_later_update: (_table, stream) => stream.table.current?.ordinal !== undefined,
  mark_correction: (table) => columnOf(table, 'corrected_at') !== undefined,
  unmark_correction: (table) => columnOf(table, 'corrected_at') !== undefined,
};

/** The functions that these triggers call. */
export const DELIVERY_FUNCTIONS: readonly string[] = Object.keys(OF_DELIVERIES);

/** A trigger that a stream's rows depend on. */
export interface Guard {
  readonly name: string;
  readonly definition: string;
  readonly needed: boolean;
}

/** The relations that a write of the sink touches: the table, and the rollup's with its notes. */
export function writtenRelations({ table }: StreamDefinition, { relations }: Catalog): Relation[] {
  const { fold } = table;
  const names = [table.name, ...(fold === undefined ? [] : [fold.table])];
  const notes = Object.keys(packageGuards().triggers).filter(
    (name) => fold !== undefined && name.startsWith(`${fold.table}_`),
  );
  return [...names, ...notes].flatMap((name) => relations[name] ?? []).filter(({ kind }) => kind.endsWith('table'));
}

/** What a sink needs on a relation that its writes touch: the table, the rollup, or the rollup's notes, which are never updated. */
export function neededPrivileges(relation: string, { table }: StreamDefinition): readonly string[] {
  if (relation === table.name) return ['SELECT', 'INSERT', 'UPDATE'];
  return relation === table.fold?.table ? ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] : ['SELECT', 'INSERT', 'DELETE'];
}

/** Whether the rollup is the one that this package's migrations make. */
function hasPackageRollup({ table }: StreamDefinition, guards: PackageGuards): boolean {
  const { fold } = table;
  return fold !== undefined && Object.hasOwn(guards.triggers, `${fold.table}_pending`);
}

/** The triggers of this package that a relation can have. */
export function guardsFor(relation: Relation, stream: StreamDefinition): Guard[] {
  const guards = packageGuards();
  const own = shortName(relation.name);
  if (relation.name !== stream.table.name) {
    const needed = hasPackageRollup(stream, guards);
    return Object.entries(guards.triggers[relation.name] ?? {}).map(([name, definition]) => ({
      name,
      definition,
      needed,
    }));
  }
  const ofDeliveries = Object.entries(OF_DELIVERIES).map(([what, isNeeded]) => ({
    name: `${own}_${what}`,
    definition: definitionOf(guards, what, own),
    needed: isNeeded(relation, stream),
  }));
  if (relation.name !== MODEL || !hasPackageRollup(stream, guards)) return ofDeliveries;
  const ofRollup = Object.entries(guards.triggers[MODEL] ?? {})
    .filter(([name]) => ofDeliveries.every((one) => one.name !== name))
    .map(([name, definition]) => ({ name, definition, needed: true }));
  return [...ofDeliveries, ...ofRollup];
}

/** A trigger of the model, for another table. */
function definitionOf(guards: PackageGuards, what: string, table: string): string {
  const model = shortName(MODEL);
  const definition = guards.triggers[MODEL]?.[`${model}_${what}`] ?? '';
  return definition.replace(`${model}_${what}`, `${table}_${what}`).replace(` ON ${model} `, ` ON ${table} `);
}

/** The functions of this package that a stream's rows go through, with what they are to be. */
export function functionsFor(stream: StreamDefinition, { relations }: Catalog): [signature: string, hash: string][] {
  const guards = packageGuards();
  const called = new Set((relations[stream.table.name]?.triggers ?? []).map((trigger) => trigger.function));
  const rollup = hasPackageRollup(stream, guards) && relations[stream.table.fold?.table ?? ''] !== undefined;
  return Object.entries(guards.functions).filter(([signature]) => rollup || called.has(signature));
}
