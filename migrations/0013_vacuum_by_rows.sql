-- Up Migration

-- By default PostgreSQL vacuums and analyzes a table after a share of it has changed: a fifth, and a tenth. A history grows for
-- ever, so its newest rows, which are asked for most, wait ever longer: at 100 million rows the newest 20 million. Measured with a
-- history whose newest sixth neither had seen: of 80,000 new rows the planner expected 48, and a count over an index looked at
-- 1,858 pages, 20,000 rows in the table itself; after both 81,284 and 37. For 80,000 rows a vacuum took 34 ms, an analyze 317 ms.
--
-- So both come by a number of rows. A vacuum reads the new pages only; nothing is dead in an append-only history.
--
-- position_days keeps the defaults: its dead versions go when somebody reads their page, and after 20 million updates at full
-- speed the current states of an owner took 0.17 ms. A partitioned history keeps them too: they count for each partition, and
-- only the newest grows.
DO $$
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'positions'::regclass) = 'r' THEN
        ALTER TABLE positions SET (
            autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 500000,
            autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 500000
        );
    END IF;
END
$$;

-- Down Migration

DO $$
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'positions'::regclass) = 'r' THEN
        ALTER TABLE positions RESET (
            autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold,
            autovacuum_analyze_scale_factor, autovacuum_analyze_threshold
        );
    END IF;
END
$$;
