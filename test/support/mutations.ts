/** One edit of one file of test/fixtures/contract: `find` stands there exactly once. An empty `find` makes a new file. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** An edit that the check must catch. */
export interface Mutation {
  /** What the edit does, in words. */
  readonly name: string;
  readonly edit: Edit;
  readonly rule: string;
  /** Where it is caught; by default on the edited line. The text that the line holds after the edit, or before it when it is unedited. */
  readonly at?: { readonly file: string; readonly line: string };
}

export const PROTO = 'schemas/position-update.proto';
export const AVSC = 'schemas/position-update.avsc';
export const DEFINITION = 'connectors/positions.yaml';
export const SQL = 'migrations/0001_positions.sql';
export const ENVIRONMENTS = 'connect.yaml';

const sinkSetting = (setting: string): Edit => ({
  file: DEFINITION,
  find: 'sink:\n  name: positions-sink\n',
  replace: `sink:\n  name: positions-sink\n  config:\n    ${setting}\n`,
});
/** Shared by the harmless ones that make a view anew: they cannot be deployed together. */
const VIEWS_CHANGE = '9002';
/** The other harmless ones have numbers of their own, so that they can. */
const newMigration = (sql: string, number = '9001'): Edit => ({
  file: `migrations/${number}_change.sql`,
  find: '',
  replace: `-- Up Migration\n\n${sql}\n\n-- Down Migration\n\nSELECT 1;\n`,
});
const field = (json: string): Edit => ({
  file: AVSC,
  find: '"doc": "What happened." }\n',
  replace: `"doc": "What happened." },\n    ${json}\n`,
});

