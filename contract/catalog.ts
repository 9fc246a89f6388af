/** The tables and views of a database, by `schema.name`. Plain data: it is cached as JSON. */
export interface Catalog {
  readonly relations: Readonly<Record<string, Relation>>;
}

/** One table or view. */
export interface Relation {
  /** `schema.name` */
  readonly name: string;
  readonly kind: 'table' | 'partitioned table' | 'view' | 'materialized view' | 'foreign table';
  /** An unlogged table is emptied when the server crashes. */
  readonly persistence: 'permanent' | 'unlogged' | 'temporary';
  readonly columns: readonly Column[];
  readonly uniqueIndexes: readonly UniqueIndex[];
  readonly checks: readonly Check[];
  readonly foreignKeys: readonly { readonly name: string; readonly columns: readonly string[] }[];
}

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  /** The default as PostgreSQL prints it. */
  readonly default?: string | undefined;
  readonly identity?: 'always' | 'by default' | undefined;
  /** GENERATED ALWAYS AS (…) STORED or VIRTUAL. */
  readonly generated: boolean;
}

/** A type with the limits that it has. */
export interface ColumnType {
  /** As in pg_type: `numeric`, `int2`, `varchar`, `timestamp`, `timestamptz`, … */
  readonly name: string;
  /** As PostgreSQL prints it: `numeric(38,8)`. */
  readonly text: string;
  /** Characters of varchar(n) and char(n). */
  readonly length?: number | undefined;
  /** Digits of numeric(p,s); fraction digits of seconds of timestamp(p). */
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
}

export interface UniqueIndex {
  readonly name: string;
  /** Key columns in index order; an expression is null. */
  readonly columns: readonly (string | null)[];
  readonly primary: boolean;
  /** A partial index covers only some rows. */
  readonly partial: boolean;
  /** A deferrable constraint cannot arbitrate ON CONFLICT. */
  readonly deferrable: boolean;
  /** False while a concurrent build has not ended, or after it failed. */
  readonly valid: boolean;
}

export interface Check {
  readonly name: string;
  readonly columns: readonly string[];
  /** The condition as PostgreSQL prints it. */
  readonly expression: string;
}

/** Runs one query and returns its rows. PGlite and node-postgres both fit. */
export type Query = (sql: string) => Promise<readonly Record<string, unknown>[]>;

/** A list of the constraints of a type (`contype`), each with its columns and what `more` adds. */
const constraints = (type: 'c' | 'f', more?: string): string => `(
      SELECT coalesce(json_agg(json_build_object(
        'name', k.conname,
        'columns', (SELECT coalesce(json_agg(ka.attname ORDER BY ka.attnum), '[]'::json) FROM pg_attribute ka
                    WHERE ka.attrelid = c.oid AND ka.attnum = ANY (k.conkey))${more === undefined ? '' : `, ${more}`}
      ) ORDER BY k.conname), '[]'::json)
      FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = '${type}')`;

/**
 * One statement, one row, one JSON document: the same on PGlite and on a server.
 * Type modifiers are taken apart here: numeric keeps (precision << 16 | scale) + 4 with an 11-bit signed scale, varchar length + 4.
 */
const CATALOG_SQL = `
SELECT coalesce(json_agg(relation ORDER BY relation->>'name'), '[]'::json) AS relations FROM (
  SELECT json_build_object(
    'name', n.nspname || '.' || c.relname,
    'kind', CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
                           WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END,
    'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' ELSE 'permanent' END,
    'columns', (
      SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
        'name', a.attname,
        'type', json_build_object(
          'name', t.typname,
          'text', replace(format_type(a.atttypid, a.atttypmod), 'character varying', 'varchar'),
          'length', CASE WHEN t.typname IN ('varchar', 'bpchar') THEN m.modifier - 4 END,
          'precision', CASE WHEN t.typname = 'numeric' THEN (m.modifier - 4) >> 16
                            WHEN t.typname IN ('timestamp', 'timestamptz') THEN m.modifier END,
          'scale', CASE WHEN t.typname = 'numeric' THEN (((m.modifier - 4) & 2047) # 1024) - 1024 END),
        'nullable', NOT a.attnotnull,
        'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
        'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
        'generated', a.attgenerated <> ''
      )) ORDER BY a.attnum), '[]'::json)
      FROM pg_attribute a
      CROSS JOIN LATERAL (SELECT nullif(a.atttypmod, -1) AS modifier) m
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    'uniqueIndexes', (
      SELECT coalesce(json_agg(json_build_object(
        'name', ic.relname,
        'columns', (SELECT json_agg(ia.attname ORDER BY k.position)
                    FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
                    LEFT JOIN pg_attribute ia ON ia.attrelid = c.oid AND ia.attnum = k.attnum AND k.attnum <> 0
                    WHERE k.position <= i.indnkeyatts),
        'primary', i.indisprimary,
        'partial', i.indpred IS NOT NULL,
        'deferrable', NOT i.indimmediate,
        'valid', i.indisvalid
      ) ORDER BY ic.relname), '[]'::json)
      FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
      WHERE i.indrelid = c.oid AND i.indisunique),
    'checks', ${constraints('c', "'expression', pg_get_expr(k.conbin, k.conrelid)")},
    'foreignKeys', ${constraints('f')}
  ) AS relation
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
) AS relations`;

/** Reads what a database holds now, system schemas left out. Errors are the query's own. */
export async function readCatalog(query: Query): Promise<Catalog> {
  const [row] = await query(CATALOG_SQL);
  const relations = (row?.relations ?? []) as readonly Relation[];
  return { relations: Object.fromEntries(relations.map((relation) => [relation.name, relation])) };
}

/** The column of a relation. */
export const columnOf = (relation: Relation, name: string): Column | undefined =>
  relation.columns.find((column) => column.name === name);
