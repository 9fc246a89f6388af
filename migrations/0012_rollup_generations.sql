-- Up Migration

-- The rollup under a snapshot that is held. While a report, a dump or a forgotten replication slot holds one, PostgreSQL removes
-- no old version of a row, and each commit adds one to every position that it touches. A look-up by position met them all: the
-- sink grew slower without end (a sixth of its rate after two million rows of 5,000 positions).
--
-- Now a current row has a generation. It rises with one update in sixteen and is part of the indexes, so that a look-up from the
-- highest down meets the newest versions first, however many old ones are kept. Measured, 20,000 positions, processor time of
-- PostgreSQL for a row: 55 µs without a snapshot, and about 70 under one, without end; before, 660 after two million rows.
--
-- The sink goes on while this runs.

-- Step: the generation of a current row
SET LOCAL lock_timeout = '500ms';
ALTER TABLE position_days ADD COLUMN IF NOT EXISTS generation INTEGER NOT NULL DEFAULT 0;
COMMENT ON COLUMN position_days.generation IS 'Rises now and then while the row is current, so that a look-up meets its newest version first; 0 on other rows';
CREATE OR REPLACE VIEW position_days_from_history AS
SELECT
    position_account,
    day,
    row_number() OVER (PARTITION BY position_account
                       ORDER BY slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, history_id DESC) = 1 AS is_current,
    history_id,
    slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
    mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal,
    coalesce((
        SELECT d.generation FROM position_days AS d
        WHERE d.position_account = last_of_day.position_account AND d.day = last_of_day.day AND d.is_current
        ORDER BY d.generation DESC LIMIT 1
    ), 0) AS generation
FROM (
    (
        SELECT DISTINCT ON (position_account, date_trunc('day', block_time))
            position_account,
            date_trunc('day', block_time) AS day,
            id AS history_id,
            slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
            mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
        FROM positions
        WHERE block_time >= coalesce((SELECT kept_from FROM history_ranges WHERE history = 'public.positions'), '-infinity')
        ORDER BY position_account, date_trunc('day', block_time), slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, id DESC
    )
    UNION ALL
    SELECT
        position_account, day, history_id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
    FROM position_days
    WHERE day < (SELECT kept_from FROM history_ranges WHERE history = 'public.positions')
) AS last_of_day;
COMMENT ON VIEW position_days_from_history IS 'What position_days must hold, computed from the history that is kept, and position_days itself for older days and for generation: sorts the whole history unless position_account is given';

-- Step: the key with the generation
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS position_days_by_generation ON position_days (position_account, day, generation);

-- Step: current rows by generation
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_position_days_newest ON position_days (position_account, generation) WHERE is_current;

-- Step: rare states
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_position_days_status_rare ON position_days (status) WHERE is_current AND status <> 'Open';

-- Step: the functions
SET LOCAL lock_timeout = '500ms';
-- Every writer holds the first of them from his first statement to his commit, so none is in the middle of a fold.
LOCK TABLE position_days_pending, position_days IN ACCESS EXCLUSIVE MODE;
DO $$
DECLARE
    replicates CONSTANT BOOLEAN := EXISTS (
        SELECT FROM pg_index WHERE indexrelid = to_regclass('position_days_pkey') AND indisreplident
    );
BEGIN
    IF to_regclass('position_days_by_generation') IS NOT NULL THEN
        ALTER TABLE position_days DROP CONSTRAINT position_days_pkey,
            ADD CONSTRAINT position_days_pkey PRIMARY KEY USING INDEX position_days_by_generation;
        IF replicates THEN
            ALTER TABLE position_days REPLICA IDENTITY USING INDEX position_days_pkey;
        END IF;
    END IF;
END
$$;
DROP INDEX IF EXISTS idx_position_days_current, idx_position_days_status;
COMMENT ON INDEX idx_position_days_newest IS 'The current state of a position: WHERE position_account = …; the fold looks for the highest generation';
COMMENT ON INDEX idx_position_days_status_rare IS 'Current states other than Open: current_positions WHERE status = ''Liquidating''';

-- Room for the versions of a row on its own page: such an update touches no index. A version that moves to another page has an
-- entry in each.
ALTER TABLE position_days SET (fillfactor = 25);

CREATE UNLOGGED TABLE IF NOT EXISTS position_days_openings (
    bucket INTEGER PRIMARY KEY,
    opened BIGINT NOT NULL
);
COMMENT ON TABLE position_days_openings IS 'Whoever gives a position its first row changes the bucket of the position before, so that no two transactions do it at once, at any isolation level';
COMMENT ON COLUMN position_days_openings.bucket IS 'Hash of the position, 0 to 1023';
COMMENT ON COLUMN position_days_openings.opened IS 'How many positions were given a row';

