-- Up Migration

CREATE TABLE trades (
    id              BIGSERIAL PRIMARY KEY,
    account         VARCHAR(44) COLLATE "C" NOT NULL,
    signature       VARCHAR(88) COLLATE "C" NOT NULL,
    slot            BIGINT                  NOT NULL,
    block_time      TIMESTAMP               NOT NULL,
    amount          NUMERIC(38, 6)          NOT NULL,
    created_at      TIMESTAMP               DEFAULT (now() AT TIME ZONE 'utc'),
    kafka_partition INTEGER,
    kafka_offset    BIGINT,
    corrected_at    TIMESTAMP
);

-- The upsert's key.
CREATE UNIQUE INDEX idx_unique_trades ON trades (account, signature);

-- Of several deliveries of one update the newest counts.
CREATE TRIGGER trades_keep_newest_delivery BEFORE UPDATE ON trades
    FOR EACH ROW
    WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
    EXECUTE FUNCTION keep_newest_delivery();

-- A row that was changed otherwise than by its record says when.
CREATE TRIGGER trades_mark_correction BEFORE UPDATE ON trades
    FOR EACH ROW
    WHEN ((NEW.kafka_partition, NEW.kafka_offset) IS NOT DISTINCT FROM (OLD.kafka_partition, OLD.kafka_offset))
    EXECUTE FUNCTION mark_correction();
CREATE TRIGGER trades_unmark_correction BEFORE UPDATE OF kafka_offset ON trades
    FOR EACH ROW WHEN (NEW.corrected_at IS NOT NULL)
    EXECUTE FUNCTION unmark_correction();

-- The sink may write it, and whoever looks may read it. Name views on it, too: SELECT grant_stream_rights('trades', '{view}').
SELECT grant_stream_rights('trades');

-- Down Migration

DROP TABLE trades;
