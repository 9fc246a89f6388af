import {
  AVSC,
  DEFINITION,
  type Edit,
  field,
  newMigration,
  PROTO,
  sinkSetting,
  VIEWS_CHANGE,
  withRollup,
} from './edit.ts';

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
  { name: 'a rollup that agrees with its source', edits: [withRollup({})] },
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
  { name: 'smaller batches', edits: [{ file: DEFINITION, find: 'batchSize: 1000', replace: 'batchSize: 700' }] },
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
