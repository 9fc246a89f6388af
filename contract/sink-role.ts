import type { StreamDefinition } from '../pipeline/types.ts';
import type { Catalog, Query } from './catalog.ts';
import { functionsFor, neededPrivileges, writtenRelations } from './guards.ts';

/** What a database lets the role do that a sink writes as, and what it gives each of its sessions. */
export interface SinkRole {
  readonly name: string;
  readonly exists: boolean;
  /** Rights that it needs and lacks: `INSERT` on `public.positions`. */
  readonly lacks: readonly { readonly object: string; readonly privilege: string }[];
  /** Settings of its sessions that somebody has set, for role, database or server; of one setting the one that wins. */
  readonly settings: readonly { readonly name: string; readonly value: string; readonly by: string }[];
  /** Whether the database is a standby, which takes no writes. */
  readonly standby: boolean;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Triggers that decide between deliveries touch no table but their own. */
export const OF_DELIVERIES = '^(keep|mark|unmark)_';

/** Asks what there is of these; a relation that is not there is told elsewhere. Errors are the query's own. */
export async function observeSinkRole(
  query: Query,
  role: string,
  stream: StreamDefinition,
  catalog: Catalog,
): Promise<SinkRole> {
  const [state] = await query(
    `SELECT pg_is_in_recovery() AS standby, EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(role)}) AS exists`,
  );
  const exists = state?.exists === true;
  return {
    name: role,
    exists,
    standby: state?.standby === true,
    lacks: exists ? ((await query(lacksSql(role, stream, catalog))) as unknown as SinkRole['lacks']) : [],
    settings: exists ? ((await query(settingsSql(role))) as unknown as SinkRole['settings']) : [],
  };
}

function lacksSql(role: string, stream: StreamDefinition, catalog: Catalog): string {
  const who = literal(role);
  const relations = writtenRelations(stream, catalog).map(({ name }) => name);
  const needed = relations.flatMap((name) =>
    neededPrivileges(name, stream).map((privilege) => `(${literal(name)}, ${literal(privilege)})`),
  );
  const functions = functionsFor(stream, catalog)
    .map(([signature]) => signature)
    .filter((signature) => Object.hasOwn(catalog.functions, signature));
  const none = needed.length === 0 ? 'SELECT NULL, NULL WHERE false' : `VALUES ${needed.join(', ')}`;
  return `
WITH needed (object, privilege) AS (${none}),
relations AS (SELECT DISTINCT object, object::regclass AS oid FROM needed),
-- A rollup whose functions run with the rights of their owner asks nothing of the role. Only those count that a write fires.
rollup AS (
  SELECT coalesce(bool_and(p.prosecdef), false) AS as_owner
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
  WHERE t.tgrelid IN (SELECT oid FROM relations) AND NOT t.tgisinternal AND t.tgtype & 20 <> 0 AND p.proname !~ '${OF_DELIVERIES}')
SELECT object, privilege FROM needed, rollup
WHERE NOT (rollup.as_owner AND object <> ${literal(stream.table.name)})
  AND NOT has_table_privilege(${who}, object::regclass, privilege)
  AND (privilege = 'DELETE' OR EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = object::regclass AND a.attnum > 0 AND NOT a.attisdropped
      AND NOT has_column_privilege(${who}, object::regclass, a.attnum, privilege)))
UNION ALL
SELECT DISTINCT 'schema ' || n.nspname, 'USAGE' FROM relations JOIN pg_class c ON c.oid = relations.oid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT has_schema_privilege(${who}, n.oid, 'USAGE')
UNION ALL
SELECT 'sequence ' || s.relname, 'USAGE' FROM relations JOIN pg_depend d ON d.refobjid = relations.oid AND d.deptype = 'a'
JOIN pg_class s ON s.oid = d.objid AND d.classid = 'pg_class'::regclass
WHERE CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(${who}, s.oid, 'USAGE') END
UNION ALL
SELECT 'function ' || p.proname, 'EXECUTE' FROM pg_proc p, rollup
WHERE p.oid = ANY (ARRAY[${functions.map(literal).join(', ')}]::regprocedure[]) AND NOT rollup.as_owner
  AND p.prorettype <> 'trigger'::regtype AND NOT has_function_privilege(${who}, p.oid, 'EXECUTE')`;
}

/** Role in this database, role, database, all roles, server: the first of these wins. */
const settingsSql = (role: string): string => `
SELECT DISTINCT ON (name) name, value, by FROM (
  SELECT lower(split_part(setting, '=', 1)) AS name, substr(setting, strpos(setting, '=') + 1) AS value,
    CASE WHEN setrole <> 0 THEN 'role ' || setrole::regrole WHEN setdatabase <> 0 THEN 'database ' || current_database()
         ELSE 'all roles' END AS by,
    CASE WHEN setrole <> 0 AND setdatabase <> 0 THEN 1 WHEN setrole <> 0 THEN 2 WHEN setdatabase <> 0 THEN 3 ELSE 4 END AS rank
  FROM pg_db_role_setting, unnest(setconfig) AS setting
  WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = ${literal(role)}))
  UNION ALL
  SELECT lower(name), setting, 'the server', 5 FROM pg_settings
  WHERE source IN ('configuration file', 'command line', 'environment variable')
) AS settings ORDER BY name, rank`;