CREATE OR REPLACE FUNCTION open_positions(accounts VARCHAR[]) RETURNS VOID LANGUAGE sql
AS $$
    INSERT INTO public.position_days_openings AS o (bucket, opened)
    SELECT hashtext(account) & 1023 AS bucket, count(*) FROM unnest(accounts) AS account
    GROUP BY bucket ORDER BY bucket
    ON CONFLICT (bucket) DO UPDATE SET opened = o.opened + EXCLUDED.opened
$$;

-- Locks the current rows of these positions in their order, and then the buckets of those without one: the order of every writer.
-- A mark can move meanwhile, and a first row come. Then all is let go and tried again, so that nobody waits for a row of an
-- earlier position than he holds.
CREATE OR REPLACE FUNCTION lock_positions(accounts VARCHAR[]) RETURNS VOID LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    locked  BOOLEAN;
    missing VARCHAR[];
BEGIN
    LOOP
        BEGIN
            WITH known AS MATERIALIZED (
                SELECT a.account, c.place
                FROM (SELECT DISTINCT account COLLATE "C" AS account FROM unnest(accounts) AS account) AS a
                LEFT JOIN LATERAL (
                    SELECT ctid AS place FROM public.position_days
                    WHERE position_account = a.account AND is_current
                    ORDER BY generation DESC LIMIT 1
                ) AS c ON true
                ORDER BY a.account
            ), held AS MATERIALIZED (
                SELECT FROM known AS k CROSS JOIN LATERAL (
                    SELECT FROM public.position_days AS d
                    WHERE d.ctid = k.place AND d.position_account = k.account AND d.is_current FOR UPDATE
                ) AS d
            )
            SELECT count(place) = (SELECT count(*) FROM held), array_agg(account) FILTER (WHERE place IS NULL)
            INTO locked, missing FROM known;
            IF locked AND missing IS NOT NULL THEN
                PERFORM public.open_positions(missing);
                locked := NOT EXISTS (
                    SELECT FROM public.position_days WHERE position_account = ANY (missing) AND is_current
                );
            END IF;
            EXIT WHEN locked;
            RAISE 'somebody was quicker' USING ERRCODE = 'PC001';
        EXCEPTION WHEN SQLSTATE 'PC001' THEN NULL;
        END;
    END LOOP;
END
$$;

-- States of any age and of any days.
CREATE OR REPLACE FUNCTION fold_positions_by_day(ids BIGINT[], first_day TIMESTAMP, last_day TIMESTAMP) RETURNS VOID LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    moved       VARCHAR[];
    generations INTEGER[];
