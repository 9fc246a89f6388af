-- Up Migration

-- A row can be put right. A record that is read again writes its row when the two differ, although it has the row's own
-- offset; an UPDATE by hand or by a migration always works. A row that differs because somebody corrected it says when.
--
-- The record stays the truth: a correction by hand lasts until the row's record, or a later delivery of it, is read again. A
-- lasting one is published as a new update.
ALTER TABLE positions ADD COLUMN corrected_at TIMESTAMP;
ALTER TABLE funding_payments ADD COLUMN corrected_at TIMESTAMP;
COMMENT ON COLUMN positions.corrected_at IS 'When the row was last changed otherwise than by its record, UTC; NULL when it is as its record wrote it';
COMMENT ON COLUMN funding_payments.corrected_at IS 'When the row was last changed otherwise than by its record, UTC; NULL when it is as its record wrote it';

-- Of two deliveries of one identity in one partition the one with the higher offset wins; an older one never does. The same
-- record once more is no write while the row is as the record says, and a repair when it is not.
CREATE OR REPLACE FUNCTION keep_newest_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kafka_partition = OLD.kafka_partition AND NEW.kafka_offset < OLD.kafka_offset THEN
        RETURN NULL;
    END IF;
    IF NEW IS NOT DISTINCT FROM OLD THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;

-- A delivery names the record that it comes from; any other UPDATE leaves partition and offset alone.
CREATE FUNCTION mark_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW IS DISTINCT FROM OLD THEN
        NEW.corrected_at := now() AT TIME ZONE 'utc';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION unmark_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.corrected_at := NULL;
    RETURN NEW;
END
$$;

-- Triggers of one event fire in the order of their names: keep, mark, unmark. The last one sees what a delivery's UPDATE
-- sets, because its statement names kafka_offset.
CREATE TRIGGER positions_mark_correction BEFORE UPDATE ON positions
    FOR EACH ROW
    WHEN ((NEW.kafka_partition, NEW.kafka_offset) IS NOT DISTINCT FROM (OLD.kafka_partition, OLD.kafka_offset))
    EXECUTE FUNCTION mark_correction();
CREATE TRIGGER positions_unmark_correction BEFORE UPDATE OF kafka_offset ON positions
    FOR EACH ROW WHEN (NEW.corrected_at IS NOT NULL)
    EXECUTE FUNCTION unmark_correction();
CREATE TRIGGER funding_payments_mark_correction BEFORE UPDATE ON funding_payments
    FOR EACH ROW
    WHEN ((NEW.kafka_partition, NEW.kafka_offset) IS NOT DISTINCT FROM (OLD.kafka_partition, OLD.kafka_offset))
    EXECUTE FUNCTION mark_correction();
CREATE TRIGGER funding_payments_unmark_correction BEFORE UPDATE OF kafka_offset ON funding_payments
    FOR EACH ROW WHEN (NEW.corrected_at IS NOT NULL)
    EXECUTE FUNCTION unmark_correction();

-- Down Migration

DROP TRIGGER positions_mark_correction ON positions;
DROP TRIGGER positions_unmark_correction ON positions;
DROP TRIGGER funding_payments_mark_correction ON funding_payments;
DROP TRIGGER funding_payments_unmark_correction ON funding_payments;
DROP FUNCTION mark_correction();
DROP FUNCTION unmark_correction();
ALTER TABLE positions DROP COLUMN corrected_at;
ALTER TABLE funding_payments DROP COLUMN corrected_at;

CREATE OR REPLACE FUNCTION keep_newest_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
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
