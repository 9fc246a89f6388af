-- Up Migration

-- Every state of every position, appended by the sink. All times are UTC.
CREATE TABLE positions (
    id                BIGSERIAL PRIMARY KEY,

    position_account  VARCHAR(44)    NOT NULL,
    position_index    INTEGER        NOT NULL,
    owner             VARCHAR(44)    NOT NULL,
    signature         VARCHAR(88)    NOT NULL,
    slot              BIGINT         NOT NULL,
    block_time        TIMESTAMP      NOT NULL,

    symbol            VARCHAR(20)    NOT NULL,
    side              VARCHAR(10)    NOT NULL,
    size              NUMERIC(38, 8) NOT NULL,
    entry_price       NUMERIC(38, 6) NOT NULL,
    mark_price        NUMERIC(38, 6) NOT NULL,
    margin            NUMERIC(38, 6) NOT NULL,
    leverage          SMALLINT       NOT NULL,
    unrealized_pnl    NUMERIC(38, 6) NOT NULL,
    realized_pnl      NUMERIC(38, 6) NOT NULL,
    funding_accrued   NUMERIC(38, 6) NOT NULL,
    liquidation_price NUMERIC(38, 6) NOT NULL,

    status            VARCHAR(20)    NOT NULL,
    event_type        VARCHAR(20)    NOT NULL,

    -- Not DEFAULT now(): the JDBC driver sets the session's time zone to the JVM's.
    created_at        TIMESTAMP      DEFAULT (now() AT TIME ZONE 'utc'),

    -- Where the row came from. Nullable, because a row may be written by hand. They order updates inside one slot, which
    -- neither slot nor id can: the sink's reduction buffer lets rows leave in any order.
    kafka_partition   INTEGER,
    kafka_offset      BIGINT
);

COMMENT ON TABLE positions IS 'Append-only history of position states, one row per position and transaction signature. The highest (slot, kafka_offset) of a position is its current state.';
COMMENT ON COLUMN positions.position_account IS 'Solana account of the position (PDA), base58';
COMMENT ON COLUMN positions.position_index IS 'Number of the position among its owner''s, from 0';
COMMENT ON COLUMN positions.owner IS 'Wallet of the owner, base58';
COMMENT ON COLUMN positions.signature IS 'Transaction signature, base58; synthetic for a PNL_UPDATE without a transaction';
COMMENT ON COLUMN positions.slot IS 'Solana slot number';
COMMENT ON COLUMN positions.block_time IS 'Time of the block, UTC, milliseconds';
COMMENT ON COLUMN positions.symbol IS 'Market, e.g. BTC-USD';
COMMENT ON COLUMN positions.side IS 'Long or Short';
COMMENT ON COLUMN positions.size IS 'Size in the base asset';
COMMENT ON COLUMN positions.entry_price IS 'Average entry price, quote currency';
COMMENT ON COLUMN positions.mark_price IS 'Mark price at this update, quote currency';
COMMENT ON COLUMN positions.margin IS 'Margin, quote currency';
COMMENT ON COLUMN positions.leverage IS 'Leverage, whole multiples';
COMMENT ON COLUMN positions.unrealized_pnl IS 'Unrealized profit and loss, quote currency';
COMMENT ON COLUMN positions.realized_pnl IS 'Realized profit and loss, quote currency';
COMMENT ON COLUMN positions.funding_accrued IS 'Funding accrued, quote currency';
COMMENT ON COLUMN positions.liquidation_price IS 'Mark price at which the position is liquidated, quote currency';
COMMENT ON COLUMN positions.status IS 'Opening, Open, Modifying, Closing, Closed or Liquidating';
COMMENT ON COLUMN positions.event_type IS 'OPENED, MODIFIED, CLOSED, LIQUIDATED or PNL_UPDATE';
COMMENT ON COLUMN positions.created_at IS 'When the row was first written, UTC';
COMMENT ON COLUMN positions.kafka_partition IS 'Partition of the topic that the row''s record stands in';
COMMENT ON COLUMN positions.kafka_offset IS 'Offset of the row''s record in its partition; orders the updates of one position, which all stand in one partition';

