import { DEFINITION, type Mutation, newMigration, SQL } from './edit.ts';

const CHANGE = 'migrations/9001_change.sql';

/** Edits of the SQL: of a migration that has not landed (`SQL`), and new migrations. */
export const sqlMutations: readonly Mutation[] = [
  {
    name: 'the unique index is dropped',
    edit: newMigration('DROP INDEX idx_unique_position_signature;'),
    rule: 'UPSERT_KEY_INDEX',
  },
  {
    name: 'the unique index covers some rows only',
    edit: {
      file: SQL,
      find: 'ON positions (position_account, signature);',
      replace: "ON positions (position_account, signature) WHERE status <> 'Closed';",
    },
    rule: 'UPSERT_KEY_INDEX',
  },
  {
    name: 'the unique index is an ordinary one',
    edit: { file: SQL, find: 'CREATE UNIQUE INDEX', replace: 'CREATE INDEX' },
    rule: 'UPSERT_KEY_INDEX',
    at: { file: DEFINITION, line: 'key: [position_account, signature]' },
  },
  {
    name: 'a column is rescaled',
    edit: { file: SQL, find: 'size              NUMERIC(38, 8)', replace: 'size              NUMERIC(38, 6)' },
    rule: 'DECIMAL_SCALE',
  },
  {
    name: 'a column gets fewer digits',
    edit: { file: SQL, find: 'size              NUMERIC(38, 8)', replace: 'size              NUMERIC(20, 8)' },
    rule: 'DECIMAL_PRECISION',
  },
  {
    name: 'an amount becomes a float',
    edit: { file: SQL, find: 'margin            NUMERIC(38, 6)', replace: 'margin            DOUBLE PRECISION' },
    rule: 'TYPE_FAMILY',
  },
  {
    name: 'a column is shortened',
    edit: { file: SQL, find: 'signature         VARCHAR(88)', replace: 'signature         VARCHAR(64)' },
    rule: 'STRING_LENGTH',
  },
  {
    name: 'a 64-bit column is narrowed',
    edit: { file: SQL, find: 'slot              BIGINT', replace: 'slot              INTEGER' },
    rule: 'INTEGER_RANGE',
  },
  {
    name: 'a word becomes an enum that nothing casts to',
    edit: {
      file: SQL,
      find: 'COMMENT ON TABLE positions IS',
      replace: `CREATE TYPE position_side AS ENUM ('Long', 'Short');
ALTER TABLE positions ALTER COLUMN side TYPE position_side USING side::position_side;
COMMENT ON TABLE positions IS`,
    },
    rule: 'ENUM_COLUMN',
    says: /nothing casts .* CREATE CAST \(varchar AS position_side\) WITH INOUT AS ASSIGNMENT/,
  },
  {
    name: 'an enum lacks a word',
    edit: {
      file: SQL,
      find: 'COMMENT ON TABLE positions IS',
      replace: `CREATE TYPE position_side AS ENUM ('Long');
CREATE CAST (varchar AS position_side) WITH INOUT AS ASSIGNMENT;
ALTER TABLE positions ALTER COLUMN side TYPE position_side USING side::position_side;
COMMENT ON TABLE positions IS`,
    },
    rule: 'ENUM_COLUMN',
    says: /has no "Short"; .*ADD VALUE 'Short'/,
  },
  {
    name: 'a timestamp gets a zone',
    edit: { file: SQL, find: 'block_time        TIMESTAMP ', replace: 'block_time        TIMESTAMPTZ ' },
    rule: 'TIMESTAMP_ZONE',
  },
  {
    name: 'a timestamp loses its milliseconds',
    edit: { file: SQL, find: 'block_time        TIMESTAMP ', replace: 'block_time        TIMESTAMP(0) ' },
    rule: 'TIMESTAMP_PRECISION',
  },
  {
    name: 'a column is renamed',
    edit: newMigration('ALTER TABLE positions RENAME COLUMN entry_price TO entry;'),
    rule: 'COLUMN_MISSING',
  },
  {
    name: 'a required column is added that nothing fills',
    edit: newMigration('ALTER TABLE positions ADD COLUMN venue VARCHAR(20) NOT NULL;'),
    rule: 'COLUMN_WITHOUT_FIELD',
  },
  {
    name: 'a CHECK refuses an allowed word',
    edit: newMigration("ALTER TABLE positions ADD CHECK (status IN ('Open', 'Closed'));"),
    rule: 'CHECK_CONSTRAINT',
  },
  {
    name: 'a CHECK refuses numbers the producer lets through',
    edit: newMigration('ALTER TABLE positions ADD CONSTRAINT some_leverage CHECK (leverage BETWEEN 1 AND 100);'),
    rule: 'CHECK_CONSTRAINT',
    also: ['CHECK_CONSTRAINT'],
  },
  {
    name: 'a CHECK compares columns',
    edit: newMigration('ALTER TABLE positions ADD CONSTRAINT marks CHECK (mark_price >= liquidation_price);'),
    rule: 'CHECK_UNKNOWN',
  },
  {
    name: 'a second unique index',
    edit: newMigration('CREATE UNIQUE INDEX one_signature ON positions (signature);'),
    rule: 'OTHER_UNIQUE_INDEX',
  },
  {
    name: 'the table references another',
    edit: newMigration(
      'CREATE TABLE owners (owner VARCHAR(44) PRIMARY KEY);\nALTER TABLE positions ADD CONSTRAINT known_owner FOREIGN KEY (owner) REFERENCES owners;',
    ),
    rule: 'FOREIGN_KEY',
    at: { file: 'migrations/9001_change.sql', line: 'ADD CONSTRAINT known_owner' },
  },
  {
    name: 'the table is unlogged',
    edit: { file: SQL, find: 'CREATE TABLE positions (', replace: 'CREATE UNLOGGED TABLE positions (' },
    rule: 'TABLE_UNLOGGED',
  },
  {
    name: 'a default takes the local time',
    edit: { file: SQL, find: "DEFAULT (now() AT TIME ZONE 'utc')", replace: 'DEFAULT now()' },
    rule: 'DEFAULT_LOCAL_TIME',
  },
  {
    name: 'a column is generated',
    edit: {
      file: SQL,
      find: 'position_index    INTEGER        NOT NULL',
      replace: 'position_index    INTEGER        GENERATED ALWAYS AS IDENTITY',
    },
    rule: 'COLUMN_GENERATED',
  },
  {
    name: 'the offset column goes',
    edit: { file: SQL, find: 'kafka_offset      BIGINT\n', replace: 'kafka_offset      INTEGER\n' },
    rule: 'TRACE_COLUMNS',
  },
  {
    name: 'a column of the upsert key may be NULL',
    edit: {
      file: SQL,
      find: 'signature         VARCHAR(88) COLLATE "C" NOT NULL',
      replace: 'signature         VARCHAR(88) COLLATE "C"',
    },
    rule: 'UPSERT_KEY_NULL',
  },
  {
    name: 'a migration is put before one that has landed',
    edit: newMigration('CREATE TABLE notes (id INTEGER);', '0000'),
    rule: 'MIGRATION_ORDER',
    at: { file: 'migrations/0000_change.sql', line: '-- Up Migration' },
  },
  {
    name: 'a migration that has landed is edited',
    edit: { file: SQL, find: 'CREATE INDEX idx_signature ON', replace: 'CREATE INDEX idx_signatures ON' },
    rule: 'MIGRATION_EDITED',
  },
  {
    name: 'a statement does not run',
    edit: newMigration('ALTER TABLE positionz ADD COLUMN venue TEXT;'),
    rule: 'MIGRATION_FAILS',
  },
  {
    name: 'a step cannot be run again after it was interrupted',
    edit: newMigration('-- Step: a table\nCREATE TABLE venues (name TEXT);'),
    rule: 'MIGRATION_FAILS',
    says: /a step that was interrupted is run again, and this one cannot be: relation "venues" already exists/,
  },
  {
    name: 'a trigger drops rows',
    edit: newMigration(
      `CREATE FUNCTION only_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.status = 'Open' THEN NEW END; END $$;
CREATE TRIGGER positions_only_open BEFORE INSERT ON positions FOR EACH ROW EXECUTE FUNCTION only_open();`,
    ),
    rule: 'TABLE_TRIGGER',
    at: { file: CHANGE, line: 'CREATE TRIGGER positions_only_open' },
  },
  {
    name: 'a trigger changes rows',
    edit: newMigration(
      `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.symbol := lower(NEW.symbol); RETURN NEW; END $$;
CREATE TRIGGER positions_shout BEFORE INSERT OR UPDATE ON positions FOR EACH ROW EXECUTE FUNCTION shout();`,
    ),
    rule: 'TABLE_TRIGGER',
    at: { file: CHANGE, line: 'CREATE TRIGGER positions_shout' },
  },
  {
    name: 'the trigger that keeps the newest delivery is dropped',
    edit: newMigration('DROP TRIGGER positions_keep_newest_delivery ON positions;'),
    rule: 'TABLE_TRIGGER',
  },
  {
    name: 'the trigger that keeps the newest delivery is disabled',
    edit: newMigration('ALTER TABLE positions DISABLE TRIGGER positions_keep_newest_delivery;'),
    rule: 'TABLE_TRIGGER',
  },
  {
    name: 'the trigger that keeps the newest delivery fires for some rows only',
    edit: {
      file: SQL,
      find: 'WHEN ((NEW.kafka_partition = OLD.kafka_partition AND',
      replace: "WHEN ((NEW.status = 'Open' AND NEW.kafka_partition = OLD.kafka_partition AND",
    },
    rule: 'TABLE_TRIGGER',
    at: { file: SQL, line: 'CREATE TRIGGER positions_keep_newest_delivery' },
  },
  {
    name: 'the function that keeps the newest delivery drops every correction, as it once did',
    edit: {
      file: SQL,
      find: 'NEW.kafka_offset < OLD.kafka_offset THEN',
      replace: 'NEW.kafka_offset <= OLD.kafka_offset THEN',
    },
    rule: 'TABLE_FUNCTION',
    at: { file: SQL, line: 'CREATE FUNCTION keep_newest_delivery()' },
  },
  {
    name: 'a rule sends rows elsewhere',
    edit: newMigration('CREATE RULE positions_away AS ON INSERT TO positions DO INSTEAD NOTHING;'),
    rule: 'TABLE_RULE',
  },
  {
    name: 'a rule does more than a row asks for',
    edit: newMigration('CREATE RULE positions_told AS ON INSERT TO positions DO ALSO NOTIFY positions;'),
    rule: 'TABLE_RULE',
  },
  {
    name: 'a policy refuses rows',
    edit: newMigration(
      "ALTER TABLE positions ENABLE ROW LEVEL SECURITY;\nCREATE POLICY longs ON positions USING (side = 'Long');",
    ),
    rule: 'ROW_SECURITY',
    at: { file: CHANGE, line: 'CREATE POLICY longs' },
  },
  {
    name: 'row security without a policy refuses every row',
    edit: newMigration('ALTER TABLE positions FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY;'),
    rule: 'ROW_SECURITY',
  },
  {
    name: 'an exclusion constraint refuses rows',
    edit: newMigration('ALTER TABLE positions ADD CONSTRAINT one_at_a_time EXCLUDE USING btree (owner WITH =);'),
    rule: 'ROW_CONSTRAINT',
  },
  {
    name: 'a column that nothing fills is of a domain that refuses NULL',
    edit: newMigration('CREATE DOMAIN venue AS TEXT NOT NULL;\nALTER TABLE positions ADD COLUMN venue venue;'),
    rule: 'ROW_CONSTRAINT',
    at: { file: CHANGE, line: 'ADD COLUMN venue venue' },
  },
  {
    name: 'there are group roles, and nothing is granted to them',
    edit: newMigration(
      `CREATE FUNCTION group_role(purpose TEXT) RETURNS TEXT LANGUAGE sql STABLE AS $$ SELECT 'contract_' || purpose $$;`,
    ),
    rule: 'SINK_RIGHTS',
    also: ['READER_RIGHTS', 'READER_RIGHTS'],
    at: { file: SQL, line: 'CREATE TABLE positions' },
    says: /lacks SELECT, INSERT, UPDATE, USAGE of the sequences on positions; SELECT grant_stream_rights\('public.positions', '\{public.current_positions\}'\)/,
  },
  {
    name: 'the group role of readers may not see the view',
    edit: newMigration(`CREATE FUNCTION group_role(purpose TEXT) RETURNS TEXT LANGUAGE sql STABLE AS $$ SELECT 'contract_' || purpose $$;
DO $$ BEGIN CREATE ROLE contract_sink; CREATE ROLE contract_reader; END $$;
GRANT SELECT, INSERT, UPDATE ON positions TO contract_sink;
GRANT USAGE ON SEQUENCE positions_id_seq TO contract_sink;
GRANT SELECT ON positions TO contract_reader;`),
    rule: 'READER_RIGHTS',
    at: { file: SQL, line: 'CREATE VIEW current_positions' },
  },
  {
    name: 'the owner may no longer insert',
    edit: newMigration('REVOKE INSERT ON positions FROM CURRENT_USER;'),
    rule: 'TABLE_PRIVILEGE',
  },
];