BEGIN
    PERFORM public.lock_positions(array(
        SELECT DISTINCT position_account FROM public.positions
        WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
    ));

    -- The mark leaves a current row that is older than a state of another day. It becomes a new row: who waits for a current row
    -- must not find himself with a lock on one that no longer is.
    WITH found AS MATERIALIZED (
        SELECT n.*, c.place
        FROM (
            SELECT DISTINCT ON (position_account)
                position_account, date_trunc('day', block_time) AS day, slot, ordinal, kafka_offset, id AS history_id
            FROM public.positions
            WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
            ORDER BY position_account, slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, id DESC
        ) AS n
        CROSS JOIN LATERAL (
            SELECT ctid AS place FROM public.position_days
            WHERE position_account = n.position_account AND is_current
            ORDER BY generation DESC LIMIT 1
        ) AS c
        WHERE n.day BETWEEN first_day AND last_day
    ), gone AS (
        DELETE FROM public.position_days AS d USING found AS n
        WHERE d.ctid = n.place AND d.day <> n.day
          AND (n.slot, coalesce(n.ordinal, 2147483648), coalesce(n.kafka_offset, -1), n.history_id)
              > (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id)
        RETURNING d.*
    ), kept AS (
        INSERT INTO public.position_days (
            position_account, day, is_current, history_id,
            slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
            mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
        )
        SELECT
            position_account, day, false, history_id,
            slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
            mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
        FROM gone
    )
    SELECT array_agg(position_account), array_agg(generation) INTO moved, generations FROM gone;

    -- A current row takes the last state of its day.
    WITH found AS MATERIALIZED (
        SELECT n.*, c.place
        FROM (
            SELECT DISTINCT ON (position_account, date_trunc('day', block_time))
                position_account, date_trunc('day', block_time) AS day, id AS history_id,
                slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
                mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type,
                ordinal
            FROM public.positions
            WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
            ORDER BY position_account, date_trunc('day', block_time), slot DESC, ordinal DESC,
                kafka_offset DESC NULLS LAST, id DESC
        ) AS n
        CROSS JOIN LATERAL (
            SELECT ctid AS place FROM public.position_days
            WHERE position_account = n.position_account AND is_current
            ORDER BY generation DESC LIMIT 1
        ) AS c
        WHERE n.day BETWEEN first_day AND last_day
    )
    UPDATE public.position_days AS d SET
        generation = d.generation + (hashint8(n.history_id) & 15 = 0)::int,
        history_id = n.history_id, slot = n.slot, kafka_offset = n.kafka_offset, block_time = n.block_time,
        position_index = n.position_index, leverage = n.leverage, owner = n.owner, signature = n.signature, symbol = n.symbol,
        side = n.side, size = n.size, entry_price = n.entry_price, mark_price = n.mark_price, margin = n.margin,
        unrealized_pnl = n.unrealized_pnl, realized_pnl = n.realized_pnl, funding_accrued = n.funding_accrued,
        liquidation_price = n.liquidation_price, status = n.status, event_type = n.event_type, ordinal = n.ordinal
    FROM found AS n
    WHERE d.ctid = n.place AND d.day = n.day
      AND (n.slot, coalesce(n.ordinal, 2147483648), coalesce(n.kafka_offset, -1), n.history_id)
          >= (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id);

    -- Each other day's last state; the newest of a position takes the mark that has just been left.
    INSERT INTO public.position_days AS d (
        position_account, day, is_current, history_id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price, mark_price,
        margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
    )
    SELECT
        n.position_account, n.day, n.rank = 1 AND c.day IS NULL, n.id,
        n.slot, n.kafka_offset, n.block_time, n.position_index, n.leverage, n.owner, n.signature, n.symbol, n.side, n.size,
        n.entry_price, n.mark_price, n.margin, n.unrealized_pnl, n.realized_pnl, n.funding_accrued, n.liquidation_price,
        n.status, n.event_type, n.ordinal
    FROM (
        SELECT DISTINCT ON (position_account, day) *
        FROM (
            SELECT *,
                date_trunc('day', block_time) AS day,
                row_number() OVER (PARTITION BY position_account
                                   ORDER BY slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, id DESC) AS rank
            FROM public.positions
            WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
        ) AS ranked
        ORDER BY position_account, day, rank
    ) AS n
    LEFT JOIN LATERAL (
        SELECT day FROM public.position_days
        WHERE position_account = n.position_account AND is_current
        ORDER BY generation DESC LIMIT 1
    ) AS c ON true
    WHERE c.day IS DISTINCT FROM n.day
    ORDER BY n.position_account, n.day
    ON CONFLICT (position_account, day, generation) DO UPDATE SET
        is_current = d.is_current OR EXCLUDED.is_current,
        history_id = EXCLUDED.history_id, slot = EXCLUDED.slot, kafka_offset = EXCLUDED.kafka_offset,
        block_time = EXCLUDED.block_time, position_index = EXCLUDED.position_index, leverage = EXCLUDED.leverage,
        owner = EXCLUDED.owner, signature = EXCLUDED.signature, symbol = EXCLUDED.symbol, side = EXCLUDED.side,
        size = EXCLUDED.size, entry_price = EXCLUDED.entry_price, mark_price = EXCLUDED.mark_price, margin = EXCLUDED.margin,
        unrealized_pnl = EXCLUDED.unrealized_pnl, realized_pnl = EXCLUDED.realized_pnl,
        funding_accrued = EXCLUDED.funding_accrued, liquidation_price = EXCLUDED.liquidation_price, status = EXCLUDED.status,
        event_type = EXCLUDED.event_type, ordinal = EXCLUDED.ordinal
    WHERE (EXCLUDED.slot, coalesce(EXCLUDED.ordinal, 2147483648), coalesce(EXCLUDED.kafka_offset, -1), EXCLUDED.history_id)
          >= (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id);

    -- The generation goes on where the mark came from: the versions there may be kept for long, and would be met first.
    IF moved IS NOT NULL THEN
        WITH found AS MATERIALIZED (
            SELECT m.generation, c.place
            FROM unnest(moved, generations) AS m (position_account, generation)
            CROSS JOIN LATERAL (
                SELECT ctid AS place FROM public.position_days
                WHERE position_account = m.position_account AND is_current AND generation = 0 LIMIT 1
            ) AS c
            WHERE m.generation BETWEEN 0 AND 2147483646
        )
        UPDATE public.position_days AS d SET generation = n.generation + 1 FROM found AS n WHERE d.ctid = n.place;
    END IF;
END
$$;

