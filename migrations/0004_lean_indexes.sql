-- Up Migration

-- Fewer and smaller indexes, each for a query it names. What asks for current states goes to the fold (0003), whose rows are
-- few; what is left serves the history. `current_positions` answers: status, liquidation candidates, the states of an owner.
--
-- Gains: processor time of PostgreSQL for the sink's upserts of 128 rows (no fold), this migration against 0001's indexes,
-- both in turns in one run on a shared 2-core machine: 53 → 34 µs a row, so 1.6 times the rows a second.
--
-- Building the new ones holds up writers: on a filled table stop the sink, or let it wait and catch up.

-- The sink's upsert key, and rows by signature: one index for what took two, each with the long signature in it.
CREATE UNIQUE INDEX idx_unique_signature_position ON positions (signature, position_account);
COMMENT ON INDEX idx_unique_signature_position IS 'Upsert key of the sink; WHERE signature = …';
DROP INDEX idx_unique_position_signature;
DROP INDEX idx_signature;

-- Ascending, although they are read newest first: an index is read backwards as fast, and slots grow, so new entries come
-- at the end of their group, where PostgreSQL splits a page unevenly and leaves full pages behind, not half-empty ones.
CREATE INDEX idx_position_slot_asc ON positions (position_account, slot);
COMMENT ON INDEX idx_position_slot_asc IS 'History of one position: WHERE position_account = … [AND slot <= …] ORDER BY slot DESC LIMIT …; the rebuild of the fold';
DROP INDEX idx_position_slot;

CREATE INDEX idx_owner_slot_asc ON positions (owner, slot);
COMMENT ON INDEX idx_owner_slot_asc IS 'History of one owner: WHERE owner = … ORDER BY slot DESC LIMIT …';
DROP INDEX idx_owner_slot;

CREATE INDEX idx_symbol_slot_asc ON positions (symbol, slot);
COMMENT ON INDEX idx_symbol_slot_asc IS 'Updates of one market: WHERE symbol = … ORDER BY slot DESC LIMIT …';
DROP INDEX idx_symbol_slot;

-- A few bytes for each 128 pages. It works because rows are appended about in the order of block_time; a table filled in
-- another order (a backfill from both ends, CLUSTER on another index) makes it read too much, never wrong. Autovacuum
-- summarizes each full range soon after; pages not summarized yet, the newest, are read in any case.
CREATE INDEX idx_block_time_brin ON positions USING brin (block_time) WITH (autosummarize = on);
COMMENT ON INDEX idx_block_time_brin IS 'Updates of a span of time: WHERE block_time >= … AND block_time < …';
DROP INDEX idx_block_time;

-- Almost every row is of an open position, and nobody asks for all of those: the index holds the others only.
CREATE INDEX idx_status_rare ON positions (status, slot) WHERE status <> 'Open';
COMMENT ON INDEX idx_status_rare IS 'History of a status other than Open: WHERE status = ''Liquidating'' ORDER BY slot DESC LIMIT …';
DROP INDEX idx_status;

-- Liquidation candidates are current states: idx_position_days_liquidation.
DROP INDEX idx_liquidation;

-- Down Migration

CREATE INDEX idx_position_slot ON positions (position_account, slot DESC);
CREATE INDEX idx_owner_slot ON positions (owner, slot DESC);
CREATE INDEX idx_symbol_slot ON positions (symbol, slot DESC);
CREATE INDEX idx_signature ON positions (signature);
CREATE INDEX idx_block_time ON positions (block_time DESC);
CREATE INDEX idx_status ON positions (status, slot DESC);
CREATE INDEX idx_liquidation ON positions (symbol, side, liquidation_price, slot DESC);
CREATE UNIQUE INDEX idx_unique_position_signature ON positions (position_account, signature);
DROP INDEX idx_unique_signature_position;
DROP INDEX idx_position_slot_asc;
DROP INDEX idx_owner_slot_asc;
DROP INDEX idx_symbol_slot_asc;
DROP INDEX idx_block_time_brin;
DROP INDEX idx_status_rare;
