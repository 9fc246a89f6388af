import { DEFINITION, ENVIRONMENTS, feedLine, type Mutation, SQL, sinkSetting, withRollup } from './edit.ts';

/** Edits of definition and environments. */
export const definitionMutations: readonly Mutation[] = [
  {
    name: 'a path is misspelt',
    edit: feedLine('fields: { sied: side }'),
    rule: 'MAPPING_PATH',
    also: ['MAPPING_TARGET'],
    says: /sied is no field of perps\.v1\.PositionUpdate; did you mean "side"/,
  },
  {
    name: 'a method is misspelt',
    edit: feedLine('method: Subscrib\n  position: { kind: none }'),
    rule: 'FEED_METHOD',
    at: { file: DEFINITION, line: 'method: Subscrib' },
    says: /no method Subscrib; did you mean "Subscribe"/,
  },
  {
    name: 'a constant is for no field',
    edit: feedLine("constants: { sizes: '1' }"),
    rule: 'MAPPING_TARGET',
  },
  {
    name: 'text is to be written as hex',
    edit: feedLine('fields: { owner: { to: owner, text: hex } }'),
    rule: 'MAPPING_CONVERSION',
  },
  {
    name: 'a constant is no number',
    edit: feedLine('constants: { leverage: x }'),
    rule: 'MAPPING_CONSTANT',
    also: ['MAPPING_TARGET'],
  },
  {
    name: 'batches are not rewritten while the reduction buffer is on',
    edit: { file: ENVIRONMENTS, find: ':5432/perps\n', replace: ':5432/perps?reWriteBatchedInserts=false\n' },
    rule: 'REWRITE_AND_REDUCTION',
  },
  {
    name: 'the database may be silent for ever',
    edit: { file: ENVIRONMENTS, find: ':5432/perps\n', replace: ':5432/perps?socketTimeout=0\n' },
    rule: 'SOCKET_TIMEOUT',
  },
  {
    name: 'the database may be silent for longer than the poll interval allows',
    edit: { file: ENVIRONMENTS, find: ':5432/perps\n', replace: ':5432/perps?socketTimeout=300\n' },
    rule: 'RETRY_WINDOW',
  },
  {
    name: 'a slow commit is broken off',
    edit: { file: ENVIRONMENTS, find: ':5432/perps\n', replace: ':5432/perps?socketTimeout=5\n' },
    rule: 'SOCKET_TIMEOUT',
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
    name: 'the rollup does not exist',
    edit: withRollup({ table: 'public.position_days' }),
    rule: 'FOLD',
    also: Array(5).fill('TABLE_TRIGGER'),
    at: { file: DEFINITION, line: 'table: public.position_days' },
  },
  {
    name: "the rollup's source does not exist",
    edit: withRollup({ source: 'public.history' }),
    rule: 'FOLD',
    at: { file: DEFINITION, line: 'source: public.history' },
  },
  {
    name: 'the rollup has other columns than its source',
    edit: withRollup({ source: 'public.user_statistics' }),
    rule: 'FOLD',
    also: ['FOLD'],
    at: { file: SQL, line: 'CREATE VIEW user_statistics' },
  },
  {
    name: "the rollup's identity is no column",
    edit: withRollup({ identity: 'position' }),
    rule: 'FOLD',
    at: { file: DEFINITION, line: 'identity: position ' },
  },
  {
    name: 'current states are ordered by text',
    edit: { file: DEFINITION, find: 'order: slot', replace: 'order: signature' },
    rule: 'CURRENT_VIEW',
  },
  {
    name: 'updates are numbered by a field that does not number them',
    edit: { file: DEFINITION, find: 'order: slot', replace: 'order: slot\n    ordinal: slot' },
    rule: 'ORDINAL',
    also: ['TABLE_TRIGGER'],
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
    edit: { file: DEFINITION, find: 'batchSize: 1000', replace: 'batch_size: 1000' },
    rule: 'DEFINITION_INVALID',
  },
  {
    name: 'a batch is larger than a poll',
    edit: { file: DEFINITION, find: 'maxPollRecords: 1000', replace: 'maxPollRecords: 500' },
    rule: 'DEFINITION_INVALID',
    at: { file: DEFINITION, line: 'batchSize: 1000' },
  },
  {
    name: 'one fetch cannot fill a poll',
    edit: { file: DEFINITION, find: 'maxPartitionFetchBytes: 1048576', replace: 'maxPartitionFetchBytes: 65536' },
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
    name: 'fields are left out of the selection',
    edit: sinkSetting('transforms.only.include: position_account,signature'),
    rule: 'WRITTEN_FIELDS',
  },
  {
    name: 'no transform selects the fields',
    edit: sinkSetting('transforms: trace'),
    rule: 'WRITTEN_FIELDS',
  },
  {
    name: 'the sink selects the fields by itself',
    edit: sinkSetting('field.include.list: positions:position_account,positions:signature'),
    rule: 'WRITTEN_FIELDS',
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
    also: ['WRITTEN_FIELDS'],
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
    rule: 'DEFINITION_INVALID',
  },
  {
    name: 'a login in plain text among the headers of the registry',
    edit: sinkSetting("value.converter.apicurio.registry.request.headers.x-api: 'hunter2'"),
    rule: 'DEFINITION_INVALID',
  },
  {
    name: 'a password in the middle of another setting',
    edit: sinkSetting("consumer.override.client.rack: 'a password=hunter2'"),
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
