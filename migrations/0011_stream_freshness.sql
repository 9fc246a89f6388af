-- Up Migration

-- Up to where the table of each stream is complete, for whoever reads it in SQL. `connect watch` writes it, as the sink's login, behind the rows
-- that it speaks of: when the sink has committed the offsets that belong to a checkpoint of the producer.
CREATE TABLE stream_completeness (
    stream             TEXT COLLATE "C" PRIMARY KEY,
    complete_to_slot   BIGINT,
    complete_to_cursor TEXT COLLATE "C",
    complete_to_time   TIMESTAMP,
    complete_at        TIMESTAMPTZ,
    newest_slot        BIGINT,
    missing_slots      INT8MULTIRANGE NOT NULL DEFAULT '{}',
    offsets            BIGINT[],
    reason             TEXT COLLATE "C",
    measured_at        TIMESTAMPTZ    NOT NULL
)
-- A row is written every few seconds, in its own page.
WITH (fillfactor = 50);

COMMENT ON TABLE stream_completeness IS 'Up to where the table of each stream is complete; read it by the view stream_freshness';
COMMENT ON COLUMN stream_completeness.stream IS 'Name of the stream';
COMMENT ON COLUMN stream_completeness.complete_to_slot IS 'All that the producer has read of this slot and of earlier ones is in the table, refused, or a dead-letter record; except missing_slots. NULL: not proved';
COMMENT ON COLUMN stream_completeness.complete_to_cursor IS 'The same for a feed with cursors';
COMMENT ON COLUMN stream_completeness.complete_to_time IS 'The newest time, UTC, that an update up to there names. No bound: times of updates do not rise strictly';
COMMENT ON COLUMN stream_completeness.complete_at IS 'When the producer had read the feed up to there';
COMMENT ON COLUMN stream_completeness.newest_slot IS 'The slot that the producer has reached';
COMMENT ON COLUMN stream_completeness.missing_slots IS 'Slots of which updates may be missing: left out by choice, or deleted by Kafka before the sink read them; a backfill of them takes them out again';
COMMENT ON COLUMN stream_completeness.offsets IS 'The proof: by partition of the topic, from 0, the offset that the sink has committed at least';
COMMENT ON COLUMN stream_completeness.reason IS 'Why nothing more can be said';
COMMENT ON COLUMN stream_completeness.measured_at IS 'When watch last looked';

CREATE VIEW stream_freshness AS
SELECT
    stream,
    complete_to_slot,
    complete_to_cursor,
    complete_to_time,
    complete_at,
    greatest(round(extract(epoch FROM now() - complete_at), 1), 0) AS behind_seconds,
    newest_slot,
    missing_slots,
    reason,
    measured_at
FROM stream_completeness;

COMMENT ON VIEW stream_freshness IS 'One row a stream: up to where its table is complete, and how long ago the feed had been read up to there. No row: connect watch has not looked after it yet';

-- The group roles of 0009. Where roles are made by others, they may not be there yet.
DO $$
DECLARE
    needed RECORD;
BEGIN
    FOR needed IN
        SELECT group_role(purpose) AS role, what FROM (VALUES
            ('sink', 'SELECT, INSERT, UPDATE ON stream_completeness'),
            ('sink', 'SELECT ON stream_freshness'),
            ('reader', 'SELECT ON stream_completeness, stream_freshness'),
            ('owner', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON stream_completeness'),
            ('owner', 'SELECT ON stream_freshness')
        ) AS rights (purpose, what)
    LOOP
        CONTINUE WHEN to_regrole(quote_ident(needed.role)) IS NULL;
        EXECUTE format('GRANT %s TO %I', needed.what, needed.role);
    END LOOP;
END
$$;

-- Down Migration

DROP VIEW stream_freshness;
DROP TABLE stream_completeness;
