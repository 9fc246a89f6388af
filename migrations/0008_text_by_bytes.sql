-- Up Migration

-- Identifiers and code words compare as bytes (COLLATE "C"), whatever the locale of the database. Under a locale each row of
-- the sink costs PostgreSQL a tenth to a sixth more, and an update of the system's locale library can corrupt the indexes of
-- such columns without a word.
--
-- The sink goes on writing while new indexes are built beside the old ones. Then one short transaction swaps them and changes
-- the columns. A table of your own changes the same way: copy the steps after the first, and name your table.

-- Step: the functions
-- ALTER COLUMN would build each index of a text anew, while nobody may read or write the table. It takes a twin as it is,
-- because nothing changes in it.
CREATE OR REPLACE FUNCTION collation_twins(tables REGCLASS[], wanted REGCOLLATION) RETURNS TABLE (statement TEXT)
    LANGUAGE sql STABLE
AS $$
    SELECT format('CREATE %sINDEX CONCURRENTLY IF NOT EXISTS %I ON %s USING btree (%s)%s%s%s%s',
        CASE WHEN i.indisunique THEN 'UNIQUE ' END,
        'twin_' || i.indexrelid,
        i.indrelid::regclass,
        string_agg(quote_ident(a.attname)
            || CASE WHEN moves.yes THEN ' COLLATE ' || wanted
                    WHEN i.indcollation[n] <> a.attcollation THEN ' COLLATE ' || i.indcollation[n]::regcollation
                    ELSE '' END
            || CASE WHEN o.opcdefault THEN '' ELSE format(' %I.%I', s.nspname, o.opcname) END
            || CASE WHEN i.indoption[n] & 1 = 1 THEN ' DESC' ELSE '' END
            || CASE i.indoption[n] & 3 WHEN 1 THEN ' NULLS LAST' WHEN 2 THEN ' NULLS FIRST' ELSE '' END,
            ', ' ORDER BY n) FILTER (WHERE n < i.indnkeyatts),
        ' INCLUDE (' || string_agg(quote_ident(a.attname), ', ' ORDER BY n) FILTER (WHERE n >= i.indnkeyatts) || ')',
        CASE WHEN i.indnullsnotdistinct THEN ' NULLS NOT DISTINCT' END,
        ' WITH (' || array_to_string(t.reloptions, ', ') || ')',
        (SELECT format(' TABLESPACE %I', spcname) FROM pg_tablespace WHERE oid = t.reltablespace))
    FROM pg_index AS i
    JOIN pg_class AS t ON t.oid = i.indexrelid
    JOIN pg_am AS m ON m.oid = t.relam AND m.amname = 'btree'
    CROSS JOIN generate_series(0, i.indnatts - 1) AS n
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[n]
    LEFT JOIN pg_opclass AS o ON n < i.indnkeyatts AND o.oid = i.indclass[n]
    LEFT JOIN pg_namespace AS s ON s.oid = o.opcnamespace
    -- A text in its column's own collation, which is to be another.
    CROSS JOIN LATERAL (
        SELECT n < i.indnkeyatts AND a.attcollation NOT IN (0, wanted) AND i.indcollation[n] = a.attcollation AS yes
    ) AS moves
    WHERE i.indrelid = ANY (tables) AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    GROUP BY i.indexrelid, i.indrelid, i.indisunique, i.indnkeyatts, i.indnullsnotdistinct, t.reloptions, t.reltablespace
    HAVING bool_or(moves.yes)
$$;
COMMENT ON FUNCTION collation_twins IS 'Statements that build a twin of each B-tree index over texts of these tables, under another collation, for change_collation() to take';

-- One short transaction, in which nothing is built but unique indexes with a condition. Whatever else has a condition or an
-- expression is dropped; dropped_indexes has the statements that make it again. Views on the tables, your own too, are made
-- anew with their owners, options, grants and comments. The second time it does nothing. Name the tables in the order that
-- their writers lock them.
CREATE OR REPLACE FUNCTION change_collation(tables REGCLASS[], wanted REGCOLLATION) RETURNS VOID LANGUAGE plpgsql
    -- Everybody else queues behind a change that waits. It gives up before PostgreSQL looks for a deadlock (deadlock_timeout),
    -- so that a query which holds a view and waits for a table is never the one that fails.
    SET lock_timeout = '500ms'
AS $$
DECLARE
    views   OID[];
    problem TEXT;
    before  TEXT[];
    changes TEXT[];
    after   TEXT[];
    remade  TEXT[];
    grants  TEXT[];
    command TEXT;
