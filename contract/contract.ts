import { didYouMean } from '../pipeline/did-you-mean.ts';
import type { FieldMapping } from '../pipeline/feed.ts';
import { type Place, startOf } from '../pipeline/finding.ts';
import type { Environment, StreamDefinition } from '../pipeline/types.ts';
import type { Path, YamlFile } from '../pipeline/yaml-file.ts';
import { type Column, columnOf, type Relation } from './catalog.ts';
import type { Feed, FeedField } from './feed.ts';
import type { MigratedCatalog } from './migrated-catalog.ts';
import { fieldOf, type PlacedField, type PlacedSchema } from './placed-schema.ts';
import type { RenderedSink } from './rendered-sink.ts';

/** Everything that has to agree for one stream, each part with the place of what it says. */
export interface Contract {
  readonly stream: StreamDefinition;
  readonly definition: YamlFile;
  readonly environments: readonly Environment[];
  /** `connect.yaml` */
  readonly environmentFile: YamlFile;
  /** Undefined when others write the topic's records. */
  readonly feed: Feed | undefined;
  readonly schema: PlacedSchema;
  /** The schema's fields but those in `sink.omit`: what the sink writes. */
  readonly written: readonly PlacedField[];
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

/** What a finding is about and where: a relation of the migrations, or a part of one, and other places that disagree with it. */
export const sqlAt = (
  contract: Contract,
  relation: string,
  part?: string,
  ...others: readonly Place[]
): { readonly path: string; readonly places: readonly [Place, ...Place[]] } => ({
  path: part === undefined ? shortName(relation) : `${shortName(relation)}.${part}`,
  places: [sqlPlace(contract, relation, part), ...others],
});

/** The finding about a relation that the definition names at `path` and the migrations do not make. */
export function missingRelation({ migrated, definition }: Contract, kind: 'table' | 'view', name: string, path: Path) {
  const relations = Object.values(migrated.catalog.relations);
  const like = relations.filter((one) => kind === 'view' || one.kind.endsWith('table')).map((one) => one.name);
  const dropped = migrated.dropped[name];
  const verb = dropped === undefined ? 'no migration creates' : 'the migrations drop';
  return {
    path: name,
    places: [definition.placeOf(path), ...(dropped === undefined ? [] : [dropped])] as const,
    message: `${verb} the ${kind} ${name}${didYouMean(name, like)}`,
    remedy: `add a migration that creates it, or correct ${path.join('.')}`,
  };
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

/** An Avro field, and the field of the update that feeds it. */
export interface FedField {
  readonly source: FeedField;
  readonly field: PlacedField;
  /** How the definition maps it; undefined for a field that goes by its name. */
  readonly mapping: FieldMapping | undefined;
}

/** Every Avro field that a field of the update feeds. */
export function fedFields({ stream, feed, schema }: Contract): FedField[] {
  const fields = stream.feed?.fields ?? {};
  const mapped = Object.entries(fields).flatMap(([path, mapping]) => {
    const source = feed?.resolve(feed.update, path).field;
    const field = fieldOf(schema, mapping.to);
    return source === undefined || field === undefined ? [] : [{ source, field, mapping }];
  });
  const named = (feed?.update?.fields ?? []).flatMap((source) => {
    const field = Object.hasOwn(fields, source.name) ? undefined : fieldOf(schema, source.name);
    return field === undefined ? [] : [{ source, field, mapping: undefined }];
  });
  return [...mapped, ...named];
}

/** `public.positions` → `positions`; other schemas keep their name. */
export const shortName = (relation: string): string => relation.replace(/^public\./, '');
