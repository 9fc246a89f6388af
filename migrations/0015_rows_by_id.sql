-- Up Migration

-- The rollup reads the rows that a commit wrote by their id, whatever indexes the history has. Plans are made once a session. On
-- an empty table, or for the partition of a day that is yet to come, an index that begins with the time seemed cheaper than ten
-- look-ups by id: each commit then read the whole day, until the next ANALYZE of the table.

CREATE OR REPLACE FUNCTION fold_positions(ids BIGINT[], first_day TIMESTAMP, last_day TIMESTAMP) RETURNS VOID LANGUAGE plpgsql
    -- Plans are made once a session, perhaps on empty tables: never one that reads a whole table, or a span of days by its
    -- BRIN index. Rows of the history are asked for in the order of id, and sorting is off: that leaves the index that begins
    -- with id. Every day lies between the first and the last: saying so lets the planner count on few rows, and look up each
    -- place by itself.
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET enable_sort = off SET plan_cache_mode = force_generic_plan
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
            FROM (
                SELECT * FROM public.positions
                WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
                ORDER BY id OFFSET 0
            ) AS written
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
                ORDER BY id
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
            FROM (
                SELECT * FROM public.positions
                WHERE id = ANY (opening) AND block_time >= first_day AND block_time < last_day + interval '1 day'
                ORDER BY id OFFSET 0
            ) AS p
            WHERE NOT EXISTS (
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

-- States of any age and of any days.
CREATE OR REPLACE FUNCTION fold_positions_by_day(ids BIGINT[], first_day TIMESTAMP, last_day TIMESTAMP) RETURNS VOID LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
    SET enable_sort = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    moved       VARCHAR[];
    generations INTEGER[];
BEGIN
    PERFORM public.lock_positions(array(
        SELECT position_account FROM public.positions
        WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
        ORDER BY id
    ));

    -- The mark leaves a current row that is older than a state of another day. It becomes a new row: who waits for a current row
    -- must not find himself with a lock on one that no longer is.
    WITH found AS MATERIALIZED (
        SELECT n.*, c.place
        FROM (
            SELECT DISTINCT ON (position_account)
                position_account, date_trunc('day', block_time) AS day, slot, ordinal, kafka_offset, id AS history_id
            FROM (
                SELECT * FROM public.positions
                WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
                ORDER BY id OFFSET 0
            ) AS written
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
            FROM (
                SELECT * FROM public.positions
                WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
                ORDER BY id OFFSET 0
            ) AS written
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
            FROM (
                SELECT * FROM public.positions
                WHERE id = ANY (ids) AND block_time >= first_day AND block_time < last_day + interval '1 day'
                ORDER BY id OFFSET 0
            ) AS written
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

-- Down Migration

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
