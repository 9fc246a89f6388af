-- Up Migration

-- What becomes of a row whose record is read again, or that somebody corrects, and who may do what. The triggers of every stream's table call the first
-- functions. They are those of perps-connect 0.1.0, and `check` compares them with the package's.

-- Of two deliveries of one identity in one partition the one with the higher offset wins; an older one never does. The same
-- record once more is no write while the row is as the record says, and a repair when it is not.
CREATE FUNCTION keep_newest_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset < OLD.kafka_offset THEN
        RETURN NULL;
    END IF;
    IF NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;

-- Two updates of one position in one transaction have one row, and the later one counts: an older one that is delivered
-- again does not replace it. A delivery with the same content and a lower ordinal is a better count, and is taken.
CREATE FUNCTION keep_later_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    delivery CONSTANT TEXT[] := '{created_at,corrected_at,kafka_partition,kafka_offset,ordinal,bank_id}';
BEGIN
    IF NEW.slot = OLD.slot AND to_jsonb(NEW) - delivery IS DISTINCT FROM to_jsonb(OLD) - delivery THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;

-- A delivery names the record that it comes from; any other UPDATE leaves partition and offset alone.
CREATE FUNCTION mark_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.corrected_at := now() AT TIME ZONE 'utc';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION unmark_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.corrected_at := NULL;
    RETURN NEW;
END
$$;

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

-- A history may be cut off: by `connect prune`, or by dropping its oldest partitions. history_ranges says from when on it is
-- kept. What is older need not be there, and is not compared any more; a rollup keeps the days that it has of that time.
CREATE TABLE history_ranges (
    history   TEXT COLLATE "C" PRIMARY KEY,
    kept_from TIMESTAMP NOT NULL CHECK (kept_from = date_trunc('day', kept_from))
);
COMMENT ON TABLE history_ranges IS 'From when on the history of a stream is kept; no row: for ever. Written by keep_history_from()';
COMMENT ON COLUMN history_ranges.history IS 'The table with its schema, such as public.positions';
COMMENT ON COLUMN history_ranges.kept_from IS 'The first UTC day that is kept';

CREATE FUNCTION history_name(history REGCLASS) RETURNS TEXT LANGUAGE sql STABLE
AS $$
    SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE pg_class.oid = $1
$$;
COMMENT ON FUNCTION history_name IS 'A table as history_ranges names it';

CREATE FUNCTION history_kept_from(history REGCLASS) RETURNS TIMESTAMP LANGUAGE sql STABLE
AS $$
    SELECT coalesce((SELECT r.kept_from FROM public.history_ranges AS r WHERE r.history = public.history_name($1)), '-infinity')
$$;
COMMENT ON FUNCTION history_kept_from IS 'From when on this history is kept, UTC; -infinity: all of it';

CREATE FUNCTION keep_history_from(history REGCLASS, kept_from TIMESTAMP) RETURNS TIMESTAMP LANGUAGE sql
AS $$
    INSERT INTO public.history_ranges AS r (history, kept_from) VALUES (public.history_name($1), $2)
    ON CONFLICT (history) DO UPDATE SET kept_from = greatest(r.kept_from, EXCLUDED.kept_from)
    RETURNING r.kept_from
$$;
COMMENT ON FUNCTION keep_history_from IS 'Gives up the history before a UTC day. It only goes forwards; call it before the rows go, and it returns what counts now';

-- The group roles of 0009. Where roles are made by others, they may not be there yet.
DO $$
DECLARE
    needed RECORD;