/** Edits of the proto. */
const protoMutations: readonly Mutation[] = [
  {
    name: 'a field is renamed',
    edit: { file: PROTO, find: 'string entry_price = 10;', replace: 'string entry_cost = 10;' },
    rule: 'PROTO_FIELD_UNUSED',
  },
  {
    name: 'a renamed field leaves its Avro field without a source',
    edit: { file: PROTO, find: 'string margin = 12;', replace: 'string collateral = 12;' },
    rule: 'AVRO_FIELD_UNFED',
    at: { file: AVSC, line: '"name": "margin"' },
  },
  {
    name: 'a field is dropped',
    edit: { file: PROTO, find: '  string funding_accrued = 16;\n', replace: '' },
    rule: 'AVRO_FIELD_UNFED',
    at: { file: AVSC, line: '"name": "funding_accrued"' },
  },
  {
    name: 'an amount becomes a double',
    edit: { file: PROTO, find: 'string mark_price = 11;', replace: 'double mark_price = 11;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'an amount becomes a whole number',
    edit: { file: PROTO, find: 'string size = 9;', replace: 'int64 size = 9;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'a 32-bit number becomes a 64-bit one',
    edit: { file: PROTO, find: 'uint32 leverage = 13;', replace: 'uint64 leverage = 13;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'a field becomes repeated',
    edit: { file: PROTO, find: 'string owner = 3;', replace: 'repeated string owner = 3;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'an enum becomes a number',
    edit: { file: PROTO, find: 'Side side = 8;', replace: 'int32 side = 8;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'a time loses `optional`, so an absent one is 1970',
    edit: { file: PROTO, find: 'optional int64 block_time', replace: 'int64 block_time' },
    rule: 'PROTO_PRESENCE',
  },
  {
    name: 'an enum gets a value without a word',
    edit: { file: PROTO, find: '  SIDE_SHORT = 2;\n', replace: '  SIDE_SHORT = 2;\n  SIDE_FLAT = 3;\n' },
    rule: 'ENUM_WORDS',
  },
  {
    name: 'a value of an enum is renamed',
    edit: { file: PROTO, find: 'POSITION_STATUS_LIQUIDATING = 6;', replace: 'POSITION_STATUS_REKT = 6;' },
    rule: 'ENUM_WORDS',
  },
  {
    name: 'a field number is reused for another field',
    edit: { file: PROTO, find: 'string margin = 12;', replace: 'string margin = 30;\n  string venue = 12;' },
    rule: 'FIELD_SAME_NAME',
    at: { file: PROTO, line: 'string venue = 12;' },
  },
  {
    name: 'a field number is moved',
    edit: { file: PROTO, find: 'string symbol = 7;', replace: 'string symbol = 27;' },
    rule: 'FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED',
  },
  {
    name: 'the service is renamed',
    edit: { file: PROTO, find: 'service PositionFeed {', replace: 'service PositionsFeed {' },
    rule: 'FEED_SERVICE',
    at: { file: DEFINITION, line: 'service: perps.v1.PositionFeed' },
  },
  {
    name: 'Subscribe answers with one message',
    edit: { file: PROTO, find: 'returns (stream PositionFeedMessage)', replace: 'returns (PositionFeedMessage)' },
    rule: 'FEED_SERVICE',
  },
  {
    name: 'the file does not parse',
    edit: { file: PROTO, find: 'string symbol = 7;', replace: 'string symbol 7;' },
    rule: 'FILE_INVALID',
  },
];

/** Edits of the Avro schema. */
const avroMutations: readonly Mutation[] = [
  {
    name: 'a decimal is rescaled',
    edit: { file: AVSC, find: '"precision": 38, "scale": 8', replace: '"precision": 38, "scale": 6' },
    rule: 'DECIMAL_SCALE',
  },
  {
    name: 'a decimal gets fewer digits',
    edit: { file: AVSC, find: '"precision": 38, "scale": 8', replace: '"precision": 30, "scale": 8' },
    rule: 'DECIMAL_PRECISION',
  },
  {
    name: 'a decimal becomes text',
    edit: {
      file: AVSC,
      find: '{ "type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 8 }',
      replace: '"string"',
    },
    rule: 'TYPE_FAMILY',
  },
  {
    name: 'a string may be longer than its column',
    edit: { file: AVSC, find: '"maxLength": 88', replace: '"maxLength": 96' },
    rule: 'STRING_LENGTH',
  },
  {
    name: 'a string loses its limit',
    edit: {
      file: AVSC,
      find: '"symbol", "type": "string", "minLength": 1, "maxLength": 20',
      replace: '"symbol", "type": "string", "minLength": 1',
    },
    rule: 'STRING_LENGTH',
  },
  {
    name: 'an allowed word is longer than its column',
    edit: {
      file: AVSC,
      find: '"maxLength": 10, "allowed": ["Long", "Short"]',
      replace: '"maxLength": 20, "allowed": ["Long", "Short", "Long and short"]',
    },
    rule: 'STRING_LENGTH',
  },
  {
    name: 'a small integer loses its maximum',
    edit: { file: AVSC, find: '"minimum": 0, "maximum": 32767', replace: '"minimum": 0' },
    rule: 'INTEGER_RANGE',
  },
  {
    name: 'a required field may be null',
    edit: {
      file: AVSC,
      find: '"name": "slot", "type": "long"',
      replace: '"name": "slot", "type": ["null", "long"], "default": null',
    },
    rule: 'COLUMN_NOT_NULL',
  },
  {
    name: 'a key field may be null',
    edit: {
      file: AVSC,
      find: '"signature", "type": "string"',
      replace: '"signature", "type": ["null", "string"], "default": null',
    },
    rule: 'UPSERT_KEY_FIELD',
  },
  {
    name: 'a time becomes microseconds',
    edit: { file: AVSC, find: '"timestamp-millis"', replace: '"timestamp-micros"' },
    rule: 'FIELD_TYPE',
  },
  {
    name: 'a time loses its logical type',
    edit: { file: AVSC, find: '{ "type": "long", "logicalType": "timestamp-millis" }', replace: '"long"' },
    rule: 'TYPE_FAMILY',
  },
  {
    name: 'a field is renamed',
    edit: { file: AVSC, find: '"name": "event_type"', replace: '"name": "event_kind"' },
    rule: 'COLUMN_MISSING',
  },
  {
    name: 'a field is dropped whose column is NOT NULL',
    edit: {
      file: AVSC,
      find: '    { "name": "position_index", "type": "int", "minimum": 0, "doc": "Number of the position among its owner\'s, from 0." },\n',
      replace: '',
    },
    rule: 'COLUMN_WITHOUT_FIELD',
    at: { file: SQL, line: 'position_index    INTEGER' },
  },
  {
    name: 'a field is added whose column no migration adds',
    edit: field('{ "name": "venue", "type": ["null", "string"], "default": null, "maxLength": 20, "doc": "Venue." }'),
    rule: 'COLUMN_MISSING',
    at: { file: AVSC, line: '"name": "venue"' },
  },
  {
    name: 'an allowed word has no enum value',
    edit: { file: AVSC, find: '["Long", "Short"]', replace: '["Long", "Short", "Flat"]' },
    rule: 'ENUM_WORDS',
  },
  {
    name: 'an allowed word is taken out',
    edit: { file: AVSC, find: '"Closed", "Liquidating"]', replace: '"Closed"]' },
    rule: 'ENUM_WORDS',
  },
  {
    name: 'a whole number gets an upper-case name',
    edit: { file: AVSC, find: '"name": "leverage"', replace: '"name": "Leverage"' },
    rule: 'NAME_NEEDS_QUOTES',
  },
  {
    name: 'limits contradict each other',
    edit: { file: AVSC, find: '"minLength": 1, "maxLength": 88', replace: '"minLength": 89, "maxLength": 88' },
    rule: 'FIELD_LIMITS',
  },
  {
    name: 'the file does not parse',
    edit: { file: AVSC, find: '"name": "owner", "type": "string",', replace: '"name": "owner", "type": "string"' },
    rule: 'FILE_INVALID',
  },
  {
    name: 'a namespace changes, which readers take for another record',
    edit: { file: AVSC, find: '"namespace": "perps.v1"', replace: '"namespace": "perps.v2"' },
    rule: 'NAMESPACE_CHANGED',
    at: { file: AVSC, line: '"name": "PositionUpdate"' },
  },
];

/** Edits of definition and environments. */
const yamlMutations: readonly Mutation[] = [
  {
    name: 'batches are not rewritten while the reduction buffer is on',
    edit: { file: ENVIRONMENTS, find: ':5432/perps\n', replace: ':5432/perps?reWriteBatchedInserts=false\n' },
    rule: 'REWRITE_AND_REDUCTION',
  },
  {
    name: 'a cluster of three keeps one copy',
    edit: { file: ENVIRONMENTS, find: 'replicationFactor: 3', replace: 'replicationFactor: 1' },
    rule: 'REPLICATION',
  },
  {
    name: 'a password in plain text',
    edit: {
      file: ENVIRONMENTS,
      find: "worker-user\n      databasePassword: '$",
      replace: "worker-user\n      databasePassword: 'hunter$",
    },
    rule: 'DEFINITION_INVALID',
  },
  {
    name: 'the upsert key is no unique index',
    edit: { file: DEFINITION, find: 'key: [position_account, signature]', replace: 'key: [position_account, slot]' },
    rule: 'UPSERT_KEY_INDEX',
  },
  {
    name: 'the topic is keyed by owner',
    edit: { file: DEFINITION, find: 'key: position_account', replace: 'key: owner' },
    rule: 'TOPIC_KEY',
  },
  {
    name: 'the table does not exist',
    edit: { file: DEFINITION, find: 'name: public.positions', replace: 'name: public.position' },
    rule: 'TABLE_MISSING',
  },
  {
    name: 'the view does not exist',
    edit: { file: DEFINITION, find: 'view: public.current_positions', replace: 'view: public.current_position' },
    rule: 'CURRENT_VIEW',
  },
  {
    name: 'current states are ordered by text',
    edit: { file: DEFINITION, find: 'order: slot', replace: 'order: signature' },
    rule: 'CURRENT_VIEW',
  },
  {
    name: 'partitions are added, which moves keys',
    edit: { file: DEFINITION, find: 'partitions: 4', replace: 'partitions: 8' },
    rule: 'PARTITIONS_CHANGED',
  },
  {
    name: 'retention is an hour',
    edit: { file: DEFINITION, find: 'retention.ms: 604800000', replace: 'retention.ms: 3600000' },
    rule: 'TOPIC_RETENTION',
  },
  {
    name: 'a topic setting is misspelt',
    edit: { file: DEFINITION, find: 'retention.ms: 604800000', replace: 'retension.ms: 604800000' },
    rule: 'TOPIC_SETTING',
  },
  {
    name: 'a key of the definition is misspelt',
    edit: { file: DEFINITION, find: 'batchSize: 5000', replace: 'batch_size: 5000' },
    rule: 'DEFINITION_INVALID',
  },
  {
    name: 'a batch is larger than a poll',
    edit: { file: DEFINITION, find: 'maxPollRecords: 5000', replace: 'maxPollRecords: 500' },
    rule: 'DEFINITION_INVALID',
    at: { file: DEFINITION, line: 'batchSize: 5000' },
  },
  {
    name: 'one fetch cannot fill a poll',
    edit: { file: DEFINITION, find: 'maxPartitionFetchBytes: 4194304', replace: 'maxPartitionFetchBytes: 65536' },
    rule: 'BATCH_AND_POLL',
  },
  {
    name: 'more tasks than partitions',
    edit: { file: DEFINITION, find: 'tasksMax: 2', replace: 'tasksMax: 6' },
    rule: 'DEFINITION_INVALID',
  },
  {
    name: 'the topic is compacted',
    edit: { file: DEFINITION, find: 'cleanup.policy: delete', replace: 'cleanup.policy: compact' },
    rule: 'DEFINITION_INVALID',
  },
  { name: 'UNNEST is on', edit: sinkSetting('dialect.postgres.unnest.insert.enabled: true'), rule: 'UNNEST' },
  {
    name: 'the reduction buffer is off while batches are rewritten',
    edit: sinkSetting('use.reduction.buffer: false'),
    rule: 'REWRITE_AND_REDUCTION',
  },
  {
    name: 'errors are tolerated without a dead letter topic',
    edit: sinkSetting('errors.tolerance: all'),
    rule: 'ERRORS_TOLERANCE',
  },
  {
    name: 'retriable errors end in a skipped record',
    edit: sinkSetting('errors.retry.timeout: 0'),
    rule: 'ERRORS_RETRY_TIMEOUT',
  },
  { name: 'rows are inserted, not upserted', edit: sinkSetting('insert.mode: insert'), rule: 'UPSERT_MODE' },
  { name: 'the insert mode is misspelt', edit: sinkSetting('insert.mode: upsrt'), rule: 'SETTING_VALUE' },
  {
    name: 'a connector setting is misspelt',
    edit: sinkSetting('connection.pool.maxsize: 4'),
    rule: 'SETTING_UNKNOWN',
  },
  {
    name: 'a consumer setting is misspelt',
    edit: sinkSetting('consumer.override.fetch.min.byte: 65536'),
    rule: 'SETTING_UNKNOWN',
  },
  {
    name: 'a connector setting is no number',
    edit: sinkSetting('flush.max.retries: many'),
    rule: 'SETTING_VALUE',
  },
  {
    name: 'retries outlast the poll interval',
    edit: sinkSetting('consumer.override.max.poll.interval.ms: 300000'),
    rule: 'RETRY_WINDOW',
  },
  {
    name: 'the sink does not reconnect',
    edit: sinkSetting('connection.restart.on.errors: false'),
    rule: 'RESTART_ON_ERRORS',
  },
  { name: 'the sink alters the table', edit: sinkSetting('schema.evolution: basic'), rule: 'TABLE_OWNERSHIP' },
  {
    name: 'fields are left out of the include list',
    edit: sinkSetting('field.include.list: positions:position_account,positions:signature'),
    rule: 'FIELD_INCLUDE_LIST',
  },
  {
    name: 'the table is not qualified',
    edit: sinkSetting('table.name.format: positions'),
    rule: 'TABLE_NAME_FORMAT',
  },
  {
    name: 'another converter',
    edit: sinkSetting('value.converter: org.apache.kafka.connect.json.JsonConverter'),
    rule: 'CONVERTERS',
  },
  {
    name: 'a new sink begins at the end of the topic',
    edit: sinkSetting('consumer.override.auto.offset.reset: latest'),
    rule: 'OFFSET_RESET',
  },
  {
    name: 'columns go by another naming strategy',
    edit: sinkSetting('column.naming.strategy: com.example.CamelCaseStrategy'),
    rule: 'NAMING_STRATEGY',
  },
  {
    name: 'the trace columns are no longer added',
    edit: sinkSetting("transforms: ''"),
    rule: 'TRACE_COLUMNS',
  },
  {
    name: 'a password of a setting in plain text',
    edit: sinkSetting('connection.password: hunter2'),
    rule: 'DEFINITION_INVALID',
  },
  {
    name: 'an omitted field that is part of the key',
    edit: {
      file: DEFINITION,
      find: '  name: positions-sink\n',
      replace: '  name: positions-sink\n  omit: [signature]\n',
    },
    rule: 'UPSERT_KEY_FIELD',
  },
  {
    name: 'the sink reads other topics as well',
    edit: sinkSetting('topics.regex: positions.*'),
    rule: 'ONE_TOPIC',
  },
  {
    name: 'a private key in plain text, under a name that does not give it away',
    edit: sinkSetting('consumer.override.ssl.keystore.certificate.chain: MIIEvQIBADANBg'),
    rule: 'SECRET_REFERENCE',
  },
  {
    name: 'the record key changes under the records that are there',
    edit: { file: DEFINITION, find: 'key: position_account', replace: 'key: signature' },
    rule: 'TOPIC_KEY_CHANGED',
  },
  {
    name: 'the upsert key changes under the rows that are there',
    edit: { file: DEFINITION, find: 'key: [position_account, signature]', replace: 'key: [signature]' },
    rule: 'UPSERT_KEY_CHANGED',
  },
  {
    name: 'an exception for nothing',
    edit: { file: DEFINITION, find: '  name: positions-sink\n', replace: '  name: positions-sink\n  omit: [venue]\n' },
    rule: 'DECLARED_EXCEPTION',
  },
];

/** Edits of the SQL: of a migration that has not landed (`SQL`), and new migrations. */
const sqlMutations: readonly Mutation[] = [
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
    edit: { file: SQL, find: 'signature         VARCHAR(88)    NOT NULL', replace: 'signature         VARCHAR(88)' },
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
];

/** Every edit that the check must catch, in the file and on the line that was edited unless it says otherwise. */
export const mutations: readonly Mutation[] = [...protoMutations, ...avroMutations, ...yamlMutations, ...sqlMutations];

/** An edit that is right, alone or with others that belong to it. */
export interface HarmlessChange {
  readonly name: string;
  readonly edits: readonly Edit[];
}

const optionalField = {
  proto: {
    file: PROTO,
    find: '  EventType event_type = 19;\n',
    replace: '  EventType event_type = 19;\n  optional string venue = 20;\n',
  },
  avro: field('{ "name": "venue", "type": ["null", "string"], "default": null, "maxLength": 20, "doc": "Venue." }'),
  sql: newMigration(
    `ALTER TABLE positions ADD COLUMN venue VARCHAR(20);
CREATE OR REPLACE VIEW current_positions AS
SELECT DISTINCT ON (position_account)
    position_account, position_index, owner, signature, slot, block_time, symbol, side, size, entry_price, mark_price,
    margin, leverage, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, venue
FROM positions
ORDER BY position_account, slot DESC, kafka_offset DESC NULLS LAST, id DESC;`,
    VIEWS_CHANGE,
  ),
};

/** Edits that must pass. Each class of them is also deployed for real. */
export const harmlessChanges: readonly HarmlessChange[] = [
  {
    name: 'a new optional field in all four layers',
    edits: [optionalField.sql, optionalField.avro, optionalField.proto],
  },
  {
    name: 'a comment in the proto',
    edits: [{ file: PROTO, find: 'enum Side {', replace: '// Direction.\nenum Side {' }],
  },
  { name: 'another doc text', edits: [{ file: AVSC, find: 'What happened.', replace: 'What has happened.' }] },
  { name: 'a shorter maxLength', edits: [{ file: AVSC, find: '"maxLength": 88', replace: '"maxLength": 80' }] },
  { name: 'a narrower range', edits: [{ file: AVSC, find: '"maximum": 32767', replace: '"maximum": 1000' }] },
  {
    name: 'a longer column',
    edits: [
      newMigration(
        'DROP VIEW current_positions CASCADE;\nALTER TABLE positions ALTER COLUMN signature TYPE VARCHAR(100);\nCREATE VIEW current_positions AS SELECT * FROM positions;',
        VIEWS_CHANGE,
      ),
    ],
  },
  {
    name: 'a nullable column that nothing fills',
    edits: [newMigration('ALTER TABLE positions ADD COLUMN note TEXT;', '9003')],
  },
  {
    name: 'a required column with a default',
    edits: [newMigration("ALTER TABLE positions ADD COLUMN market VARCHAR(20) NOT NULL DEFAULT 'main';", '9004')],
  },
  { name: 'an ordinary index', edits: [newMigration('CREATE INDEX by_event ON positions (event_type);', '9005')] },
  {
    name: 'a CHECK that the producer enforces already',
    edits: [
      newMigration("ALTER TABLE positions ADD CHECK (side IN ('Long', 'Short')), ADD CHECK (leverage >= 0);", '9006'),
    ],
  },
  {
    name: 'a wider unique index beside the upsert key',
    edits: [newMigration('CREATE UNIQUE INDEX wider ON positions (signature, position_account, slot);', '9007')],
  },
  {
    name: 'the columns of the upsert key in another order',
    edits: [{ file: DEFINITION, find: '[position_account, signature]', replace: '[signature, position_account]' }],
  },
  { name: 'one task', edits: [{ file: DEFINITION, find: 'tasksMax: 2', replace: 'tasksMax: 1' }] },
  { name: 'smaller batches', edits: [{ file: DEFINITION, find: 'batchSize: 5000', replace: 'batchSize: 1000' }] },
  {
    name: 'longer retention',
    edits: [{ file: DEFINITION, find: 'retention.ms: 604800000', replace: 'retention.ms: 1209600000' }],
  },
  { name: 'a setting that the consumer knows', edits: [sinkSetting('consumer.override.fetch.min.bytes: 1024')] },
  { name: 'identifiers are quoted', edits: [sinkSetting('quote.identifiers: true')] },
  // It would move values of types with a zone; a timestamp-millis has none.
  { name: 'another time zone for types with a zone', edits: [sinkSetting('use.time.zone: Asia/Tokyo')] },
  {
    name: 'a numeric without a scale, which stores what it is given',
    edits: [
      newMigration(
        'DROP VIEW current_positions CASCADE;\nALTER TABLE positions ALTER COLUMN size TYPE NUMERIC, ALTER COLUMN leverage TYPE NUMERIC(5);\nCREATE VIEW current_positions AS SELECT * FROM positions;',
        VIEWS_CHANGE,
      ),
    ],
  },
  { name: 'a larger pool', edits: [sinkSetting('connection.pool.max_size: 4')] },
  {
    name: 'undecodable records go to a dead letter topic',
    edits: [{ file: DEFINITION, find: '  tasksMax: 2\n', replace: '  tasksMax: 2\n  onUndecodable: dlq\n' }],
  },
  {
    name: 'a feed field that is ignored on purpose',
    edits: [
      {
        file: PROTO,
        find: '  EventType event_type = 19;\n',
        replace: '  EventType event_type = 19;\n  uint64 sequence = 21;\n',
      },
      {
        file: DEFINITION,
        find: '  service: perps.v1.PositionFeed\n',
        replace: '  service: perps.v1.PositionFeed\n  ignore: [sequence]\n',
      },
    ],
  },
  {
    name: 'a field that is not written on purpose',
    edits: [
      optionalField.proto,
      optionalField.avro,
      { file: DEFINITION, find: '  name: positions-sink\n', replace: '  name: positions-sink\n  omit: [venue]\n' },
    ],
  },
];
