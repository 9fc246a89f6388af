import type { PostgresClient } from '../core/postgres.ts';

export interface RoleOptions {
  /** Names of the group roles that migrations give rights to. Default: the database's name with _owner, _sink and _reader. */
  readonly roles?: Readonly<Record<'owner' | 'sink' | 'reader', string>> | undefined;
  /** Others make these roles: no migration does. */
  readonly externalRoles?: boolean | undefined;
}

/** Sets what the session's migrations read, group_role() of 0009 among them; the session's end forgets it. */
export async function nameRoles(client: PostgresClient, { roles, externalRoles }: RoleOptions): Promise<void> {
  const names = Object.entries(roles ?? {}).map(([purpose, name]) => [`${purpose}_role`, name]);
  for (const [name, value] of [...names, ['roles', externalRoles ? 'external' : '']]) {
    await client.query(`SELECT set_config('perps_connect.' || $1, $2, false)`, [name, value]);
  }
}

/** What rights are asked for on. Names are schema-qualified. */
export interface StreamRelations {
  readonly table: string;
  /** What is derived from it, besides the views on these: those are found. */
  readonly derived: readonly string[];
  /** A function that takes text[]. */
  readonly rebuild?: string | undefined;
}

/** Views on a table or on what is derived from it, of the same owner. */
const STATEMENTS = `
  WITH RECURSIVE own (oid) AS (
    SELECT to_regclass(name)::oid FROM unnest($1::text[] || $2::text[]) AS name WHERE to_regclass(name) IS NOT NULL
    UNION
    SELECT c.oid FROM own
    JOIN pg_depend d ON d.refobjid = own.oid AND d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
    WHERE c.relowner = (SELECT relowner FROM pg_class WHERE oid = own.oid)
  )
  SELECT statement FROM public.stream_rights(
    to_regclass($1[1]),
    array(SELECT oid::regclass FROM own WHERE oid <> to_regclass($1[1]) ORDER BY oid),
    to_regprocedure($3 || '(text[])')
  ) WHERE to_regclass($1[1]) IS NOT NULL`;

const HISTORY = `
  SELECT format('GRANT SELECT ON %s TO %I', name, public.group_role('reader')) AS statement
  FROM unnest('{public.pgmigrations,public.pgmigrations_checksums,public.pgmigrations_steps}'::text[]) AS name
  WHERE to_regclass(name) IS NOT NULL`;

/** Those of migrations 0010 and 0011, where these have run. */
const LATER = `
  SELECT format('GRANT %s TO %I', what, public.group_role(purpose)) AS statement
  FROM (VALUES
    ('public.history_ranges', 'reader', 'SELECT ON public.history_ranges'),
    ('public.history_ranges', 'owner', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON public.history_ranges'),
    ('public.position_days_openings', 'owner', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON public.position_days_openings'),
    ('public.position_days_openings', 'owner', 'EXECUTE ON FUNCTION public.open_positions(varchar[]), public.lock_positions(varchar[])'),
    ('public.stream_completeness', 'sink', 'SELECT, INSERT, UPDATE ON public.stream_completeness'),
    ('public.stream_completeness', 'sink', 'SELECT ON public.stream_freshness'),
    ('public.stream_completeness', 'reader', 'SELECT ON public.stream_completeness, public.stream_freshness'),
    ('public.stream_completeness', 'owner', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON public.stream_completeness'),
    ('public.stream_completeness', 'owner', 'SELECT ON public.stream_freshness')
  ) AS rights (made, purpose, what)
  WHERE to_regclass(made) IS NOT NULL`;

/**
 * What a team runs that makes the group roles itself: the roles that are not there, and the rights of all three. Nothing before
 * migration 0009 has run. The names are those of the session. Errors: those of PostgreSQL.
 */
export async function readGrants(
  client: Pick<PostgresClient, 'query'>,
  streams: readonly StreamRelations[],
): Promise<readonly string[]> {
  const ask = async (sql: string, values?: unknown[]): Promise<string[]> =>
    (await client.query<{ statement: string }>(sql, values)).rows.map(({ statement }) => statement);
  const [made] = await ask(`SELECT 'yes' AS statement WHERE to_regproc('public.stream_rights') IS NOT NULL`);
  if (made === undefined) return [];
  const roles = await ask(`
    SELECT format('CREATE ROLE %I NOLOGIN', public.group_role(purpose)) AS statement
    FROM unnest('{owner,sink,reader}'::text[]) AS purpose WHERE to_regrole(quote_ident(public.group_role(purpose))) IS NULL`);
  const rights: string[] = [];
  for (const { table, derived, rebuild } of streams) {
    rights.push(...(await ask(STATEMENTS, [[table], derived, rebuild ?? null])));
  }
  return [...roles, ...new Set(rights), ...(await ask(HISTORY)), ...(await ask(LATER))].map(
    (statement) => `${statement};`,
  );
}
