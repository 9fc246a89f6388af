-- Up Migration

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

-- Of the stream positions.

-- Days before kept_from are as the rollup has them; the mark is set over both.
CREATE OR REPLACE VIEW position_days_from_history AS
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

-- As in 0003; but a state that is older than the history that is kept leaves the rollup as it is.
CREATE OR REPLACE FUNCTION note_old_positions() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.position_days_pending (accounts, days)
    SELECT array_agg(position_account), array_agg(day)
    FROM (
        SELECT DISTINCT position_account, date_trunc('day', block_time) AS day FROM old_rows
        WHERE block_time >= coalesce((SELECT kept_from FROM public.history_ranges WHERE history = 'public.positions'), '-infinity')
    ) AS replaced
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;

-- As in 0007; but they look for rows in their days only, which are few partitions of a partitioned history.
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

CREATE OR REPLACE FUNCTION unfold_positions(accounts VARCHAR[], days TIMESTAMP[]) RETURNS VOID LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    gone_accounts VARCHAR[];
    gone_days     TIMESTAMP[];
    unmarked      VARCHAR[];
BEGIN
    -- States of the fold that are no longer their row's state.
    SELECT array_agg(d.position_account), array_agg(d.day) INTO gone_accounts, gone_days
    FROM (SELECT DISTINCT * FROM unnest(accounts, days) AS o (position_account, day)) AS o
    CROSS JOIN LATERAL (
        SELECT * FROM public.position_days AS d
        WHERE d.position_account = o.position_account AND d.day = o.day
    ) AS d
    WHERE NOT EXISTS (
        SELECT FROM public.positions AS p
        WHERE p.id = d.history_id AND p.position_account = d.position_account
          AND p.block_time >= d.day AND p.block_time < d.day + interval '1 day'
          AND p.slot = d.slot AND p.ordinal IS NOT DISTINCT FROM d.ordinal
          AND p.kafka_offset IS NOT DISTINCT FROM d.kafka_offset
    );
    IF gone_accounts IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM public.position_days AS d
    WHERE d.is_current AND (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
    ORDER BY d.position_account FOR UPDATE;
    PERFORM FROM public.position_days AS d
    WHERE NOT d.is_current AND (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
    ORDER BY d.position_account, d.day FOR UPDATE;

    WITH gone AS (
        DELETE FROM public.position_days AS d
        WHERE (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
        RETURNING d.position_account, d.is_current
    )
    SELECT array_agg(position_account) FILTER (WHERE is_current) INTO unmarked FROM gone;
    PERFORM public.derive_position_days(gone_accounts, gone_days);
    IF unmarked IS NULL THEN
        RETURN;
    END IF;

    UPDATE public.position_days AS d SET is_current = true
    WHERE d.position_account = ANY (unmarked)
      AND NOT EXISTS (
          SELECT FROM public.position_days AS n
          WHERE n.position_account = d.position_account
            AND (n.is_current OR (n.slot, coalesce(n.ordinal, 2147483648), coalesce(n.kafka_offset, -1), n.history_id)
                                 > (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id))
      );
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

-- As in 0003; but days that are older than the history that is kept stay.
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

-- Down Migration

CREATE OR REPLACE FUNCTION rebuild_position_days(accounts TEXT[]) RETURNS BIGINT LANGUAGE plpgsql
    SET enable_seqscan = off
AS $$
DECLARE
    wrong    TEXT[];
    rows     BIGINT;
    unmarked TEXT[];
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

    -- A position without a current row has none to lock. What is left of it goes, and its current row comes first.
    unmarked := ARRAY(
        SELECT account FROM unnest(wrong) AS account
        WHERE NOT EXISTS (SELECT FROM public.position_days WHERE position_account = account AND is_current)
    );
    DELETE FROM public.position_days WHERE position_account = ANY (unmarked);
    INSERT INTO public.position_days
    SELECT * FROM public.position_days_from_history WHERE position_account = ANY (unmarked) AND is_current
    ORDER BY position_account
    ON CONFLICT DO NOTHING;

    PERFORM FROM public.position_days
    WHERE position_account = ANY (wrong) AND is_current
    ORDER BY position_account FOR UPDATE;

    DELETE FROM public.position_days
    WHERE (position_account, day) IN (
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
    RETURN rows;
END
$$;

CREATE OR REPLACE FUNCTION fold_pending_positions() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET enable_seqscan = off SET search_path = pg_catalog, pg_temp
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
            SELECT position_account FROM public.positions WHERE id = ANY (written)
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

CREATE OR REPLACE FUNCTION unfold_positions(accounts VARCHAR[], days TIMESTAMP[]) RETURNS VOID LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    gone_accounts VARCHAR[];
    gone_days     TIMESTAMP[];
    unmarked      VARCHAR[];
BEGIN
    -- States of the fold that are no longer their row's state.
    SELECT array_agg(d.position_account), array_agg(d.day) INTO gone_accounts, gone_days
    FROM (SELECT DISTINCT * FROM unnest(accounts, days) AS o (position_account, day)) AS o
    CROSS JOIN LATERAL (
        SELECT * FROM public.position_days AS d
        WHERE d.position_account = o.position_account AND d.day = o.day
    ) AS d
    WHERE NOT EXISTS (
        SELECT FROM public.positions AS p
        WHERE p.id = d.history_id AND p.position_account = d.position_account
          AND date_trunc('day', p.block_time) = d.day
          AND p.slot = d.slot AND p.ordinal IS NOT DISTINCT FROM d.ordinal
          AND p.kafka_offset IS NOT DISTINCT FROM d.kafka_offset
    );
    IF gone_accounts IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM public.position_days AS d
    WHERE d.is_current AND (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
    ORDER BY d.position_account FOR UPDATE;
    PERFORM FROM public.position_days AS d
    WHERE NOT d.is_current AND (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
    ORDER BY d.position_account, d.day FOR UPDATE;

    WITH gone AS (
        DELETE FROM public.position_days AS d
        WHERE (d.position_account, d.day) IN (SELECT * FROM unnest(gone_accounts, gone_days))
        RETURNING d.position_account, d.is_current
    )
    SELECT array_agg(position_account) FILTER (WHERE is_current) INTO unmarked FROM gone;
    PERFORM public.derive_position_days(gone_accounts, gone_days);
    IF unmarked IS NULL THEN
        RETURN;
    END IF;

    UPDATE public.position_days AS d SET is_current = true
    WHERE d.position_account = ANY (unmarked)
      AND NOT EXISTS (
          SELECT FROM public.position_days AS n
          WHERE n.position_account = d.position_account
            AND (n.is_current OR (n.slot, coalesce(n.ordinal, 2147483648), coalesce(n.kafka_offset, -1), n.history_id)
                                 > (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1), d.history_id))
      );
END
$$;

CREATE OR REPLACE FUNCTION fold_positions(ids BIGINT[], first_day TIMESTAMP, last_day TIMESTAMP) RETURNS VOID LANGUAGE plpgsql
    -- Plans are made once a session, perhaps on empty tables: never one that reads a whole table.
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
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
                FROM public.positions WHERE id = ANY (ids)
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
        FROM public.positions WHERE id = ANY (ids)
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
            FROM public.positions WHERE id = ANY (ids)
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

CREATE OR REPLACE FUNCTION note_old_positions() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO public.position_days_pending (accounts, days)
    SELECT array_agg(position_account), array_agg(day)
    FROM (SELECT DISTINCT position_account, date_trunc('day', block_time) AS day FROM old_rows) AS replaced
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;

CREATE OR REPLACE VIEW position_days_from_history AS
SELECT
    position_account,
    day,
    row_number() OVER (PARTITION BY position_account
                       ORDER BY slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, history_id DESC) = 1 AS is_current,
    history_id,
    slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
    mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
FROM (
    SELECT DISTINCT ON (position_account, date_trunc('day', block_time))
        position_account,
        date_trunc('day', block_time) AS day,
        id AS history_id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
    FROM positions
    ORDER BY position_account, date_trunc('day', block_time), slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, id DESC
) AS last_of_day;
COMMENT ON VIEW position_days_from_history IS 'What position_days must hold, computed from positions alone: sorts the whole history unless position_account is given';

-- Of every stream.

DROP FUNCTION keep_history_from(REGCLASS, TIMESTAMP);
DROP FUNCTION history_kept_from(REGCLASS);
DROP FUNCTION history_name(REGCLASS);
DROP TABLE history_ranges;
