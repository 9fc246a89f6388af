import type { Query } from './catalog.ts';

/** What the group roles may do, and whose rights functions run with. Plain data: it is cached as JSON. */
export interface GroupRights {
  /** By `schema.name` of table or view. USAGE: of the sequences that fill its columns. */
  readonly sink: Readonly<Record<string, readonly string[]>>;
  readonly reader: Readonly<Record<string, readonly string[]>>;
  /** Functions that run with the rights of their owner: `schema.name()`. */
  readonly asOwner: readonly string[];
}

const RIGHTS = `
  SELECT purpose, n.nspname || '.' || c.relname AS name, array_agg(privilege ORDER BY privilege) AS privileges
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
       unnest('{sink,reader}'::text[]) AS purpose,
       unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,USAGE}'::text[]) AS privilege
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND CASE
      WHEN to_regrole(quote_ident(public.group_role(purpose))) IS NULL THEN false
      WHEN privilege = 'USAGE' THEN NOT EXISTS (
        SELECT FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.deptype = 'a'
          AND NOT has_sequence_privilege(public.group_role(purpose), s.oid, 'USAGE'))
      ELSE has_table_privilege(public.group_role(purpose), c.oid, privilege)
    END
  GROUP BY purpose, name`;

const AS_OWNER = `
  SELECT n.nspname || '.' || p.proname || '()' AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prosecdef AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1`;

/** Reads what migrations gave; undefined where they know no group roles. Errors are the query's own. */
export async function readGroupRights(query: Query): Promise<GroupRights | undefined> {
  const [known] = await query(`SELECT 1 AS one WHERE to_regproc('public.group_role') IS NOT NULL`);
  if (known === undefined) return undefined;
  const rows = (await query(RIGHTS)) as unknown as { purpose: string; name: string; privileges: string[] }[];
  const of = (purpose: string) =>
    Object.fromEntries(rows.filter((row) => row.purpose === purpose).map(({ name, privileges }) => [name, privileges]));
  const asOwner = (await query(AS_OWNER)).map(({ name }) => String(name));
  return { sink: of('sink'), reader: of('reader'), asOwner };
}
