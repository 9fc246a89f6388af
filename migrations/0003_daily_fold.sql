-- Up Migration

-- The fold: of every position and UTC day the last state, kept by triggers on positions at the end of each transaction. The
-- views read it, so their cost grows with positions and days, not with history. It is derived: position_days_from_history
-- says from which rows, `connect verify` compares the two, `connect rebuild` recreates it.
--
-- "Last" is the highest (slot, kafka_offset, id), a row without an offset before every row with one: the order of 0001's
-- views. Rows may arrive in any order, several times, and move (an update of one identity brings another slot or day).
CREATE TABLE position_days (
    position_account  VARCHAR(44)    NOT NULL,
    day               TIMESTAMP      NOT NULL,
    is_current        BOOLEAN        NOT NULL,
    history_id        BIGINT         NOT NULL,

    slot              BIGINT         NOT NULL,
    kafka_offset      BIGINT,
    block_time        TIMESTAMP      NOT NULL,
    position_index    INTEGER        NOT NULL,
    leverage          SMALLINT       NOT NULL,
    owner             VARCHAR(44)    NOT NULL,
    signature         VARCHAR(88)    NOT NULL,
    symbol            VARCHAR(20)    NOT NULL,
    side              VARCHAR(10)    NOT NULL,
    size              NUMERIC(38, 8) NOT NULL,
    entry_price       NUMERIC(38, 6) NOT NULL,
    mark_price        NUMERIC(38, 6) NOT NULL,
    margin            NUMERIC(38, 6) NOT NULL,
    unrealized_pnl    NUMERIC(38, 6) NOT NULL,
    realized_pnl      NUMERIC(38, 6) NOT NULL,
    funding_accrued   NUMERIC(38, 6) NOT NULL,
    liquidation_price NUMERIC(38, 6) NOT NULL,
    status            VARCHAR(20)    NOT NULL,
    event_type        VARCHAR(20)    NOT NULL,

    PRIMARY KEY (position_account, day)
)
-- Room for new versions of a row in its own page, so that updates are HOT: no index is touched, no vacuum needed.
WITH (fillfactor = 50);

COMMENT ON TABLE position_days IS 'Last state of each position and UTC day, derived from positions by its triggers; never written by hand. Other columns are those of the row of positions';
COMMENT ON COLUMN position_days.day IS 'Midnight UTC that block_time''s day begins at';
COMMENT ON COLUMN position_days.is_current IS 'True on the newest of the position''s rows, and only there';
COMMENT ON COLUMN position_days.history_id IS 'id of the row of positions';

-- One current state a position, found by position_account. Also the arbiter and the lock of the fold, see fold_positions.
CREATE UNIQUE INDEX idx_position_days_current ON position_days (position_account) WHERE is_current;

-- What the fold must hold, computed from history alone. A condition on position_account reaches the history's index.
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

COMMENT ON VIEW position_days_from_history IS 'What position_days must hold, computed from positions alone: sorts the whole history unless position_account is given';

-- What a transaction has written so far; empty for everybody else, and so never missed after a crash.
CREATE UNLOGGED TABLE position_days_pending (
    transaction XID8        NOT NULL DEFAULT pg_current_xact_id(),
    ids         BIGINT[],
    first_day   TIMESTAMP,
    last_day    TIMESTAMP,
    accounts    VARCHAR[],
    days        TIMESTAMP[]
);
CREATE INDEX idx_position_days_pending ON position_days_pending (transaction);

COMMENT ON TABLE position_days_pending IS 'Notes of running transactions about the rows of positions that they have written; folded and removed when they commit';
COMMENT ON COLUMN position_days_pending.transaction IS 'The transaction that wrote them';
COMMENT ON COLUMN position_days_pending.ids IS 'Rows inserted or updated by one statement, by id';
COMMENT ON COLUMN position_days_pending.first_day IS 'Earliest UTC day of these rows';
COMMENT ON COLUMN position_days_pending.last_day IS 'Latest UTC day of these rows';
COMMENT ON COLUMN position_days_pending.accounts IS 'Position of each state that one statement has deleted or replaced';
COMMENT ON COLUMN position_days_pending.days IS 'UTC day of each state that one statement has deleted or replaced';