-- Most commits bring states that are newer than the current one of their position, and of the same day: one statement, which
-- finds each current row by its newest generation and changes it in its place. A new position is added after its bucket is
-- taken. Whatever else comes goes by days, and so does all if somebody else was quicker; what was locked until then is let go.
CREATE OR REPLACE FUNCTION fold_positions(ids BIGINT[], first_day TIMESTAMP, last_day TIMESTAMP) RETURNS VOID LANGUAGE plpgsql
    -- Plans are made once a session, perhaps on empty tables: never one that reads a whole table, or a span of days by its
    -- BRIN index. Every day lies between the first and the last: saying so lets the planner count on few rows, and look up
    -- each place by itself.
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    simple   BOOLEAN;
    complete BOOLEAN;
    opening  BIGINT[];
    opened   BIGINT;
BEGIN
    BEGIN
        WITH newest AS MATERIALIZED (
            SELECT DISTINCT ON (position_account)
                position_account, date_trunc('day', block_time) AS day, id AS history_id,
                slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
                mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type,
                ordinal
            FROM public.positions
            WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
            ORDER BY position_account, slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, id DESC
        ), found AS MATERIALIZED (
            SELECT n.*, c.place,
                c.place IS NULL OR n.day = c.day AND (n.slot, coalesce(n.ordinal, 2147483648), coalesce(n.kafka_offset, -1), n.history_id)
                    >= (c.slot, coalesce(c.ordinal, 2147483648), coalesce(c.kafka_offset, -1), c.history_id) AS simple
            FROM newest AS n LEFT JOIN LATERAL (
                SELECT ctid AS place, day, slot, ordinal, kafka_offset, history_id FROM public.position_days
                WHERE position_account = n.position_account AND is_current
                ORDER BY generation DESC LIMIT 1
            ) AS c ON true
            WHERE n.day BETWEEN first_day AND last_day
        ), every AS MATERIALIZED (
            SELECT first_day = last_day AND bool_and(f.simple) AS simple, count(place) AS known,
                array_agg(history_id) FILTER (WHERE place IS NULL) AS opening
            FROM found AS f
        ), changed AS (
            -- A row that somebody else has changed meanwhile is taken only if all this is still true of it.
            UPDATE public.position_days AS d SET
                generation = d.generation + (hashint8(n.history_id) & 15 = 0)::int,
                history_id = n.history_id, slot = n.slot, kafka_offset = n.kafka_offset, block_time = n.block_time,
                position_index = n.position_index, leverage = n.leverage, owner = n.owner, signature = n.signature,
                symbol = n.symbol, side = n.side, size = n.size, entry_price = n.entry_price, mark_price = n.mark_price,
                margin = n.margin, unrealized_pnl = n.unrealized_pnl, realized_pnl = n.realized_pnl,
                funding_accrued = n.funding_accrued, liquidation_price = n.liquidation_price, status = n.status,
                event_type = n.event_type, ordinal = n.ordinal
            FROM found AS n
            WHERE (SELECT e.simple FROM every AS e) AND d.ctid = n.place
              AND d.position_account = n.position_account AND d.is_current AND d.day = n.day
              AND (n.slot, coalesce(n.ordinal, 2147483648), coalesce(n.kafka_offset, -1), n.history_id)
                  >= (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id)
            RETURNING 1
        )
        SELECT e.simple, e.simple AND e.known = (SELECT count(*) FROM changed), e.opening
        INTO simple, complete, opening FROM every AS e;
        IF complete AND opening IS NOT NULL THEN
            PERFORM public.open_positions(array(
                SELECT position_account FROM public.positions
                WHERE id = ANY (opening) AND block_time >= first_day AND block_time < last_day + interval '1 day'
            ));
            INSERT INTO public.position_days (
                position_account, day, is_current, history_id,
                slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
                mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type,
                ordinal
            )
            SELECT
                position_account, date_trunc('day', block_time), true, id,
                slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
                mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type,
                ordinal
            FROM public.positions AS p
            WHERE id = ANY (opening) AND block_time >= first_day AND block_time < last_day + interval '1 day'
              AND NOT EXISTS (
                  SELECT FROM public.position_days AS d WHERE d.position_account = p.position_account AND d.is_current
              )
            ORDER BY position_account
            ON CONFLICT DO NOTHING;
            GET DIAGNOSTICS opened = ROW_COUNT;
            complete := opened = cardinality(opening);
        END IF;
        IF complete THEN
            RETURN;
        ELSIF simple THEN
            RAISE 'somebody was quicker' USING ERRCODE = 'PC001';
        END IF;
    EXCEPTION WHEN SQLSTATE 'PC001' THEN NULL;
    END;
    PERFORM public.fold_positions_by_day(ids, first_day, last_day);
END
$$;

