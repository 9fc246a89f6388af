import {
  AVSC,
  allowing,
  DEFINITION,
  type Edit,
  ENVIRONMENTS,
  field,
  jdbcParameter,
  newMigration,
  PROTO,
  sinkSetting,
  topicSetting,
  transform,
  VIEWS_CHANGE,
  withRollup,
} from './edit.ts';

const KAFKA = 'org.apache.kafka.connect.transforms';

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
  {
    name: 'an index built beside the writers, as a step',
    edits: [
      newMigration('-- Step: by side\nCREATE INDEX CONCURRENTLY IF NOT EXISTS by_side ON positions (side);', '9014'),
    ],
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
  {
    name: 'an event is told in a header',
    edits: [transform(`${KAFKA}.InsertHeader`, 'header: source', 'value.literal: feed')],
  },
  { name: 'headers are dropped', edits: [transform(`${KAFKA}.DropHeaders`, 'headers: source')] },
  {
    name: 'the fetch size, types, and search path of the driver',
    edits: [jdbcParameter('defaultRowFetchSize=500&stringtype=unspecified&currentSchema=public')],
  },
  {
    name: 'two hosts, of which the package takes the primary',
    edits: [
      {
        file: ENVIRONMENTS,
        find: 'jdbc:postgresql://db.internal:5432/perps\n',
        replace: 'jdbc:postgresql://db-1.internal:5432,db-2.internal:5432/perps\n',
      },
    ],
  },
  {
    name: 'session settings that change plans and logs only',
    edits: [jdbcParameter('options=-c%20work_mem=8MB%20-c%20idle_in_transaction_session_timeout=10min')],
  },
  { name: 'Hibernate counts', edits: [sinkSetting('hibernate.generate_statistics: true')] },
  {
    name: 'only committed records are read, which all of ours are',
    edits: [sinkSetting('consumer.override.isolation.level: read_committed')],
  },
  { name: 'a topic compressed by the broker', edits: [topicSetting('compression.type: gzip')] },
  { name: 'records stamped by the broker', edits: [topicSetting('message.timestamp.type: LogAppendTime')] },
  { name: 'a smaller limit that every record keeps', edits: [topicSetting('max.message.bytes: 65536')] },
  {
    name: 'a transform that is allowed by name',
    edits: [transform(`${KAFKA}.SetSchemaMetadata$Value`, "schema.version: '7'"), allowing('transform: more')],
  },
  {
    name: 'a trigger that keeps people from deleting history',
    edits: [
      newMigration(
        `CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'history stays'; END $$;
CREATE TRIGGER positions_keep_history BEFORE DELETE ON positions FOR EACH ROW EXECUTE FUNCTION keep_history();`,
        '9008',
      ),
    ],
  },
  {
    name: 'a trigger that is disabled',
    edits: [
      newMigration(
        `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
CREATE TRIGGER positions_refuse BEFORE INSERT ON positions FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE positions DISABLE TRIGGER positions_refuse;`,
        '9009',
      ),
    ],
  },
  {
    name: 'an audit trigger that is allowed by name',
    edits: [
      newMigration(
        `CREATE TABLE audit (at TIMESTAMP, signature TEXT);
CREATE FUNCTION note_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE format('INSERT INTO %I.audit VALUES (now(), $1)', TG_TABLE_SCHEMA) USING NEW.signature; RETURN NULL; END $$;
CREATE TRIGGER positions_audit AFTER INSERT ON positions FOR EACH ROW EXECUTE FUNCTION note_audit();`,
        '9010',
      ),
      allowing('trigger: positions_audit'),
    ],
  },
  {
    name: 'a rule for deletions, and the right to read for everybody',
    edits: [
      newMigration(
        'CREATE RULE positions_stay AS ON DELETE TO positions DO INSTEAD NOTHING;\nGRANT SELECT ON positions TO PUBLIC;',
        '9011',
      ),
    ],
  },
  {
    name: 'policies that wait to be switched on',
    edits: [newMigration("CREATE POLICY longs ON positions USING (side = 'Long');", '9012')],
  },
  {
    name: 'a domain without conditions on a column that nothing fills',
    edits: [newMigration('CREATE DOMAIN remark AS TEXT;\nALTER TABLE positions ADD COLUMN remark remark;', '9013')],
  },
];
