/** The tables and views of a database, by `schema.name`. Plain data: it is cached as JSON. */
export interface Catalog {
  readonly relations: Readonly<Record<string, Relation>>;
  /** What each function in SQL or PL/pgSQL does, as a hash of its text and settings, by `schema.name(types)`. */
  readonly functions: Readonly<Record<string, string>>;
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
  /** Null: it is not partitioned. */
  readonly partitions: Partitions | null;
  readonly checks: readonly Check[];
  readonly foreignKeys: readonly Constraint[];
  readonly exclusions: readonly Constraint[];
  /** Those that people made. Of its partitions: their own, and those of the table that one has switched otherwise. */
  readonly triggers: readonly Trigger[];
  /** Rewrite rules, but for the one that makes a view. */
  readonly rules: readonly RewriteRule[];
  readonly rowSecurity: 'off' | 'on' | 'forced';
  readonly policies: readonly { readonly name: string; readonly definition: string }[];
  /** What its owner has taken from itself, of SELECT, INSERT, UPDATE and DELETE. */
  readonly ownerLacks: readonly string[];
}

export interface Partitions {
  /** As PostgreSQL prints it: `RANGE (block_time)`. */
  readonly key: string;
  /** The column of ranges of a single column; null for every other key. */
  readonly by: string | null;
  /** Whether there is one for rows that no other takes. */
  readonly hasDefault: boolean;
  /** `schema.name` of each. */
  readonly names: readonly string[];
}

export interface Constraint {
  readonly name: string;
  readonly columns: readonly string[];
}

export interface RewriteRule {
  readonly name: string;
  /** As PostgreSQL prints it; of a trigger without `public.`, which depends on who asks. */
  readonly definition: string;
  /** Whether it fires in an ordinary session. */
  readonly enabled: boolean;
  /** Whether it fires for rows that come or change, not only for those that go. */
  readonly onWrites: boolean;
}

export interface Trigger extends RewriteRule {
  /** What it executes: `schema.name()`. */
  readonly function: string;
  /** The partition that alone has it, or has it so; null: the table itself has it. */
  readonly partition: string | null;
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
  /** Of a column that can be compared as text: `C`, `default`, … */
  readonly collation?: string | undefined;
  /** Whether its type is a domain that refuses values by itself (NOT NULL, CHECK). */
  readonly constrainedDomain: boolean;
}