CREATE OR REPLACE FUNCTION fold_pending_positions() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET enable_seqscan = off SET enable_bitmapscan = off SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    written BIGINT[];
    first   TIMESTAMP;
    last    TIMESTAMP;
    gone    VARCHAR[];
    days    TIMESTAMP[];
BEGIN
    WITH notes AS (
        DELETE FROM public.position_days_pending WHERE transaction = pg_current_xact_id() RETURNING *
    )
    SELECT
        array(SELECT DISTINCT unnest(ids) FROM notes), min(first_day), max(last_day),
        array(SELECT unnest(accounts) FROM notes), array(SELECT unnest(notes.days) FROM notes)
    INTO written, first, last, gone, days FROM notes;
    IF gone <> '{}' AND written <> '{}' THEN
        PERFORM public.lock_positions(gone || array(
            SELECT position_account FROM public.positions
            WHERE id = ANY (written) AND block_time >= first AND block_time < last + interval '1 day'
        ));
    END IF;
    IF written <> '{}' THEN
        PERFORM public.fold_positions(written, first, last);
    END IF;
    IF gone <> '{}' THEN
        PERFORM public.unfold_positions(gone, days);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION rebuild_position_days(accounts TEXT[]) RETURNS BIGINT LANGUAGE plpgsql
    SET enable_seqscan = off
AS $$
DECLARE
    wrong    TEXT[];
    rows     BIGINT;
    unmarked TEXT[];
    kept_from CONSTANT TIMESTAMP NOT NULL := coalesce(
        (SELECT r.kept_from FROM public.history_ranges AS r WHERE r.history = 'public.positions'), '-infinity'
    );
BEGIN
    -- One snapshot shows history and fold of the same transactions, so this needs no lock.
    WITH kept AS MATERIALIZED (
        SELECT * FROM public.position_days WHERE position_account = ANY (accounts)
    ), wanted AS MATERIALIZED (
        SELECT * FROM public.position_days_from_history WHERE position_account = ANY (accounts)
    )
    SELECT array_agg(DISTINCT position_account), count(DISTINCT (position_account, day)) INTO wrong, rows
    FROM ((TABLE kept EXCEPT TABLE wanted) UNION ALL (TABLE wanted EXCEPT TABLE kept)) AS difference;
    IF rows = 0 THEN
        RETURN 0;
    END IF;

    -- A position without a current row has its bucket taken. What history can give again goes, and its current row comes first.
    PERFORM public.lock_positions(wrong);
    unmarked := ARRAY(
        SELECT account FROM unnest(wrong) AS account
        WHERE NOT EXISTS (SELECT FROM public.position_days WHERE position_account = account AND is_current)
    );
    DELETE FROM public.position_days WHERE position_account = ANY (unmarked) AND day >= kept_from;
    INSERT INTO public.position_days
    SELECT * FROM public.position_days_from_history WHERE position_account = ANY (unmarked) AND is_current
    ORDER BY position_account
    ON CONFLICT DO NOTHING;
    UPDATE public.position_days AS d SET is_current = true
    WHERE d.position_account = ANY (unmarked) AND d.day < kept_from AND NOT d.is_current
      AND EXISTS (
          SELECT FROM public.position_days_from_history AS h
          WHERE h.position_account = d.position_account AND h.day = d.day AND h.is_current
      );

    UPDATE public.position_days SET generation = 0
    WHERE position_account = ANY (wrong) AND NOT is_current AND generation <> 0;

    -- Days that are older than the history stay; only their mark can be wrong.
    UPDATE public.position_days AS d SET is_current = false, generation = 0
    WHERE d.position_account = ANY (wrong) AND d.is_current AND d.day < kept_from
      AND EXISTS (
          SELECT FROM public.position_days_from_history AS h
          WHERE h.position_account = d.position_account AND h.is_current AND h.day <> d.day
      );
    DELETE FROM public.position_days
    WHERE day >= kept_from AND (position_account, day) IN (
        SELECT position_account, day FROM (
            SELECT * FROM public.position_days WHERE position_account = ANY (wrong)
            EXCEPT
            SELECT * FROM public.position_days_from_history WHERE position_account = ANY (wrong)
        ) AS surplus
    );
    -- Rows that are right are there already.
    INSERT INTO public.position_days
    SELECT * FROM public.position_days_from_history WHERE position_account = ANY (wrong)
    ORDER BY position_account, day
    ON CONFLICT DO NOTHING;
    UPDATE public.position_days AS d SET is_current = true
    WHERE d.position_account = ANY (wrong) AND d.day < kept_from AND NOT d.is_current
      AND EXISTS (
          SELECT FROM public.position_days_from_history AS h
          WHERE h.position_account = d.position_account AND h.day = d.day AND h.is_current
      );
    RETURN rows;
