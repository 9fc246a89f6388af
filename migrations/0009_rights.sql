-- Up Migration

-- Rights of their own for whoever owns, writes and reads. Three group roles hold them; logins are their members, and no login or
-- password stands here. A database with one login that owns everything goes on as before: it needs no membership.
--
-- Roles belong to the whole server, so their names contain the database's: perps_owner, perps_sink, perps_reader. `connect
-- migrate` sets other names, where connect.yaml has them, in the session.
CREATE FUNCTION group_role(purpose TEXT) RETURNS TEXT LANGUAGE sql STABLE
AS $$
    SELECT coalesce(
        nullif(current_setting('perps_connect.' || purpose || '_role', true), ''),
        current_database() || '_' || purpose
    )
$$;
COMMENT ON FUNCTION group_role IS 'Name of the group role of this database for a purpose: owner, sink or reader';

-- A role that exists is taken as it is. `connect migrate up --roles external` makes none, and prints what somebody else has to run.
DO $$
DECLARE
    name TEXT;
BEGIN
    IF current_setting('perps_connect.roles', true) = 'external' THEN
        RETURN;
    END IF;
    FOREACH name IN ARRAY ARRAY[group_role('owner'), group_role('sink'), group_role('reader')] LOOP
        CONTINUE WHEN to_regrole(quote_ident(name)) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION
            -- A migration of another database was quicker.
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING
                    MESSAGE = format('%s may not create the role %s: it lacks CREATEROLE', current_user, name),
                    HINT = format('let a role that may do so run: CREATE ROLE %I; CREATE ROLE %I; CREATE ROLE %I; then run the '
                        'command again; or add --roles external, which creates no role and prints what is to be granted',
                        group_role('owner'), group_role('sink'), group_role('reader'));
        END;
    END LOOP;
END
$$;

-- What a stream's table asks for. A sink inserts and upserts. It deletes nothing, alters nothing, and touches nothing derived:
-- the functions below do that with their owner's rights. Whole tables, not columns: a column that is added later is covered.
CREATE FUNCTION stream_rights(history REGCLASS, derived REGCLASS[] DEFAULT '{}', rebuild REGPROCEDURE DEFAULT NULL)
    RETURNS TABLE (role TEXT, statement TEXT) LANGUAGE sql STABLE
AS $$
    WITH relation AS (
        SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name, n.nspname AS schema
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    ), own AS (
        SELECT r.* FROM relation AS r JOIN unnest(history || derived) WITH ORDINALITY AS o (oid, rank) ON o.oid = r.oid ORDER BY rank
    ), serial AS (
        SELECT s.name FROM pg_depend AS d JOIN relation AS s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refobjid = history AND d.deptype = 'a'
    )
    SELECT public.group_role(purpose), format('GRANT %s TO %I', what, public.group_role(purpose)) FROM (
        SELECT 'sink', 'USAGE ON SCHEMA ' || quote_ident(schema) FROM own WHERE oid = history
        UNION ALL SELECT 'sink', 'SELECT, INSERT, UPDATE ON ' || name FROM own WHERE oid = history
        UNION ALL SELECT 'sink', 'USAGE ON SEQUENCE ' || name FROM serial
        UNION ALL SELECT 'reader', 'USAGE ON SCHEMA ' || quote_ident(schema) FROM own WHERE oid = history
        UNION ALL SELECT 'reader', 'SELECT ON ' || name FROM own
        UNION ALL SELECT 'owner', 'USAGE ON SCHEMA ' || quote_ident(schema) FROM own WHERE oid = history
        UNION ALL SELECT 'owner', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ' || name FROM own WHERE relkind IN ('r', 'p')
        UNION ALL SELECT 'owner', 'SELECT ON ' || name FROM own WHERE relkind NOT IN ('r', 'p')
        UNION ALL SELECT 'owner', 'USAGE ON SEQUENCE ' || name FROM serial
        UNION ALL SELECT 'owner', format('EXECUTE ON FUNCTION %I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))
            FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace WHERE p.oid = rebuild
    ) AS needed (purpose, what)
$$;
COMMENT ON FUNCTION stream_rights IS 'What the group roles need on the table of a stream, and on the views and tables that are derived from it, as statements';

CREATE FUNCTION grant_stream_rights(history REGCLASS, derived REGCLASS[] DEFAULT '{}', rebuild REGPROCEDURE DEFAULT NULL)
    RETURNS VOID LANGUAGE plpgsql
AS $$
DECLARE
    needed RECORD;
BEGIN
    FOR needed IN SELECT * FROM public.stream_rights(history, derived, rebuild) LOOP
        -- Where roles are made by others, they may not be there yet.
        CONTINUE WHEN to_regrole(quote_ident(needed.role)) IS NULL;
        EXECUTE needed.statement;
    END LOOP;
END
$$;
COMMENT ON FUNCTION grant_stream_rights IS 'Runs these statements for the roles that exist. A migration that makes the table of a stream calls it at its end';

-- The streams that are there by now: their tables have this trigger.
SELECT grant_stream_rights(tgrelid) FROM pg_trigger
WHERE tgfoid = 'keep_newest_delivery'::regproc AND tgparentid = 0
ORDER BY tgrelid::regclass::text;

-- Whoever looks asks which migrations have run.
DO $$
DECLARE
    history TEXT;
BEGIN
    IF to_regrole(quote_ident(group_role('reader'))) IS NULL THEN
        RETURN;
    END IF;
    FOREACH history IN ARRAY '{pgmigrations, pgmigrations_checksums, pgmigrations_steps}'::TEXT[] LOOP
        CONTINUE WHEN to_regclass(history) IS NULL;
        EXECUTE format('GRANT SELECT ON %I TO %I', history, group_role('reader'));
    END LOOP;
END
$$;

-- Of the stream positions.

-- With their owner's rights, whoever writes. Names that they do not qualify are PostgreSQL's own, whatever the writer's
-- search_path. CREATE OR REPLACE takes both away again: a later migration that replaces one says them once more.
ALTER FUNCTION note_new_positions() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION note_old_positions() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION fold_pending_positions() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
-- PostgreSQL asks for this right when a trigger is made, not when it fires: nobody can hang them on a table of his own.
REVOKE EXECUTE ON FUNCTION note_new_positions(), note_old_positions(), fold_pending_positions() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION rebuild_position_days(TEXT[]) FROM PUBLIC;

SELECT grant_stream_rights(
    'positions',
    '{position_days, position_days_from_history, current_positions, user_statistics, daily_pnl_snapshots}',
    'rebuild_position_days(text[])'
);

-- Down Migration

GRANT EXECUTE ON FUNCTION note_new_positions(), note_old_positions(), fold_pending_positions() TO PUBLIC;
GRANT EXECUTE ON FUNCTION rebuild_position_days(TEXT[]) TO PUBLIC;
ALTER FUNCTION note_new_positions() SECURITY INVOKER RESET search_path;
ALTER FUNCTION note_old_positions() SECURITY INVOKER RESET search_path;
ALTER FUNCTION fold_pending_positions() SECURITY INVOKER RESET search_path;

-- Of every stream.

-- The roles stay, and so do their members: other databases of the server may know them.
DO $$
DECLARE
    granted TEXT;
BEGIN
    FOR granted IN
        SELECT format('REVOKE ALL ON %s FROM %I', object, rolname)
        FROM (
            SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || oid::regclass AS object, relacl AS acl
            FROM pg_class WHERE relnamespace = 'public'::regnamespace
            UNION ALL SELECT 'FUNCTION ' || oid::regprocedure, proacl FROM pg_proc WHERE pronamespace = 'public'::regnamespace
            UNION ALL SELECT 'SCHEMA ' || nspname, nspacl FROM pg_namespace WHERE nspname = 'public'
        ) AS objects, aclexplode(acl) JOIN pg_roles ON pg_roles.oid = grantee
        WHERE rolname IN (group_role('owner'), group_role('sink'), group_role('reader'))
        GROUP BY object, rolname
    LOOP
        EXECUTE granted;
    END LOOP;
END
$$;
DROP FUNCTION grant_stream_rights(REGCLASS, REGCLASS[], REGPROCEDURE);
DROP FUNCTION stream_rights(REGCLASS, REGCLASS[], REGPROCEDURE);
DROP FUNCTION group_role(TEXT);
