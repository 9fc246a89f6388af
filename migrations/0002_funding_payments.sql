-- Up Migration

-- Every funding payment of every position, appended by the sink. All times are UTC.
CREATE TABLE funding_payments (
    id               BIGSERIAL PRIMARY KEY,
    position_account VARCHAR(44)     NOT NULL,
    owner            VARCHAR(44)     NOT NULL,
    signature        VARCHAR(88)     NOT NULL,
    slot             BIGINT          NOT NULL,
    block_time       TIMESTAMP       NOT NULL,
    symbol           VARCHAR(20)     NOT NULL,
    rate             NUMERIC(38, 12) NOT NULL,
    amount           NUMERIC(38, 6)  NOT NULL,
    created_at       TIMESTAMP       DEFAULT (now() AT TIME ZONE 'utc'),
    kafka_partition  INTEGER,
    kafka_offset     BIGINT
);

COMMENT ON TABLE funding_payments IS 'One row per position and transaction that settled funding';
COMMENT ON COLUMN funding_payments.position_account IS 'Solana account of the position (PDA), base58';
COMMENT ON COLUMN funding_payments.owner IS 'Wallet of the owner, base58';
COMMENT ON COLUMN funding_payments.signature IS 'Transaction signature, base58';
COMMENT ON COLUMN funding_payments.slot IS 'Solana slot number';
COMMENT ON COLUMN funding_payments.block_time IS 'Time of the block, UTC, milliseconds';
COMMENT ON COLUMN funding_payments.symbol IS 'Market, e.g. BTC-USD';
COMMENT ON COLUMN funding_payments.rate IS 'Funding rate of the interval as a fraction of the notional';
COMMENT ON COLUMN funding_payments.amount IS 'Amount, quote currency; negative was paid, positive received';
COMMENT ON COLUMN funding_payments.created_at IS 'When the row was first written, UTC';
COMMENT ON COLUMN funding_payments.kafka_partition IS 'Partition of the topic that the row''s record stands in';
COMMENT ON COLUMN funding_payments.kafka_offset IS 'Offset of the row''s record in its partition';

-- The upsert's key, and payments of one position.
CREATE UNIQUE INDEX idx_unique_funding_payment ON funding_payments (position_account, signature);
-- What an owner has paid and received lately.
CREATE INDEX idx_funding_owner_time ON funding_payments (owner, block_time DESC);

-- As for positions: of several deliveries of one payment the newest counts.
CREATE TRIGGER funding_payments_keep_newest_delivery BEFORE UPDATE ON funding_payments
    FOR EACH ROW
    WHEN ((NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset > OLD.kafka_offset) IS NOT TRUE)
    EXECUTE FUNCTION keep_newest_delivery();

-- Down Migration

DROP TABLE funding_payments;