END
$$;

-- Who rebuilds by hand has the rights of the group role of 0009. Where roles are made by others, it may not be there yet.
DO $$
BEGIN
    EXECUTE format('ALTER TABLE position_days_openings OWNER TO %I', (
        SELECT rolname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE pg_class.oid = 'position_days'::regclass
    ));
    IF to_regrole(quote_ident(group_role('owner'))) IS NOT NULL THEN
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON position_days_openings TO %I', group_role('owner'));
        EXECUTE format('GRANT EXECUTE ON FUNCTION open_positions(VARCHAR[]), lock_positions(VARCHAR[]) TO %I', group_role('owner'));
    END IF;
END
$$;

-- Down Migration

-- Step: the key without a generation
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS position_days_by_day ON position_days (position_account, day);

-- Step: current rows by position
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS idx_position_days_current ON position_days (position_account) WHERE is_current;

-- Step: current rows by status
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_position_days_status ON position_days (status) WHERE is_current;

-- Step: the functions
SET LOCAL lock_timeout = '500ms';
LOCK TABLE position_days_pending, position_days IN ACCESS EXCLUSIVE MODE;
CREATE OR REPLACE FUNCTION rebuild_position_days(accounts TEXT[]) RETURNS BIGINT LANGUAGE plpgsql
    SET enable_seqscan = off
AS $$
DECLARE
    wrong    TEXT[];
    rows     BIGINT;
    unmarked TEXT[];
    kept_from CONSTANT TIMESTAMP NOT NULL := coalesce(
        (SELECT r.kept_from FROM public.history_ranges AS r WHERE r.history = 'public.positions'), '-infinity'
    );
BEGIN
    -- One snapshot shows history and fold of the same transactions, so this needs no lock.
    WITH kept AS MATERIALIZED (
        SELECT * FROM public.position_days WHERE position_account = ANY (accounts)
    ), wanted AS MATERIALIZED (
        SELECT * FROM public.position_days_from_history WHERE position_account = ANY (accounts)
    )
    SELECT array_agg(DISTINCT position_account), count(DISTINCT (position_account, day)) INTO wrong, rows
    FROM ((TABLE kept EXCEPT TABLE wanted) UNION ALL (TABLE wanted EXCEPT TABLE kept)) AS difference;
    IF rows = 0 THEN
        RETURN 0;
    END IF;

    -- A position without a current row has none to lock. What history can give again goes, and its current row comes first.
    unmarked := ARRAY(
        SELECT account FROM unnest(wrong) AS account
        WHERE NOT EXISTS (SELECT FROM public.position_days WHERE position_account = account AND is_current)
    );
    DELETE FROM public.position_days WHERE position_account = ANY (unmarked) AND day >= kept_from;
    INSERT INTO public.position_days
    SELECT * FROM public.position_days_from_history WHERE position_account = ANY (unmarked) AND is_current
    ORDER BY position_account
    ON CONFLICT DO NOTHING;
    UPDATE public.position_days AS d SET is_current = true
    WHERE d.position_account = ANY (unmarked) AND d.day < kept_from AND NOT d.is_current
      AND EXISTS (
          SELECT FROM public.position_days_from_history AS h
          WHERE h.position_account = d.position_account AND h.day = d.day AND h.is_current
      );

    PERFORM FROM public.position_days
    WHERE position_account = ANY (wrong) AND is_current
    ORDER BY position_account FOR UPDATE;

    -- Days that are older than the history stay; only their mark can be wrong.
    UPDATE public.position_days AS d SET is_current = false
    WHERE d.position_account = ANY (wrong) AND d.is_current AND d.day < kept_from
      AND EXISTS (
          SELECT FROM public.position_days_from_history AS h
          WHERE h.position_account = d.position_account AND h.is_current AND h.day <> d.day
      );
    DELETE FROM public.position_days
    WHERE day >= kept_from AND (position_account, day) IN (
        SELECT position_account, day FROM (
            SELECT * FROM public.position_days WHERE position_account = ANY (wrong)
            EXCEPT
            SELECT * FROM public.position_days_from_history WHERE position_account = ANY (wrong)
        ) AS surplus
    );
    -- Rows that are right are there already.
    INSERT INTO public.position_days
    SELECT * FROM public.position_days_from_history WHERE position_account = ANY (wrong)
    ORDER BY position_account, day
    ON CONFLICT DO NOTHING;
    UPDATE public.position_days AS d SET is_current = true
    WHERE d.position_account = ANY (wrong) AND d.day < kept_from AND NOT d.is_current
      AND EXISTS (
          SELECT FROM public.position_days_from_history AS h
          WHERE h.position_account = d.position_account AND h.day = d.day AND h.is_current
      );
    RETURN rows;
