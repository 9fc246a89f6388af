-- Up Migration

-- An order inside a slot that survives redelivery. The offset cannot give one: a producer that resumes sends the updates of a
-- slot once more with higher offsets, one after the other, and in between an older update of the slot has the highest. An
-- update's ordinal, its number among the updates of its position in its slot, is the same in every delivery.
--
-- The order of a position's states is (slot, ordinal, kafka_offset, id). A row without an ordinal, of a producer that does not
-- count yet, ranks above those with one in its slot until it is sent again: at that time it was the last.
ALTER TABLE positions ADD COLUMN ordinal INTEGER, ADD COLUMN bank_id BIGINT;
ALTER TABLE position_days ADD COLUMN ordinal INTEGER;
COMMENT ON TABLE positions IS 'Append-only history of position states, one row per position and transaction signature. The highest (slot, ordinal, kafka_offset) of a position is its current state; no ordinal is the highest';
COMMENT ON COLUMN positions.ordinal IS 'Number of the update among those of its position and slot, from 0; NULL when nobody counted';
COMMENT ON COLUMN positions.bank_id IS 'Which of the slot''s banks the update was executed in; NULL when the feed does not say';
COMMENT ON COLUMN positions.kafka_offset IS 'Offset of the row''s record in its partition; decides between deliveries of one update';
COMMENT ON VIEW current_positions IS 'The newest state of each position: highest slot, inside a slot the highest ordinal. Amounts and times as in positions';

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
CREATE TRIGGER positions_keep_later_update BEFORE UPDATE OF kafka_offset ON positions
    FOR EACH ROW WHEN (NEW.ordinal < OLD.ordinal)
    EXECUTE FUNCTION keep_later_update();

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

-- As in 0003, by the new order.
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

-- Folds the last states that history has left for these positions and days. Planned each time, for as many as there are: a
-- few are looked up by position; for many, the span of their days is read once.
CREATE FUNCTION derive_position_days(accounts VARCHAR[], days TIMESTAMP[]) RETURNS VOID LANGUAGE plpgsql
    SET enable_seqscan = on SET enable_hashjoin = on SET enable_mergejoin = on SET jit = off
AS $$
BEGIN
    EXECUTE '
        INSERT INTO public.position_days (
            position_account, day, is_current, history_id,
            slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
            mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
        )
        SELECT DISTINCT ON (p.position_account, gone.day)
            p.position_account, gone.day, false, p.id,
            slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
            mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, ordinal
        FROM unnest($1, $2) AS gone (position_account, day)
        JOIN public.positions AS p
            ON p.position_account = gone.position_account AND date_trunc(''day'', p.block_time) = gone.day
        WHERE p.block_time >= $3 AND p.block_time < $4 + interval ''1 day''
        ORDER BY p.position_account, gone.day, slot DESC, ordinal DESC, kafka_offset DESC NULLS LAST, p.id DESC'
    USING accounts, days, (SELECT min(day) FROM unnest(days) AS day), (SELECT max(day) FROM unnest(days) AS day);
END
$$;

-- Takes back states of these positions and days that are deleted or moved: to an older slot, another day, another position.
-- Rows that merely grew newer are folded already.
--
-- It locks the states themselves: current ones first, in the order of position_account, then those of other days in the order
-- of position and day, as fold_positions() does. A sink that writes today's states of the same positions does not wait while
-- old history is deleted.
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

-- At commit, once for each note: the first folds all of them.
CREATE OR REPLACE FUNCTION fold_pending_positions() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off
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

-- Down Migration