-- A sink writes blocks of 128 rows and commits thousands. Folding each block would write a position many times in one
-- transaction; so statements only note what they wrote, and the commit folds all of it once. Measured with 2,000 positions and
-- 5,000 rows a commit, processor time of PostgreSQL a row, in turns: 34 µs without a fold, 43 so, 66 folding each block.
CREATE FUNCTION note_new_positions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- An upsert fires the triggers of both INSERT and UPDATE, one of them often with no row.
    INSERT INTO public.position_days_pending (ids, first_day, last_day)
    SELECT array_agg(id), date_trunc('day', min(block_time)), date_trunc('day', max(block_time))
    FROM new_rows HAVING count(*) > 0;
    RETURN NULL;
END
$$;

CREATE FUNCTION note_old_positions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.position_days_pending (accounts, days)
    SELECT array_agg(position_account), array_agg(day)
    FROM (SELECT DISTINCT position_account, date_trunc('day', block_time) AS day FROM old_rows) AS replaced
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;

-- Folds these rows of positions.
--
-- Transactions that touch one position take turns: each first inserts or locks the position's current row, in the order of
-- position_account, before it looks at any other row of the position. So nothing is lost when two of them write at once,
-- and they cannot deadlock here. ON CONFLICT locks the row also when WHERE then leaves it as it is.
--
-- Most states are of the day of the current one: then the first statement is all, and a HOT update as long as owner, market,
-- liquidation price and status stay. With other days among them, it goes on to move the mark and to fold those.
CREATE FUNCTION fold_positions(ids BIGINT[], first_day TIMESTAMP, last_day TIMESTAMP) RETURNS VOID LANGUAGE plpgsql
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

-- Takes back states of these positions and days that are deleted or moved: to an older slot, another day, another position.
-- Rows that merely grew newer are folded already. The current rows of these positions are locked.
CREATE FUNCTION unfold_positions(accounts VARCHAR[], days TIMESTAMP[]) RETURNS VOID LANGUAGE plpgsql
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

-- At commit, once for each note: the first folds all of them.
CREATE FUNCTION fold_pending_positions() RETURNS trigger LANGUAGE plpgsql
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

CREATE CONSTRAINT TRIGGER position_days_pending_fold AFTER INSERT ON position_days_pending
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fold_pending_positions();

-- Where history is cut off as a whole, so is its fold.
CREATE FUNCTION truncate_position_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE public.position_days;
    RETURN NULL;
END
$$;

-- Makes the fold of these positions what their history gives, and returns how many of its rows were wrong. Sinks go on
-- meanwhile: where nothing is wrong it locks nothing; else it holds the current rows of the wrong positions, as a sink does,
-- until its transaction ends.
CREATE FUNCTION rebuild_position_days(accounts TEXT[]) RETURNS BIGINT LANGUAGE plpgsql
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

-- From here to the end of the migration nobody else writes into positions, so the fill below misses nothing.
CREATE TRIGGER positions_note_insert AFTER INSERT ON positions
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note_new_positions();
CREATE TRIGGER positions_note_update AFTER UPDATE ON positions
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note_new_positions();
CREATE TRIGGER positions_note_replaced AFTER UPDATE ON positions
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION note_old_positions();
CREATE TRIGGER positions_note_delete AFTER DELETE ON positions
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION note_old_positions();
CREATE TRIGGER positions_truncate_days AFTER TRUNCATE ON positions
    FOR EACH STATEMENT EXECUTE FUNCTION truncate_position_days();

INSERT INTO position_days SELECT * FROM position_days_from_history;