BEGIN
    CREATE TABLE IF NOT EXISTS dropped_indexes (id BIGSERIAL PRIMARY KEY, statement TEXT NOT NULL);
    SELECT array_agg(change) INTO changes FROM (
        SELECT format('ALTER TABLE %s %s', attrelid::regclass, string_agg(
            format('ALTER COLUMN %I TYPE %s COLLATE %s', attname, format_type(atttypid, atttypmod), wanted), ', '
            ORDER BY attnum)) AS change
        FROM pg_attribute
        WHERE attrelid = ANY (tables) AND attnum > 0 AND NOT attisdropped AND attcollation NOT IN (0, wanted)
        GROUP BY attrelid
    ) AS of_tables;
    IF changes IS NULL THEN
        RETURN;
    END IF;

    WITH RECURSIVE readers (view, depth) AS (
        SELECT r.ev_class, 1 FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY (tables)
          AND r.ev_class <> ALL (tables)
        UNION
        SELECT r.ev_class, depth + 1 FROM readers JOIN pg_depend AS d ON d.refobjid = readers.view
        JOIN pg_rewrite AS r ON r.oid = d.objid AND r.ev_class <> readers.view
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
    )
    SELECT coalesce(array_agg(view ORDER BY depth DESC, view), '{}') INTO views
    FROM (SELECT view, max(depth) AS depth FROM readers GROUP BY view) AS deepest;
    SELECT string_agg(what, ', ') INTO problem FROM (
        SELECT format('%s %s', CASE relkind WHEN 'm' THEN 'materialized view' ELSE 'a rule of' END, oid::regclass) AS what
        FROM pg_class WHERE oid = ANY (views) AND relkind <> 'v'
        UNION ALL SELECT format('rule %I of %s', rulename, ev_class::regclass) FROM pg_rewrite
        WHERE ev_class = ANY (views) AND rulename <> '_RETURN'
        UNION ALL SELECT format('trigger %I of %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE tgrelid = ANY (views)
        UNION ALL SELECT format('a default of %s', adrelid::regclass) FROM pg_attrdef WHERE adrelid = ANY (views)
    ) AS unsupported;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'the collation of % cannot change under: %', array_to_string(tables, ', '), problem
            USING ERRCODE = 'dependent_objects_still_exist', HINT = 'Drop it, migrate, and make it again.';
    END IF;

    FOR command IN
        SELECT format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', name::regclass)
        FROM unnest(tables::oid[] || views) WITH ORDINALITY AS locked (name, place) ORDER BY place
    LOOP
        EXECUTE command;
    END LOOP;

    SELECT array_agg(format('DROP VIEW %s', v.oid::regclass) ORDER BY v.place),
           array_agg(format('CREATE VIEW %s%s AS %s', v.oid::regclass,
               ' WITH (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(v.oid)) ORDER BY v.place DESC)
    INTO before, remade
    FROM unnest(views) WITH ORDINALITY AS v (oid, place) JOIN pg_class AS c ON c.oid = v.oid;
    SELECT array_agg(statement ORDER BY step) INTO grants FROM (
        SELECT 1 AS step, format('ALTER VIEW %s OWNER TO %I', oid::regclass, pg_get_userbyid(relowner)) AS statement
        FROM pg_class WHERE oid = ANY (views) AND pg_get_userbyid(relowner) <> current_user
        -- What default privileges give to a new view is taken back first.
        UNION ALL SELECT 2, format('REVOKE ALL ON %s FROM %s', v.oid::regclass, g.name)
        FROM unnest(views) AS v (oid), (
            SELECT 'PUBLIC' AS name UNION SELECT quote_ident(pg_get_userbyid(grantee))
            FROM pg_default_acl, aclexplode(defaclacl) WHERE defaclobjtype = 'r' AND grantee NOT IN (0, defaclrole)
        ) AS g
        UNION ALL SELECT 3, format('GRANT %s ON %s TO %s%s', a.privilege_type, v.oid::regclass,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
            CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
        FROM pg_class AS v, aclexplode(v.relacl) AS a WHERE v.oid = ANY (views) AND a.grantee <> v.relowner
        UNION ALL SELECT 4, format('GRANT %s (%I) ON %s TO %s%s', a.privilege_type, c.attname, c.attrelid::regclass,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
            CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
        FROM pg_attribute AS c, aclexplode(c.attacl) AS a WHERE c.attrelid = ANY (views)
        UNION ALL SELECT 5, format('COMMENT ON %s IS %L',
            CASE objsubid WHEN 0 THEN format('VIEW %s', objoid::regclass)
                 ELSE format('COLUMN %s.%I', objoid::regclass, (
                     SELECT attname FROM pg_attribute WHERE attrelid = objoid AND attnum = objsubid)) END, description)
        FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid = ANY (views)
    ) AS remembered;

    -- Twins take the names of what they stand for.
    SELECT before || array_agg(CASE WHEN c.oid IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass)
               ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, c.conname) END),
           array_agg(CASE WHEN c.oid IS NULL THEN format('ALTER INDEX %s RENAME TO %I', t.oid::regclass, n.relname)
               ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s USING INDEX %I%s%s', i.indrelid::regclass, c.conname,
                   CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, t.relname,
                   CASE WHEN c.condeferrable THEN ' DEFERRABLE' END,
                   CASE WHEN c.condeferred THEN ' INITIALLY DEFERRED' END) END)
        || array_agg(format('COMMENT ON INDEX %s IS %L', i.indexrelid::regclass, obj_description(i.indexrelid, 'pg_class')))
        || array_remove(array_agg(CASE WHEN obj_description(c.oid, 'pg_constraint') IS NOT NULL THEN
               format('COMMENT ON CONSTRAINT %I ON %s IS %L', c.conname, i.indrelid::regclass,
                   obj_description(c.oid, 'pg_constraint')) END), NULL)
        || array_remove(array_agg(CASE WHEN i.indisclustered THEN
               format('ALTER TABLE %s CLUSTER ON %I', i.indrelid::regclass, n.relname) END), NULL)
        || array_remove(array_agg(CASE WHEN i.indisreplident THEN
               format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', i.indrelid::regclass, n.relname) END), NULL)
    INTO before, after
    FROM pg_index AS i
    JOIN pg_class AS n ON n.oid = i.indexrelid
    JOIN pg_class AS t ON t.relname = 'twin_' || i.indexrelid AND t.relnamespace = n.relnamespace
    JOIN pg_index AS ti ON ti.indexrelid = t.oid AND ti.indisvalid
    LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
    WHERE i.indrelid = ANY (tables);

    -- ALTER COLUMN would build these anew as well.
    WITH conditional AS (
        SELECT DISTINCT i.indexrelid AS oid FROM pg_index AS i
        JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid AND d.refobjid = i.indrelid
        JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attcollation NOT IN (0, wanted)
        WHERE i.indrelid = ANY (tables) AND NOT i.indisunique AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)
    ), noted AS (
        INSERT INTO dropped_indexes (statement)
        SELECT unnest(ARRAY[
            regexp_replace(pg_get_indexdef(oid), '^CREATE INDEX', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS'),
            format('COMMENT ON INDEX %s IS %L', oid::regclass, obj_description(oid, 'pg_class'))])
        FROM conditional
    )
    SELECT before || array_agg(format('DROP INDEX %s', oid::regclass)) INTO before FROM conditional;

    FOREACH command IN ARRAY before || changes || after || remade || grants LOOP
        EXECUTE command;
    END LOOP;
END
$$;
COMMENT ON FUNCTION change_collation IS 'Gives the texts of these tables another collation, in one short transaction when their twins are there; dropped_indexes then says which indexes to build again';

-- Step for each row: the twins of the indexes
SELECT statement FROM collation_twins('{positions, position_days, funding_payments}', '"C"');

-- Step: the columns
SELECT change_collation('{positions, position_days, funding_payments}', '"C"');

-- Step for each row: the indexes with a condition
SELECT statement FROM dropped_indexes ORDER BY id;

-- Step: statistics, which the change has dropped
ANALYZE positions, position_days, funding_payments;

-- Step: the notes
DROP TABLE IF EXISTS dropped_indexes;

-- Down Migration

-- Step for each row: the twins of the indexes
SELECT statement FROM collation_twins('{positions, position_days, funding_payments}', '"default"');

-- Step: the columns
SELECT change_collation('{positions, position_days, funding_payments}', '"default"');

-- Step for each row: the indexes with a condition
SELECT statement FROM dropped_indexes ORDER BY id;

-- Step: statistics, which the change has dropped
ANALYZE positions, position_days, funding_payments;

-- Step: the notes and the functions
DROP TABLE IF EXISTS dropped_indexes;
DROP FUNCTION IF EXISTS collation_twins(REGCLASS[], REGCOLLATION);
DROP FUNCTION IF EXISTS change_collation(REGCLASS[], REGCOLLATION);