CREATE OR REPLACE FUNCTION fold_pending_positions() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off
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
    IF gone <> '{}' THEN
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
BEGIN
    -- States of the fold that are no longer their row's state.
    WITH gone AS (
        DELETE FROM public.position_days AS d USING unnest(accounts, days) AS o (position_account, day)
        WHERE d.position_account = o.position_account AND d.day = o.day
          AND NOT EXISTS (
              SELECT FROM public.positions AS p
              WHERE p.id = d.history_id AND p.position_account = d.position_account
                AND date_trunc('day', p.block_time) = d.day
                AND p.slot = d.slot AND p.kafka_offset IS NOT DISTINCT FROM d.kafka_offset
          )
        RETURNING d.position_account, d.day
    )
    SELECT array_agg(position_account), array_agg(day) INTO accounts, days FROM gone;
    IF accounts IS NULL THEN
        RETURN;
    END IF;

    INSERT INTO public.position_days (
        position_account, day, is_current, history_id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type
    )
    SELECT
        gone.position_account, gone.day, false, id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type
    FROM unnest(accounts, days) AS gone (position_account, day)
    CROSS JOIN LATERAL (
        SELECT * FROM public.positions AS p
        WHERE p.position_account = gone.position_account
          AND p.block_time >= gone.day AND p.block_time < gone.day + interval '1 day'
        ORDER BY slot DESC, kafka_offset DESC NULLS LAST, id DESC
        LIMIT 1
    ) AS last_of_day;

    UPDATE public.position_days AS d SET is_current = false
    WHERE d.position_account = ANY (accounts) AND d.is_current
      AND EXISTS (
          SELECT FROM public.position_days AS n
          WHERE n.position_account = d.position_account
            AND (n.slot, coalesce(n.kafka_offset, -1), n.history_id) > (d.slot, coalesce(d.kafka_offset, -1), d.history_id)
      );
    UPDATE public.position_days AS d SET is_current = true
    WHERE d.position_account = ANY (accounts)
      AND NOT EXISTS (
          SELECT FROM public.position_days AS n
          WHERE n.position_account = d.position_account
            AND (n.is_current OR (n.slot, coalesce(n.kafka_offset, -1), n.history_id)
                                 > (d.slot, coalesce(d.kafka_offset, -1), d.history_id))
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
    -- A current row of another day is locked and told by its day, but stays as it is.
    WITH touched AS (
        INSERT INTO public.position_days AS d (
            position_account, day, is_current, history_id,
            slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size,
            entry_price, mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status,
            event_type
        )
        SELECT DISTINCT ON (position_account)
            position_account, date_trunc('day', block_time), true, id,
            slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size,
            entry_price, mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status,
            event_type
        FROM public.positions WHERE id = ANY (ids)
        ORDER BY position_account, slot DESC, kafka_offset DESC NULLS LAST, id DESC
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
            event_type = CASE WHEN d.day = EXCLUDED.day THEN EXCLUDED.event_type ELSE d.event_type END
        WHERE d.day <> EXCLUDED.day
           OR (EXCLUDED.slot, coalesce(EXCLUDED.kafka_offset, -1), EXCLUDED.history_id)
              >= (d.slot, coalesce(d.kafka_offset, -1), d.history_id)
        RETURNING day
    )
    SELECT first_day <> last_day OR coalesce(bool_or(day <> first_day), false) INTO other_days FROM touched;
    IF NOT other_days THEN
        RETURN;
    END IF;

    -- The mark leaves a current row that is older than a state of another day.
    UPDATE public.position_days AS d SET is_current = false
    FROM (
        SELECT DISTINCT ON (position_account) position_account, slot, kafka_offset, id
        FROM public.positions WHERE id = ANY (ids)
        ORDER BY position_account, slot DESC, kafka_offset DESC NULLS LAST, id DESC
    ) AS n
    WHERE d.position_account = n.position_account AND d.is_current
      AND (n.slot, coalesce(n.kafka_offset, -1), n.id) > (d.slot, coalesce(d.kafka_offset, -1), d.history_id);

    -- Each day's last state; the newest of a position takes the mark that has just been left.
    INSERT INTO public.position_days AS d (
        position_account, day, is_current, history_id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type
    )
    SELECT
        position_account, day,
        rank = 1 AND NOT EXISTS (
            SELECT FROM public.position_days AS c WHERE c.position_account = n.position_account AND c.is_current
        ),
        id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type
    FROM (
        SELECT DISTINCT ON (position_account, day) *
        FROM (
            SELECT *,
                date_trunc('day', block_time) AS day,
                row_number() OVER (PARTITION BY position_account
                                   ORDER BY slot DESC, kafka_offset DESC NULLS LAST, id DESC) AS rank
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
        status = EXCLUDED.status, event_type = EXCLUDED.event_type
    WHERE (EXCLUDED.slot, coalesce(EXCLUDED.kafka_offset, -1), EXCLUDED.history_id)
          >= (d.slot, coalesce(d.kafka_offset, -1), d.history_id);
END
$$;

DROP FUNCTION derive_position_days(VARCHAR[], TIMESTAMP[]);
DROP VIEW position_days_from_history;
CREATE VIEW position_days_from_history AS
SELECT
    position_account,
    day,
    row_number() OVER (PARTITION BY position_account ORDER BY slot DESC, kafka_offset DESC NULLS LAST, history_id DESC) = 1
        AS is_current,
    history_id,
    slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
    mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type
FROM (
    SELECT DISTINCT ON (position_account, date_trunc('day', block_time))
        position_account,
        date_trunc('day', block_time) AS day,
        id AS history_id,
        slot, kafka_offset, block_time, position_index, leverage, owner, signature, symbol, side, size, entry_price,
        mark_price, margin, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type
    FROM positions
    ORDER BY position_account, date_trunc('day', block_time), slot DESC, kafka_offset DESC NULLS LAST, id DESC
) AS last_of_day;

DROP TRIGGER positions_keep_later_update ON positions;
DROP FUNCTION keep_later_update();
ALTER TABLE position_days DROP COLUMN ordinal;
ALTER TABLE positions DROP COLUMN ordinal, DROP COLUMN bank_id;
COMMENT ON TABLE positions IS 'Append-only history of position states, one row per position and transaction signature. The highest (slot, kafka_offset) of a position is its current state.';
COMMENT ON COLUMN positions.kafka_offset IS 'Offset of the row''s record in its partition; orders the updates of one position, which all stand in one partition';
COMMENT ON VIEW current_positions IS 'The newest state of each position: highest slot, inside a slot the highest kafka_offset. Amounts and times as in positions';
COMMENT ON VIEW position_days_from_history IS 'What position_days must hold, computed from positions alone: sorts the whole history unless position_account is given';
