-- The period of a time, and the name of its partition, as `connect partitions` names it.
CREATE OR REPLACE FUNCTION partition_period(every TEXT, at TIMESTAMP, OUT first TIMESTAMP, OUT next TIMESTAMP, OUT suffix TEXT)
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT date_trunc($1, $2), date_trunc($1, $2) + ('1 ' || $1)::interval,
        to_char(date_trunc($1, $2), CASE $1 WHEN 'day' THEN '"p"YYYYMMDD' WHEN 'week' THEN '"p"IYYY"w"IW' ELSE '"p"YYYYMM' END)
$$;

-- The first period that begins no sooner than in an hour: rows of earlier times stay together in one partition.
CREATE OR REPLACE FUNCTION partition_boundary(history REGCLASS, by NAME, every TEXT) RETURNS TIMESTAMP LANGUAGE plpgsql
AS $$
DECLARE
    boundary CONSTANT TIMESTAMP := (partition_period(every, now() AT TIME ZONE 'utc' + interval '1 hour')).next;
    late     BIGINT;
    latest   TEXT;
BEGIN
    EXECUTE format('SELECT count(*), max(%1$I)::text FROM %2$s WHERE %1$I >= %3$L', by, history, boundary || '+00')
    INTO late, latest;
    IF late > 0 THEN
        RAISE EXCEPTION '% rows of % are of % or later, the latest of %', late, history, boundary, latest
            USING HINT = 'Their time is yet to come. Correct or delete them, and migrate again.';
    END IF;
    RETURN boundary;
END
$$;

-- A limit that PostgreSQL believes when the table becomes a partition, instead of reading all of it under a lock.
CREATE OR REPLACE FUNCTION limit_history(history REGCLASS, by NAME, every TEXT) RETURNS VOID LANGUAGE plpgsql
    SET lock_timeout = '500ms' SET timezone = 'UTC'
AS $$
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = history) = 'r'
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = history AND conname = 'partition_boundary') THEN
        EXECUTE format('ALTER TABLE %s ADD CONSTRAINT partition_boundary CHECK (%I < %L) NOT VALID', history, by,
            partition_boundary(history, by, every));
    END IF;
END
$$;

-- Statements that build a twin of each unique index, with the column that the table is partitioned by. Only the primary key and
-- the upsert key may be less than they were.
CREATE OR REPLACE FUNCTION partition_twins(history REGCLASS, by NAME, key NAME[]) RETURNS TABLE (statement TEXT) LANGUAGE plpgsql
AS $$
DECLARE
    other TEXT;
BEGIN
    SELECT string_agg(i.indexrelid::regclass::text, ', ') INTO other FROM pg_index AS i
    WHERE i.indrelid = history AND i.indisunique AND NOT i.indisprimary
      AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = history AND attname = by AND attnum = ANY (i.indkey))
      AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL OR NOT ARRAY(
          SELECT attname FROM pg_attribute WHERE attrelid = history AND attnum = ANY (i.indkey)) <@ key);
    IF other IS NOT NULL THEN
        RAISE EXCEPTION 'unique indexes of % besides the upsert key: %', history, other USING
            HINT = 'A partitioned table has none without the column that it is partitioned by. Drop them, and migrate again.';
    END IF;
    RETURN QUERY SELECT format('CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS %I ON %s (%s, %I)', 'twin_' || i.indexrelid, history,
        string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n), by)
    FROM pg_index AS i CROSS JOIN generate_series(1, i.indnkeyatts) AS n
    WHERE i.indrelid = history AND i.indisunique AND i.indisvalid AND (SELECT relkind FROM pg_class WHERE oid = history) = 'r'
      AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = history AND attname = by AND attnum = ANY (i.indkey))
    GROUP BY i.indexrelid;
END
$$;

-- Puts another table in the place of a history: a partitioned one, of which the old table becomes the first partition; or, without
-- `every`, one that all its rows are copied into. In one transaction, with indexes, triggers, rights, comments, and the views that
-- read it, users' own too. It waits a little longer for a lock than autovacuum needs to be told to let go.
CREATE OR REPLACE FUNCTION replace_history(history REGCLASS, by NAME, every TEXT DEFAULT NULL, ahead INTEGER DEFAULT 3)
    RETURNS VOID LANGUAGE plpgsql
    SET lock_timeout = '2s' SET timezone = 'UTC'