BEGIN
    FOR needed IN
        SELECT group_role(purpose) AS role, what FROM (VALUES
            ('reader', 'SELECT ON history_ranges'),
            ('owner', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON history_ranges')
        ) AS rights (purpose, what)
    LOOP
        CONTINUE WHEN to_regrole(quote_ident(needed.role)) IS NULL;
        EXECUTE format('GRANT %s TO %I', needed.what, needed.role);
    END LOOP;
END
$$;

-- Up to where the table of each stream is complete, for whoever reads it in SQL. `connect watch` writes it, as the sink's login, behind the rows
-- that it speaks of: when the sink has committed the offsets that belong to a checkpoint of the producer.
CREATE TABLE stream_completeness (
    stream             TEXT COLLATE "C" PRIMARY KEY,
    complete_to_slot   BIGINT,
    complete_to_cursor TEXT COLLATE "C",
    complete_to_time   TIMESTAMP,
    complete_at        TIMESTAMPTZ,
    newest_slot        BIGINT,
    missing_slots      INT8MULTIRANGE NOT NULL DEFAULT '{}',
    offsets            BIGINT[],
    reason             TEXT COLLATE "C",
    measured_at        TIMESTAMPTZ    NOT NULL
)
-- A row is written every few seconds, in its own page.
WITH (fillfactor = 50);

COMMENT ON TABLE stream_completeness IS 'Up to where the table of each stream is complete; read it by the view stream_freshness';
COMMENT ON COLUMN stream_completeness.stream IS 'Name of the stream';
COMMENT ON COLUMN stream_completeness.complete_to_slot IS 'All that the producer has read of this slot and of earlier ones is in the table, refused, or a dead-letter record; except missing_slots. NULL: not proved';
COMMENT ON COLUMN stream_completeness.complete_to_cursor IS 'The same for a feed with cursors';
COMMENT ON COLUMN stream_completeness.complete_to_time IS 'The newest time, UTC, that an update up to there names. No bound: times of updates do not rise strictly';
COMMENT ON COLUMN stream_completeness.complete_at IS 'When the producer had read the feed up to there';
COMMENT ON COLUMN stream_completeness.newest_slot IS 'The slot that the producer has reached';
COMMENT ON COLUMN stream_completeness.missing_slots IS 'Slots of which updates may be missing: left out by choice, or deleted by Kafka before the sink read them; a backfill of them takes them out again';
COMMENT ON COLUMN stream_completeness.offsets IS 'The proof: by partition of the topic, from 0, the offset that the sink has committed at least';
COMMENT ON COLUMN stream_completeness.reason IS 'Why nothing more can be said';
COMMENT ON COLUMN stream_completeness.measured_at IS 'When watch last looked';

CREATE VIEW stream_freshness AS
SELECT
    stream,
    complete_to_slot,
    complete_to_cursor,
    complete_to_time,
    complete_at,
    greatest(round(extract(epoch FROM now() - complete_at), 1), 0) AS behind_seconds,
    newest_slot,
    missing_slots,
    reason,
    measured_at
FROM stream_completeness;

COMMENT ON VIEW stream_freshness IS 'One row a stream: up to where its table is complete, and how long ago the feed had been read up to there. No row: connect watch has not looked after it yet';

-- The group roles of 0009. Where roles are made by others, they may not be there yet.
DO $$
DECLARE
    needed RECORD;
BEGIN
    FOR needed IN
        SELECT group_role(purpose) AS role, what FROM (VALUES
            ('sink', 'SELECT, INSERT, UPDATE ON stream_completeness'),
            ('sink', 'SELECT ON stream_freshness'),
            ('reader', 'SELECT ON stream_completeness, stream_freshness'),
            ('owner', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON stream_completeness'),
            ('owner', 'SELECT ON stream_freshness')
        ) AS rights (purpose, what)
    LOOP
        CONTINUE WHEN to_regrole(quote_ident(needed.role)) IS NULL;
        EXECUTE format('GRANT %s TO %I', needed.what, needed.role);
    END LOOP;
END
$$;

-- Down Migration

DROP VIEW stream_freshness;
DROP TABLE stream_completeness;

DROP FUNCTION keep_history_from(REGCLASS, TIMESTAMP);
DROP FUNCTION history_kept_from(REGCLASS);
DROP FUNCTION history_name(REGCLASS);
DROP TABLE history_ranges;

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
DROP FUNCTION keep_newest_delivery();
DROP FUNCTION keep_later_update();
DROP FUNCTION mark_correction();
DROP FUNCTION unmark_correction();
