import { type Place, startOf } from '../pipeline/finding.ts';
import type { Environment, StreamDefinition } from '../pipeline/types.ts';
import type { YamlFile } from '../pipeline/yaml-file.ts';
import { type Column, columnOf, type Relation } from './catalog.ts';
import type { Feed } from './feed.ts';
import type { MigratedCatalog } from './migrated-catalog.ts';
import type { PlacedField, PlacedSchema } from './placed-schema.ts';
import type { RenderedSink } from './rendered-sink.ts';

/** Everything that has to agree for one stream, each part with the place of what it says. */
export interface Contract {
  readonly stream: StreamDefinition;
  readonly definition: YamlFile;
  readonly environments: readonly Environment[];
  /** `connect.yaml` */
  readonly environmentFile: YamlFile;
  readonly feed: Feed;
  readonly schema: PlacedSchema;
  readonly migrated: MigratedCatalog;
  /** The stream's table as the migrations make it; undefined when they do not. */
  readonly table: Relation | undefined;
  /** The sink's configuration in each environment. */
  readonly sinks: readonly RenderedSink[];
}

/** Where the migrations make a relation or a part of one; of what they do not make, the relation, else their folder. */
export function sqlPlace({ migrated }: Pick<Contract, 'migrated'>, relation: string, part?: string): Place {
  const own = part === undefined ? undefined : migrated.places[`${relation}.${part}`];
  return own ?? migrated.places[relation] ?? startOf('migrations');
}

/** A field and the column of its name. */
export interface MatchedColumn {
  readonly field: PlacedField;
  readonly column: Column;
  /** `positions.size` */
  readonly path: string;
  /** Of the column. */
  readonly place: Place;
}

/** Every field that has a column. */
export function matchedColumns(contract: Contract): MatchedColumn[] {
  const { table } = contract;
  if (table === undefined) return [];
  return contract.schema.fields.flatMap((field) => {
    const column = columnOf(table, field.name);
    if (column === undefined) return [];
    const path = `${shortName(table.name)}.${column.name}`;
    return [{ field, column, path, place: sqlPlace(contract, table.name, column.name) }];
  });
}

/** `public.positions` → `positions`; other schemas keep their name. */
export const shortName = (relation: string): string => relation.replace(/^public\./, '');