END
$$;

CREATE OR REPLACE FUNCTION fold_pending_positions() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET enable_seqscan = off SET enable_bitmapscan = off SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    written BIGINT[];
    first   TIMESTAMP;
    last    TIMESTAMP;
    gone    VARCHAR[];
    days    TIMESTAMP[];
BEGIN
    WITH notes AS (
        DELETE FROM public.position_days_pending WHERE transaction = pg_current_xact_id() RETURNING *
    )
    SELECT
        array(SELECT DISTINCT unnest(ids) FROM notes), min(first_day), max(last_day),
        array(SELECT unnest(accounts) FROM notes), array(SELECT unnest(notes.days) FROM notes)
    INTO written, first, last, gone, days FROM notes;
    IF gone <> '{}' AND written <> '{}' THEN
        -- In one order with those that fold_positions() locks.
        PERFORM FROM public.position_days
        WHERE is_current AND position_account = ANY (gone || array(
            SELECT position_account FROM public.positions
            WHERE id = ANY (written) AND block_time >= first AND block_time < last + interval '1 day'
        ))
        ORDER BY position_account FOR UPDATE;
    END IF;
    IF written <> '{}' THEN
        PERFORM public.fold_positions(written, first, last);
    END IF;
    IF gone <> '{}' THEN
        PERFORM public.unfold_positions(gone, days);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION fold_positions(ids BIGINT[], first_day TIMESTAMP, last_day TIMESTAMP) RETURNS VOID LANGUAGE plpgsql
    -- Plans are made once a session, perhaps on empty tables: never one that reads a whole table, or a span of days by its
    -- BRIN index.
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    other_days BOOLEAN;
BEGIN
    -- ON CONFLICT has one arbiter. Two transactions that bring the first state of one position at the same moment can meet in
    -- the primary key instead; the second then sees the first one's row, and tries again.
    FOR attempt IN 1..5 LOOP
        BEGIN
            -- A current row of another day is locked and recognized by its day, but stays as it is.
            WITH touched AS (
                INSERT INTO public.position_days AS d (
                    position_account, day, is_current, history_id,
                    slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size,
                    entry_price, mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status,
                    event_type, ordinal
                )
                SELECT DISTINCT ON (position_account)
                    position_account, date_trunc('day', block_time), true, id,
                    slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size,
                    entry_price, mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status,
                    event_type, ordinal
                FROM public.positions
                WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
                ORDER BY position_account, slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, id DESC
                ON CONFLICT (position_account) WHERE is_current DO UPDATE SET
                    history_id = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.history_id ELSE d.history_id END,
                    slot = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.slot ELSE d.slot END,
                    kafka_offset = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.kafka_offset ELSE d.kafka_offset END,
                    block_time = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.block_time ELSE d.block_time END,
                    position_index = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.position_index ELSE d.position_index END,
                    leverage = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.leverage ELSE d.leverage END,
                    owner = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.owner ELSE d.owner END,
                    signature = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.signature ELSE d.signature END,
                    symbol = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.symbol ELSE d.symbol END,
                    side = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.side ELSE d.side END,
                    size = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.size ELSE d.size END,
                    entry_price = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.entry_price ELSE d.entry_price END,
                    mark_price = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.mark_price ELSE d.mark_price END,
                    margin = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.margin ELSE d.margin END,
                    unrealized_pnl = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.unrealized_pnl ELSE d.unrealized_pnl END,
                    realized_pnl = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.realized_pnl ELSE d.realized_pnl END,
                    funding_accrued = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.funding_accrued ELSE d.funding_accrued END,
                    liquidation_price = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.liquidation_price ELSE d.liquidation_price END,
                    status = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.status ELSE d.status END,
                    event_type = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.event_type ELSE d.event_type END,
                    ordinal = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.ordinal ELSE d.ordinal END
                WHERE d.day <> EXCLUDED.day
                   OR (EXCLUDED.slot, coalesce(EXCLUDED.ordinal, 2147483648), coalesce(EXCLUDED.kafka_offset, -1), EXCLUDED.history_id)
                      >= (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id)
                RETURNING day
            )
            SELECT first_day <> last_day OR coalesce(bool_or(day <> first_day), false) INTO other_days FROM touched;
            EXIT;
        EXCEPTION WHEN unique_violation THEN
            IF attempt = 5 THEN
                RAISE;
            END IF;
        END;
    END LOOP;
    IF NOT other_days THEN
        RETURN;
    END IF;

    -- The mark leaves a current row that is older than a state of another day.
    UPDATE public.position_days AS d SET is_current = false
    FROM (
        SELECT DISTINCT ON (position_account) position_account, slot, ordinal, kafka_offset, id
        FROM public.positions
        WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
        ORDER BY position_account, slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, id DESC
    ) AS n
    WHERE d.position_account = n.position_account AND d.is_current
      AND (n.slot, coalesce(n.ordinal, 2147483648), coalesce(n.kafka_offset, -1), n.id)
          > (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id);

    -- Each day's last state; the newest of a position takes the mark that has just been left.
    INSERT INTO public.position_days AS d (
        position_account, day, is_current, history_id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
    )
    SELECT
        position_account, day,
        rank = 1 AND NOT EXISTS (
            SELECT FROM public.position_days AS c WHERE c.position_account = n.position_account AND c.is_current
        ),
        id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
    FROM (
        SELECT DISTINCT ON (position_account, day) *
        FROM (
            SELECT *,
                date_trunc('day', block_time) AS day,
                row_number() OVER (PARTITION BY position_account
                                   ORDER BY slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, id DESC) AS rank
            FROM public.positions
            WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
        ) AS ranked
        ORDER BY position_account, day, rank
    ) AS n
    ORDER BY position_account, day
    ON CONFLICT (position_account, day) DO UPDATE SET
        is_current = d.is_current OR EXCLUDED.is_current,
        history_id = EXCLUDED.history_id, slot = EXCLUDED.slot, kafka_offset = EXCLUDED.kafka_offset,
        block_time = EXCLUDED.block_time, position_index = EXCLUDED.position_index, leverage = EXCLUDED.leverage,
        owner = EXCLUDED.owner, signature = EXCLUDED.signature, symbol = EXCLUDED.symbol, side = EXCLUDED.side,
        size = EXCLUDED.size, entry_price = EXCLUDED.entry_price, mark_price = EXCLUDED.mark_price,
        margin = EXCLUDED.margin, unrealized_pnl = EXCLUDED.unrealized_pnl, realized_pnl = EXCLUDED.realized_pnl,
        funding_accrued = EXCLUDED.funding_accrued, liquidation_price = EXCLUDED.liquidation_price,
        status = EXCLUDED.status, event_type = EXCLUDED.event_type, ordinal = EXCLUDED.ordinal
    WHERE (EXCLUDED.slot, coalesce(EXCLUDED.ordinal, 2147483648), coalesce(EXCLUDED.kafka_offset, -1), EXCLUDED.history_id)
          >= (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id);