CREATE INDEX idx_position_slot ON positions (position_account, slot DESC);
CREATE INDEX idx_owner_slot ON positions (owner, slot DESC);
CREATE INDEX idx_symbol_slot ON positions (symbol, slot DESC);
CREATE INDEX idx_signature ON positions (signature);
CREATE INDEX idx_block_time ON positions (block_time DESC);
CREATE INDEX idx_status ON positions (status, slot DESC);
CREATE INDEX idx_liquidation ON positions (symbol, side, liquidation_price, slot DESC);
-- One more index, idx_current_positions on (position_account, slot DESC), was asked for; idx_position_slot is that index.

-- One row per position and transaction: what makes a redelivery harmless. The sink upserts on it.
CREATE UNIQUE INDEX idx_unique_position_signature ON positions (position_account, signature);

-- Delivery is at least once, so the sink meets records again: after a restart the same ones (same offset), after its
-- offsets were set back older ones (lower offset), after a producer resumed the same updates once more (higher offset).
-- The newest delivery of an identity wins; an equal or older one is no write at all, and never puts older content over
-- newer. A row without an offset, written by hand, is left alone when the update would change nothing.
--
-- A higher offset is taken even when nothing else differs. Within one slot the offset decides which update is current.
-- Say U1, U2 of one slot are stored as 10, 11 and sent again as 20, 21: a batch may bring U1 with 20 while U2 comes in the
-- next. Kept at 10, U1 would be right at once; but a batch that holds 10 and 20 writes only 20 (the sink's reduction buffer
-- keeps the last), so U1 can be at 20 anyway, and U2 has to be able to follow to 21, or U1 would stay current for good.
--
-- Offsets compare only inside one partition. When a key changes its partition, because the topic got more of them, the
-- later write wins. A topic that was deleted and created anew counts from 0 again: set kafka_partition and kafka_offset of
-- the old rows to NULL first, else their re-sent records are taken for old ones.
CREATE FUNCTION keep_newest_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In one partition, and yet not the higher offset: see WHEN.
    IF NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset IS NOT NULL AND OLD.kafka_offset IS NOT NULL THEN
        RETURN NULL;
    END IF;
    IF NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;

-- WHEN spares the call for an update that is surely newer. It names two columns only: the type of a column that a trigger's
-- condition names cannot be altered, and comparing whole rows there would name them all.
CREATE TRIGGER positions_keep_newest_delivery BEFORE UPDATE ON positions
    FOR EACH ROW
    WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
    EXECUTE FUNCTION keep_newest_delivery();

CREATE VIEW current_positions AS
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

COMMENT ON VIEW current_positions IS 'The newest state of each position: highest slot, inside a slot the highest kafka_offset. Amounts and times as in positions';

CREATE VIEW user_statistics AS
SELECT
    owner,
    count(*) AS total_positions,
    count(*) FILTER (WHERE status = 'Closed') AS closed_positions,
    count(*) FILTER (WHERE status = 'Liquidating') AS liquidated_positions,
    coalesce(sum(realized_pnl) FILTER (WHERE status = 'Closed'), 0) AS total_realized_pnl,
    coalesce(sum(unrealized_pnl) FILTER (WHERE status IN ('Open', 'Opening', 'Modifying')), 0) AS total_unrealized_pnl,
    count(*) FILTER (WHERE status = 'Closed' AND realized_pnl > 0) AS win_count,
    count(*) FILTER (WHERE status = 'Closed' AND realized_pnl < 0) AS loss_count,
    max(block_time) AS last_activity
FROM current_positions
GROUP BY owner;

COMMENT ON VIEW user_statistics IS 'Per owner, over the current state of each of its positions; amounts in quote currency, last_activity in UTC';

-- A day's figure of a position is its last state of that day, not the sum of its states: unrealized_pnl, realized_pnl and
-- funding_accrued are running values, and adding up two updates of one position would count it twice. Owner and symbol are
-- those of that last state. block_time has no zone and holds UTC, so days are UTC days whatever the session's zone.
CREATE VIEW daily_pnl_snapshots AS
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

COMMENT ON VIEW daily_pnl_snapshots IS 'Per owner, market and UTC day: the sum, in quote currency, over positions of each position''s last state of that day. Not the sum over all updates of the day: these are running values, and each further update would count its position once more';

-- Down Migration

DROP VIEW daily_pnl_snapshots;
DROP VIEW user_statistics;
DROP VIEW current_positions;
DROP TABLE positions;
DROP FUNCTION keep_newest_delivery();