CREATE INDEX idx_position_days_owner ON position_days (owner) WHERE is_current;
COMMENT ON INDEX idx_position_days_owner IS 'current_positions and user_statistics of one owner';
CREATE INDEX idx_position_days_liquidation ON position_days (symbol, side, liquidation_price) WHERE is_current;
COMMENT ON INDEX idx_position_days_liquidation IS 'Liquidation candidates: current_positions WHERE symbol = … AND side = … AND liquidation_price >= …';
CREATE INDEX idx_position_days_status ON position_days (status) WHERE is_current;
COMMENT ON INDEX idx_position_days_status IS 'current_positions WHERE status = …';
CREATE INDEX idx_position_days_owner_day ON position_days (owner, day);
COMMENT ON INDEX idx_position_days_owner_day IS 'daily_pnl_snapshots of one owner and a span of days';

CREATE OR REPLACE VIEW current_positions AS
SELECT
    position_account,
    position_index,
    owner,
    signature,
    slot,
    block_time,
    symbol,
    side,
    size,
    entry_price,
    mark_price,
    margin,
    leverage,
    unrealized_pnl,
    realized_pnl,
    funding_accrued,
    liquidation_price,
    status,
    event_type
FROM position_days
WHERE is_current;

-- user_statistics reads current_positions and stays as it is.

CREATE OR REPLACE VIEW daily_pnl_snapshots AS
SELECT
    owner,
    symbol,
    day AS snapshot_day,
    sum(unrealized_pnl) AS total_unrealized_pnl,
    sum(realized_pnl) AS total_realized_pnl,
    sum(funding_accrued) AS total_funding,
    count(*) AS position_count
FROM position_days
GROUP BY owner, symbol, day
ORDER BY snapshot_day DESC;

-- Down Migration

CREATE OR REPLACE VIEW current_positions AS
SELECT DISTINCT ON (position_account)
    position_account,
    position_index,
    owner,
    signature,
    slot,
    block_time,
    symbol,
    side,
    size,
    entry_price,
    mark_price,
    margin,
    leverage,
    unrealized_pnl,
    realized_pnl,
    funding_accrued,
    liquidation_price,
    status,
    event_type
FROM positions
ORDER BY position_account, slot DESC, kafka_offset DESC NULLS LAST, id DESC;

CREATE OR REPLACE VIEW daily_pnl_snapshots AS
SELECT
    owner,
    symbol,
    snapshot_day,
    sum(unrealized_pnl) AS total_unrealized_pnl,
    sum(realized_pnl) AS total_realized_pnl,
    sum(funding_accrued) AS total_funding,
    count(*) AS position_count
FROM (
    SELECT DISTINCT ON (position_account, date_trunc('day', block_time))
        owner,
        symbol,
        date_trunc('day', block_time) AS snapshot_day,
        unrealized_pnl,
        realized_pnl,
        funding_accrued
    FROM positions
    ORDER BY position_account, date_trunc('day', block_time), slot DESC, kafka_offset DESC NULLS LAST, id DESC
) AS last_of_day
GROUP BY owner, symbol, snapshot_day
ORDER BY snapshot_day DESC;

DROP TRIGGER positions_note_insert ON positions;
DROP TRIGGER positions_note_update ON positions;
DROP TRIGGER positions_note_replaced ON positions;
DROP TRIGGER positions_note_delete ON positions;
DROP TRIGGER positions_truncate_days ON positions;
DROP TABLE position_days_pending;
DROP FUNCTION note_new_positions();
DROP FUNCTION note_old_positions();
DROP FUNCTION fold_pending_positions();
DROP FUNCTION fold_positions(BIGINT[], TIMESTAMP, TIMESTAMP);
DROP FUNCTION unfold_positions(VARCHAR[], TIMESTAMP[]);
DROP FUNCTION truncate_position_days();
DROP FUNCTION rebuild_position_days(TEXT[]);
DROP VIEW position_days_from_history;
DROP TABLE position_days;