END
$$;

DROP FUNCTION IF EXISTS fold_positions_by_day(BIGINT[], TIMESTAMP, TIMESTAMP);
DROP FUNCTION IF EXISTS lock_positions(VARCHAR[]);
DROP FUNCTION IF EXISTS open_positions(VARCHAR[]);
DROP TABLE IF EXISTS position_days_openings;
DROP VIEW position_days_from_history;
CREATE VIEW position_days_from_history AS
SELECT
    position_account,
    day,
    row_number() OVER (PARTITION BY position_account
                       ORDER BY slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, history_id DESC) = 1 AS is_current,
    history_id,
    slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
    mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
FROM (
    (
        SELECT DISTINCT ON (position_account, date_trunc('day', block_time))
            position_account,
            date_trunc('day', block_time) AS day,
            id AS history_id,
            slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
            mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
        FROM positions
        WHERE block_time >= coalesce((SELECT kept_from FROM history_ranges WHERE history = 'public.positions'), '-infinity')
        ORDER BY position_account, date_trunc('day', block_time), slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, id DESC
    )
    UNION ALL
    SELECT
        position_account, day, history_id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
    FROM position_days
    WHERE day < (SELECT kept_from FROM history_ranges WHERE history = 'public.positions')
) AS last_of_day;
COMMENT ON VIEW position_days_from_history IS 'What position_days must hold, computed from the history that is kept, and position_days itself for older days: sorts the whole history unless position_account is given';

SELECT grant_stream_rights(
    'positions',
    '{position_days, position_days_from_history, current_positions, user_statistics, daily_pnl_snapshots}',
    'rebuild_position_days(text[])'
);
DO $$
BEGIN
    IF to_regclass('position_days_by_day') IS NOT NULL THEN
        ALTER TABLE position_days DROP CONSTRAINT position_days_pkey,
            ADD CONSTRAINT position_days_pkey PRIMARY KEY USING INDEX position_days_by_day;
    END IF;
END
$$;
DROP INDEX IF EXISTS idx_position_days_newest, idx_position_days_status_rare;
ALTER TABLE position_days DROP COLUMN IF EXISTS generation;
ALTER TABLE position_days SET (fillfactor = 50);
COMMENT ON INDEX idx_position_days_status IS 'current_positions WHERE status = …';