/** A type with the limits that it has. */
export interface ColumnType {
  /** As in pg_type: `numeric`, `int2`, `varchar`, `timestamp`, `timestamptz`, … */
  readonly name: string;
  /** As PostgreSQL prints it: `numeric(38,8)`. */
  readonly text: string;
  /** Characters of varchar(n) and char(n). */
  readonly length?: number | undefined;
  /** Digits of numeric(p,s); fraction digits of seconds of timestamp(p) and time(p). */
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  /** Of an array: its elements' type, as in pg_type. */
  readonly element?: string | undefined;
  /** Of an enum: its words, and whether a cast leads to it from the varchar that the sink sends. */
  readonly labels?: readonly string[] | undefined;
  readonly assignable?: boolean | undefined;
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

export interface Check extends Constraint {
  /** The condition as PostgreSQL prints it. */
  readonly expression: string;
}

/** Runs one query and returns its rows. PGlite and node-postgres both fit. */
export type Query = (sql: string) => Promise<readonly Record<string, unknown>[]>;

/** A list of the constraints of a type (`contype`), each with its columns and what `more` adds. */
const constraints = (type: 'c' | 'f' | 'x', more?: string): string => `(
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
    'partitions', (
      SELECT json_build_object(
        'key', pg_get_partkeydef(c.oid),
        'by', (SELECT pa.attname FROM pg_attribute pa
               WHERE p.partstrat = 'r' AND p.partnatts = 1 AND pa.attrelid = c.oid AND pa.attnum = p.partattrs[0] AND pa.attnum > 0),
        'hasDefault', p.partdefid <> 0,
        'names', (SELECT coalesce(json_agg(pn.nspname || '.' || pc.relname ORDER BY pc.relname), '[]'::json)
                  FROM pg_inherits h JOIN pg_class pc ON pc.oid = h.inhrelid JOIN pg_namespace pn ON pn.oid = pc.relnamespace
                  WHERE h.inhparent = c.oid))
      FROM pg_partitioned_table p WHERE p.partrelid = c.oid),
    'persistence', CASE c.relpersistence WHEN 'u' THEN 'unlogged' WHEN 't' THEN 'temporary' ELSE 'permanent' END,
    'columns', (
      SELECT coalesce(json_agg(json_strip_nulls(json_build_object(
        'name', a.attname,
        'type', json_build_object(
          'name', t.typname,
          'text', replace(format_type(a.atttypid, a.atttypmod), 'character varying', 'varchar'),
          'length', CASE WHEN t.typname IN ('varchar', 'bpchar', '_varchar', '_bpchar') THEN m.modifier - 4 END,
          'precision', CASE WHEN t.typname = 'numeric' THEN (m.modifier - 4) >> 16
                            WHEN t.typname IN ('timestamp', 'timestamptz', 'time', 'timetz') THEN m.modifier END,
          'scale', CASE WHEN t.typname = 'numeric' THEN (((m.modifier - 4) & 2047) # 1024) - 1024 END,
          'element', (SELECT e.typname FROM pg_type e WHERE e.oid = t.typelem AND t.typcategory = 'A'),
          'labels', CASE WHEN t.typtype = 'e' THEN (
            SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid) END,
          'assignable', CASE WHEN t.typtype = 'e' THEN EXISTS (
            SELECT FROM pg_cast x WHERE x.castsource = 'varchar'::regtype AND x.casttarget = t.oid AND x.castcontext IN ('a', 'i')) END),
        'nullable', NOT a.attnotnull,
        'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
        'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
        'generated', a.attgenerated <> '',
        'collation', (SELECT collname FROM pg_collation WHERE oid = a.attcollation),
        'constrainedDomain', t.typtype = 'd' AND (
          t.typnotnull OR EXISTS (SELECT FROM pg_constraint WHERE contypid = t.oid)
          OR EXISTS (SELECT FROM pg_type b WHERE b.oid = t.typbasetype AND b.typtype = 'd'))
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
    'foreignKeys', ${constraints('f')},
    'exclusions', ${constraints('x')},
    'triggers', (
      SELECT coalesce(json_agg(json_build_object(
        'name', t.tgname,
        'definition', replace(pg_get_triggerdef(t.oid), 'public.', ''),
        'function', (SELECT fn.nspname || '.' || f.proname || '()' FROM pg_proc f JOIN pg_namespace fn ON fn.oid = f.pronamespace
                     WHERE f.oid = t.tgfoid),
        'partition', (SELECT tn.nspname || '.' || tc.relname FROM pg_class tc JOIN pg_namespace tn ON tn.oid = tc.relnamespace
                      WHERE tc.oid = t.tgrelid AND tc.oid <> c.oid),
        'enabled', t.tgenabled IN ('O', 'A'),
        'onWrites', t.tgtype & 20 <> 0
      ) ORDER BY t.tgname, t.tgparentid DESC), '[]'::json)
      FROM pg_trigger t LEFT JOIN pg_trigger whole ON whole.oid = t.tgparentid
      WHERE CASE WHEN whole.oid IS NULL THEN NOT t.tgisinternal ELSE NOT whole.tgisinternal AND t.tgenabled <> whole.tgenabled END
        AND (t.tgrelid = c.oid OR t.tgrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid))),
    'rules', (
      SELECT coalesce(json_agg(json_build_object(
        'name', r.rulename,
        'definition', replace(pg_get_ruledef(r.oid), 'public.', ''),
        'enabled', r.ev_enabled IN ('O', 'A'),
        'onWrites', r.ev_type IN ('2', '3')
      ) ORDER BY r.rulename), '[]'::json)
      FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN'),
    'rowSecurity', CASE WHEN NOT c.relrowsecurity THEN 'off' WHEN c.relforcerowsecurity THEN 'forced' ELSE 'on' END,
    'policies', (
      SELECT coalesce(json_agg(json_build_object(
        'name', p.polname,
        'definition', concat_ws(' ', p.polcmd, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),
                                '/', pg_get_expr(p.polwithcheck, p.polrelid))
      ) ORDER BY p.polname), '[]'::json)
      FROM pg_policy p WHERE p.polrelid = c.oid),
    'ownerLacks', (
      SELECT coalesce(json_agg(privilege), '[]'::json)
      FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
      WHERE c.relacl IS NOT NULL AND NOT EXISTS (
        SELECT FROM aclexplode(c.relacl) AS acl
        WHERE acl.grantee IN (c.relowner, 0) AND acl.privilege_type = privilege))
  ) AS relation
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
) AS relations`;

const FUNCTIONS_SQL = `
SELECT coalesce(json_object_agg(
  n.nspname || '.' || p.proname || '(' || oidvectortypes(p.proargtypes) || ')',
  encode(sha256(convert_to(concat_ws(E'\\n', l.lanname, p.prosrc, (
    SELECT string_agg(setting, ',' ORDER BY setting) FROM unnest(p.proconfig) AS setting WHERE setting !~ '^search_path='
  )), 'UTF8')), 'hex') ORDER BY n.nspname, p.proname
), '{}'::json) AS functions
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE l.lanname IN ('plpgsql', 'sql') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'`;

/** Reads what a database holds now, system schemas left out. Errors are the query's own. */
export async function readCatalog(query: Query): Promise<Catalog> {
  const [tables] = await query(CATALOG_SQL);
  const [code] = await query(FUNCTIONS_SQL);
  const relations = (tables?.relations ?? []) as readonly Relation[];
  return {
    relations: Object.fromEntries(relations.map((relation) => [relation.name, relation])),
    functions: (code?.functions ?? {}) as Catalog['functions'],
  };
}

/** Whether PostgreSQL fills a column that a row leaves out. */
export const isFilled = ({ default: value, identity, generated }: Column): boolean =>
  value !== undefined || identity !== undefined || generated;

/** The column of a relation. */
export const columnOf = (relation: Relation, name: string): Column | undefined =>
  relation.columns.find((column) => column.name === name);
