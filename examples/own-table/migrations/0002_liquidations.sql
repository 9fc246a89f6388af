-- Up Migration

CREATE TABLE liquidations (
    id              BIGSERIAL PRIMARY KEY,
    market          VARCHAR(20) COLLATE "C" NOT NULL,
    liquidation_id  VARCHAR(40) COLLATE "C" NOT NULL,
    account         VARCHAR(44) COLLATE "C" NOT NULL,
    side            VARCHAR(5) COLLATE "C"  NOT NULL CHECK (side IN ('LONG', 'SHORT')),
    size            NUMERIC(20, 8)          NOT NULL,
    price           NUMERIC(20, 6)          NOT NULL,
    loss            NUMERIC(20, 6)          NOT NULL,
    slot            BIGINT                  NOT NULL,
    block_time      TIMESTAMP               NOT NULL,
    created_at      TIMESTAMP               DEFAULT (now() AT TIME ZONE 'utc'),
    kafka_partition INTEGER,
    kafka_offset    BIGINT,
    corrected_at    TIMESTAMP
);

-- A liquidation that comes twice stays one row.
CREATE UNIQUE INDEX idx_unique_liquidations ON liquidations (market, liquidation_id);
CREATE INDEX idx_liquidations_account ON liquidations (account, block_time);

-- Of several deliveries of one liquidation the newest counts; a row that was changed by hand says when.
CREATE TRIGGER liquidations_keep_newest_delivery BEFORE UPDATE ON liquidations
    FOR EACH ROW
    WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
    EXECUTE FUNCTION keep_newest_delivery();
CREATE TRIGGER liquidations_mark_correction BEFORE UPDATE ON liquidations
    FOR EACH ROW
    WHEN ((NEW.kafka_partition, NEW.kafka_offset) IS NOT DISTINCT FROM (OLD.kafka_partition, OLD.kafka_offset))
    EXECUTE FUNCTION mark_correction();
CREATE TRIGGER liquidations_unmark_correction BEFORE UPDATE OF kafka_offset ON liquidations
    FOR EACH ROW WHEN (NEW.corrected_at IS NOT NULL)
    EXECUTE FUNCTION unmark_correction();

-- A view of one's own.
CREATE VIEW liquidation_days AS
SELECT date_trunc('day', block_time)::date AS day, market, count(*) AS liquidations, sum(loss) AS loss
FROM liquidations GROUP BY 1, 2;

-- The sink may write the table; readers may read both.
SELECT grant_stream_rights('liquidations', '{liquidation_days}');

-- Down Migration

DROP VIEW liquidation_days;
DROP TABLE liquidations;