AS $$
DECLARE
    old_kind CONSTANT "char" := (SELECT relkind FROM pg_class WHERE oid = history);
    name     CONSTANT TEXT := (SELECT relname FROM pg_class WHERE oid = history);
    schema   CONSTANT TEXT := (SELECT nspname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE c.oid = history);
    whole    CONSTANT TEXT := format('%I.%I', schema, name);
    owner    CONSTANT TEXT := (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = history);
    boundary TIMESTAMP;
    aside    TEXT;
    problem  TEXT;
    views    OID[];
    before   TEXT[];
    indexes  TEXT[];
    after    TEXT[];
    command  TEXT;
    is_empty BOOLEAN;
    twice    BIGINT;
    period   RECORD;
BEGIN
    IF old_kind = (CASE WHEN every IS NULL THEN 'r' ELSE 'p' END) THEN
        RETURN;
    END IF;

    WITH RECURSIVE readers (view, depth) AS (
        SELECT r.ev_class, 1 FROM pg_depend AS d JOIN pg_rewrite AS r ON r.oid = d.objid
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = history
          AND r.ev_class <> history
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
        WHERE ev_class = ANY (views || history::oid) AND rulename <> '_RETURN'
        UNION ALL SELECT format('trigger %I of %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE tgrelid = ANY (views)
        UNION ALL SELECT format('a default of %s', adrelid::regclass) FROM pg_attrdef WHERE adrelid = ANY (views)
        UNION ALL SELECT format('foreign key %I of %s', conname, conrelid::regclass) FROM pg_constraint
        WHERE contype = 'f' AND (conrelid = history OR confrelid = history) AND conparentid = 0
        UNION ALL SELECT format('exclusion constraint %I', conname) FROM pg_constraint WHERE contype = 'x' AND conrelid = history
        UNION ALL SELECT format('policy %I', polname) FROM pg_policy WHERE polrelid = history
        UNION ALL SELECT 'row-level security' FROM pg_class WHERE oid = history AND relrowsecurity
        UNION ALL SELECT format('publication %I', pubname) FROM pg_publication_rel JOIN pg_publication AS p ON p.oid = prpubid
        WHERE prrelid = history
        UNION ALL SELECT format('identity column %I', attname) FROM pg_attribute WHERE attrelid = history AND attidentity <> ''
        UNION ALL SELECT format('child %s', inhrelid::regclass) FROM pg_inherits WHERE inhparent = history AND old_kind = 'r'
    ) AS unsupported;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '% cannot be replaced under: %', history, problem
            USING ERRCODE = 'dependent_objects_still_exist', HINT = 'Drop it, migrate, and make it again.';
    END IF;

    IF every IS NULL THEN
        FOR command IN
            SELECT string_agg(quote_ident(attname), ', ') FROM pg_index AS i
            JOIN pg_attribute AS a ON a.attrelid = history AND a.attnum = ANY (i.indkey) AND a.attname <> by
            WHERE i.indrelid = history AND i.indisunique GROUP BY i.indexrelid
        LOOP
            EXECUTE format('SELECT count(*) FROM (SELECT FROM %s GROUP BY %s HAVING count(*) > 1) AS twice', history, command) INTO twice;
            IF twice > 0 THEN
                RAISE unique_violation USING MESSAGE = format('%s values of (%s) stand in more than one row of %s', twice, command, history),
                    HINT = 'One table can hold each of them once. Decide which row is to stay, delete the others, and migrate again.';
            END IF;
        END LOOP;
    END IF;

    FOR command IN
        SELECT format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', locked::regclass)
        FROM unnest(history::oid || views) WITH ORDINALITY AS l (locked, place) ORDER BY place
    LOOP
        EXECUTE command;
    END LOOP;

    -- Twins take the names of what they stand for.
    FOR command IN
        SELECT unnest(ARRAY[
            CASE WHEN c.oid IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass)
                 ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', history, c.conname) END,
            CASE WHEN c.oid IS NULL THEN format('ALTER INDEX %s RENAME TO %I', t.oid::regclass, n.relname)
                 ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s USING INDEX %I', history, c.conname,
                     CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, t.relname) END,
            format('COMMENT ON INDEX %I.%I IS %L', schema, n.relname, obj_description(i.indexrelid, 'pg_class'))])
        FROM pg_index AS i
        JOIN pg_class AS n ON n.oid = i.indexrelid
        JOIN pg_class AS t ON t.relname = 'twin_' || i.indexrelid AND t.relnamespace = n.relnamespace
        JOIN pg_index AS ti ON ti.indexrelid = t.oid AND ti.indisvalid
        LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
        WHERE i.indrelid = history AND old_kind = 'r'
    LOOP
        EXECUTE command;
    END LOOP;

    -- How everything is made again, under the table's name.
    SELECT array_agg(format('DROP VIEW %s', v.oid::regclass) ORDER BY v.place) INTO before
    FROM unnest(views) WITH ORDINALITY AS v (oid, place);
    SELECT array_agg(command_text ORDER BY step, place) INTO after FROM (
        SELECT 1 AS step, t.oid::bigint AS place, pg_get_triggerdef(t.oid) AS command_text
        FROM pg_trigger AS t WHERE tgrelid = history AND NOT tgisinternal
        UNION ALL SELECT 2, t.oid::bigint, format('ALTER TABLE %s %s TRIGGER %I', whole,
            CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, tgname)
        FROM pg_trigger AS t WHERE tgrelid = history AND NOT tgisinternal AND tgenabled <> 'O'
        UNION ALL SELECT 3, 0, format('ALTER TABLE %s OWNER TO %I', whole, owner) WHERE owner <> current_user
        -- What default privileges give is taken back first.
        UNION ALL SELECT 6, 0, format('REVOKE ALL ON %s FROM %s', relation, g.name)
        FROM (SELECT whole UNION ALL SELECT oid::regclass::text FROM unnest(views) AS v (oid)) AS r (relation), (
            SELECT 'PUBLIC' AS name UNION SELECT quote_ident(pg_get_userbyid(grantee))
            FROM pg_default_acl, aclexplode(defaclacl) WHERE defaclobjtype = 'r' AND grantee NOT IN (0, defaclrole)
        ) AS g
        UNION ALL SELECT 4, -v.place, format('CREATE VIEW %s%s AS %s', v.oid::regclass,
            ' WITH (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(v.oid))
        FROM unnest(views) WITH ORDINALITY AS v (oid, place) JOIN pg_class AS c ON c.oid = v.oid
        UNION ALL SELECT 4, 1, format('ALTER VIEW %s OWNER TO %I', oid::regclass, pg_get_userbyid(relowner))
        FROM pg_class WHERE oid = ANY (views) AND pg_get_userbyid(relowner) <> current_user
        UNION ALL SELECT 7, 0, format('GRANT %s ON %s TO %s%s', a.privilege_type, v.oid::regclass,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
            CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
        FROM pg_class AS v, aclexplode(v.relacl) AS a WHERE v.oid = ANY (views || history::oid) AND a.grantee <> v.relowner
        UNION ALL SELECT 8, 0, format('GRANT %s (%I) ON %s TO %s%s', a.privilege_type, c.attname, c.attrelid::regclass,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
            CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
        FROM pg_attribute AS c, aclexplode(c.attacl) AS a WHERE c.attrelid = ANY (views || history::oid)
        -- Whoever may read the history may see whether the default partition is empty.
        UNION ALL SELECT 8, 1, format('GRANT SELECT ON %I.%I TO %s', schema, name || '_default',
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END)
        FROM pg_class AS v, aclexplode(v.relacl) AS a
        WHERE v.oid = history AND a.grantee <> v.relowner AND a.privilege_type = 'SELECT' AND every IS NOT NULL
        UNION ALL SELECT 9, objsubid, format('COMMENT ON %s IS %L',
            CASE objsubid WHEN 0 THEN format('%s %s', CASE objoid WHEN history THEN 'TABLE' ELSE 'VIEW' END, objoid::regclass)
                 ELSE format('COLUMN %s.%I', objoid::regclass, (
                     SELECT attname FROM pg_attribute WHERE attrelid = objoid AND attnum = objsubid)) END, description)
        FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid = ANY (views || history::oid)
        UNION ALL SELECT 10, 0, format('ALTER SEQUENCE %s OWNED BY %s.%I', d.objid::regclass, whole, a.attname)
        FROM pg_depend AS d JOIN pg_attribute AS a ON a.attrelid = history AND a.attnum = d.refobjsubid
        JOIN pg_class AS s ON s.oid = d.objid AND s.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refobjid = history AND d.deptype = 'a'
    ) AS remembered;
    -- One table needs no column that it is partitioned by in its unique indexes.
    SELECT array_agg(command_text ORDER BY place, step) INTO indexes FROM (
        SELECT 1 AS step, i.indexrelid::bigint AS place, CASE
            WHEN c.oid IS NOT NULL THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s (%s)', whole, c.conname,
                CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, k.columns)
            WHEN i.indisunique THEN format('CREATE UNIQUE INDEX %I ON %s (%s)', n.relname, whole, k.columns)
            ELSE format('CREATE INDEX %I ON %s%s', n.relname, whole, substring(d.text FROM position(' USING ' IN d.text))) END
            AS command_text
        FROM pg_index AS i JOIN pg_class AS n ON n.oid = i.indexrelid
        LEFT JOIN pg_constraint AS c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u') AND c.conrelid = history
        CROSS JOIN LATERAL pg_get_indexdef(i.indexrelid) AS d (text)
        CROSS JOIN LATERAL (
            SELECT string_agg(pg_get_indexdef(i.indexrelid, g, true), ', ' ORDER BY g) AS columns
            FROM generate_series(1, i.indnkeyatts) AS g
            WHERE every IS NOT NULL OR pg_get_indexdef(i.indexrelid, g, true) <> quote_ident(by)
        ) AS k
        WHERE i.indrelid = history
        UNION ALL SELECT 2, i.indexrelid::bigint, format('COMMENT ON INDEX %I.%I IS %L', schema, n.relname, obj_description(n.oid, 'pg_class'))
        FROM pg_index AS i JOIN pg_class AS n ON n.oid = i.indexrelid
        WHERE i.indrelid = history AND obj_description(n.oid, 'pg_class') IS NOT NULL
    ) AS definitions;

    FOREACH command IN ARRAY coalesce(before, '{}') LOOP
        EXECUTE command;
    END LOOP;
    FOR command IN SELECT format('DROP TRIGGER %I ON %s', tgname, history) FROM pg_trigger
        WHERE tgrelid = history AND NOT tgisinternal AND tgparentid = 0
    LOOP
        EXECUTE command;
    END LOOP;

    -- The old table gives up its names.
    IF every IS NOT NULL THEN
        boundary := (
            SELECT substring(pg_get_constraintdef(oid) FROM '''([^'']+)''')::timestamp FROM pg_constraint
            WHERE conrelid = history AND conname = 'partition_boundary'
        );
        EXECUTE format('SELECT NOT EXISTS (SELECT FROM %s)', history) INTO is_empty;
    END IF;
    aside := name || CASE WHEN every IS NULL THEN '_partitioned' ELSE '_until_' || to_char(boundary, 'YYYYMMDD') END;
    EXECUTE format('ALTER TABLE %s RENAME TO %I', history, aside);
    FOR command IN SELECT format('ALTER INDEX %s RENAME TO %I', i.indexrelid::regclass, left(n.relname, 54) || '_' || right(aside, 8))
        FROM pg_index AS i JOIN pg_class AS n ON n.oid = i.indexrelid WHERE i.indrelid = history
    LOOP
        EXECUTE command;
    END LOOP;
    EXECUTE format('CREATE TABLE %s (LIKE %I.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE '
        'INCLUDING COMPRESSION)%s', whole, schema, aside, CASE
            WHEN every IS NOT NULL THEN format(' PARTITION BY RANGE (%I)', by)
            -- The settings of the old table went into the first partition, and come back from there.
            ELSE (
                SELECT format(' WITH (%s)', array_to_string(c.reloptions, ', '))
                FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
                WHERE i.inhparent = history AND c.reloptions IS NOT NULL ORDER BY c.oid LIMIT 1
            )
        END);

    IF every IS NULL THEN
        EXECUTE format('INSERT INTO %s SELECT * FROM %I.%I', whole, schema, aside);
    ELSE
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT partition_boundary', whole);
    END IF;
    FOREACH command IN ARRAY indexes LOOP
        EXECUTE command;
    END LOOP;
    IF every IS NOT NULL THEN
        EXECUTE format('CREATE TABLE %I.%I PARTITION OF %s DEFAULT', schema, name || '_default', whole);
        IF is_empty THEN
            -- No partition for times that no row is of; the current period gets one of its own.
            boundary := (partition_period(every, now() AT TIME ZONE 'utc')).first;
        ELSE
            EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I.%I FOR VALUES FROM (MINVALUE) TO (%L)', whole, schema, aside, boundary);
            EXECUTE format('ALTER TABLE %I.%I DROP CONSTRAINT partition_boundary', schema, aside);
        END IF;
        FOR _ IN 0..ahead LOOP
            period := partition_period(every, boundary);
            EXECUTE format('CREATE TABLE %I.%I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', schema, name || '_' || period.suffix, whole,
                period.first, period.next);
            boundary := period.next;
        END LOOP;
    END IF;
    FOREACH command IN ARRAY after LOOP
        EXECUTE command;
    END LOOP;
    IF every IS NULL OR is_empty THEN
        EXECUTE format('DROP TABLE %I.%I', schema, aside);
    END IF;
END
$$;
