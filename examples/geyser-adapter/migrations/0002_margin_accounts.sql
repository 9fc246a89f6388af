-- Up Migration

CREATE TABLE margin_accounts (
    id              BIGSERIAL PRIMARY KEY,
    pubkey          VARCHAR(44) COLLATE "C" NOT NULL,
    slot            BIGINT                  NOT NULL,
    bank            BIGINT                  NOT NULL,
    write_version   BIGINT                  NOT NULL,
    signature       VARCHAR(88) COLLATE "C" NOT NULL,
    market          INTEGER                 NOT NULL,
    side            VARCHAR(5)  COLLATE "C" NOT NULL,
    size            NUMERIC(20, 9)          NOT NULL,
    collateral      NUMERIC(39, 6)          NOT NULL,
    updated_at      TIMESTAMP               NOT NULL,
    created_at      TIMESTAMP               DEFAULT (now() AT TIME ZONE 'utc'),
    kafka_partition INTEGER,
    kafka_offset    BIGINT,
    corrected_at    TIMESTAMP
);

-- The upsert's key.
CREATE UNIQUE INDEX idx_unique_margin_accounts ON margin_accounts (pubkey, slot, write_version);

-- Of several deliveries of one update the newest counts.
CREATE TRIGGER margin_accounts_keep_newest_delivery BEFORE UPDATE ON margin_accounts
    FOR EACH ROW
    WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
    EXECUTE FUNCTION keep_newest_delivery();

-- A row that was changed otherwise than by its record says when.
CREATE TRIGGER margin_accounts_mark_correction BEFORE UPDATE ON margin_accounts
    FOR EACH ROW
    WHEN ((NEW.kafka_partition, NEW.kafka_offset) IS NOT DISTINCT FROM (OLD.kafka_partition, OLD.kafka_offset))
    EXECUTE FUNCTION mark_correction();
CREATE TRIGGER margin_accounts_unmark_correction BEFORE UPDATE OF kafka_offset ON margin_accounts
    FOR EACH ROW WHEN (NEW.corrected_at IS NOT NULL)
    EXECUTE FUNCTION unmark_correction();

-- The sink may write it, and whoever looks may read it. Name views on it, too: SELECT grant_stream_rights('margin_accounts', '{view}').
SELECT grant_stream_rights('margin_accounts');

-- Down Migration

DROP TABLE margin_accounts;
