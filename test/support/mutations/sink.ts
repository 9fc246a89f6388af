import {
  allowing,
  DEFINITION,
  ENVIRONMENTS,
  jdbcParameter,
  type Mutation,
  sinkSetting,
  topicSetting,
  transform,
} from './edit.ts';

const KAFKA = 'org.apache.kafka.connect.transforms';

/** Edits of what stands between the producer and the table: topic settings, clients, transforms, URL and session. */
export const sinkMutations: readonly Mutation[] = [
  {
    name: 'records are filtered',
    edit: transform(`${KAFKA}.Filter`),
    rule: 'TRANSFORM',
  },
  {
    name: 'records are routed to another topic',
    edit: transform(`${KAFKA}.RegexRouter`, 'regex: (.*)', 'replacement: other'),
    rule: 'TRANSFORM',
  },
  {
    name: 'records are routed by their time',
    edit: transform(`${KAFKA}.TimestampRouter`),
    rule: 'TRANSFORM',
  },
  {
    name: 'a field is masked',
    edit: transform(`${KAFKA}.MaskField$Value`, 'fields: owner'),
    rule: 'TRANSFORM',
  },
  {
    name: 'a field is cast to a narrower type',
    edit: transform(`${KAFKA}.Cast$Value`, 'spec: leverage:boolean'),
    rule: 'TRANSFORM',
  },
  {
    name: 'the value becomes a field',
    edit: transform(`${KAFKA}.HoistField$Value`, 'field: value'),
    rule: 'TRANSFORM',
  },
  {
    name: "a transform of the user's own",
    edit: transform('com.example.Enrich'),
    rule: 'TRANSFORM',
    also: ['SETTING_VALUE'],
  },
  {
    name: 'fields are renamed',
    edit: sinkSetting('transforms.only.renames: size:margin,margin:size'),
    rule: 'TRANSFORM',
  },
  {
    name: 'the trace columns depend on a predicate',
    edit: sinkSetting(
      "predicates: tomb\n    predicates.tomb.type: org.apache.kafka.connect.transforms.predicates.RecordIsTombstone\n    transforms.trace.predicate: 'tomb'",
    ),
    rule: 'TRANSFORM',
  },
  {
    name: 'records are taken for CloudEvents',
    edit: sinkSetting("cloud.events.schema.name.pattern: '.*'"),
    rule: 'TRANSFORM',
  },
  {
    name: 'the table is named by another format',
    edit: sinkSetting('collection.table.format: other'),
    rule: 'TABLE_NAME_FORMAT',
  },
  {
    name: 'the sink is read-only by its URL',
    edit: jdbcParameter('readOnly=true'),
    rule: 'JDBC_URL',
  },
  {
    name: 'the sink writes to a standby',
    edit: jdbcParameter('targetServerType=secondary'),
    rule: 'JDBC_URL',
  },
  {
    name: 'several hosts, any of which may be a standby',
    edit: {
      file: 'connect.yaml',
      find: 'jdbc:postgresql://db.internal:5432/perps',
      replace: 'jdbc:postgresql://db-1.internal:5432,db-2.internal:5432/perps?targetServerType=any',
    },
    rule: 'JDBC_URL',
  },
  {
    name: 'the URL names another database beside its path',
    edit: jdbcParameter('PGDBNAME=other'),
    rule: 'JDBC_URL',
  },
  {
    name: 'statements carry their values as text',
    edit: jdbcParameter('preferQueryMode=simple'),
    rule: 'JDBC_URL',
  },
  {
    name: 'a parameter of the URL is misspelt',
    edit: jdbcParameter('conectTimeout=5'),
    rule: 'JDBC_URL',
  },
  {
    name: 'the session is read-only',
    edit: jdbcParameter('options=-c%20default_transaction_read_only=on'),
    rule: 'SESSION_SETTING',
  },
  {
    name: 'the session is serializable',
    edit: jdbcParameter('options=-c%20default_transaction_isolation=serializable'),
    rule: 'SESSION_SETTING',
  },
  {
    name: 'a statement that waits is cancelled',
    edit: jdbcParameter('options=--statement-timeout=200ms'),
    rule: 'SESSION_SETTING',
  },
  {
    name: 'triggers do not fire in the session',
    edit: jdbcParameter('options=-c%20session_replication_role=replica'),
    rule: 'SESSION_SETTING',
  },
  {
    name: 'commits are not durable',
    edit: jdbcParameter('options=-c%20synchronous_commit=off'),
    rule: 'SESSION_SETTING',
  },
  {
    name: 'connections come with auto-commit by Hibernate',
    edit: sinkSetting('hibernate.connection.autocommit: true'),
    rule: 'HIBERNATE_SETTING',
  },
  {
    name: 'Hibernate speaks another dialect',
    edit: sinkSetting('hibernate.dialect: org.hibernate.dialect.MySQLDialect'),
    rule: 'HIBERNATE_SETTING',
  },
  {
    name: 'an interceptor sees the records first',
    edit: sinkSetting('consumer.override.interceptor.classes: com.example.Sampler'),
    rule: 'CLIENT_SETTING',
  },
  {
    name: 'any certificate passes for that of a broker',
    edit: sinkSetting("consumer.override.ssl.endpoint.identification.algorithm: ''"),
    rule: 'CLIENT_SETTING',
  },
  {
    name: "the worker's login goes to a class of somebody",
    edit: sinkSetting('admin.override.sasl.login.callback.handler.class: com.example.Handler'),
    rule: 'CLIENT_SETTING',
  },
  {
    name: 'the login goes over an unencrypted connection',
    edit: sinkSetting('producer.override.security.protocol: SASL_PLAINTEXT'),
    rule: 'CLIENT_SETTING',
  },
  {
    name: 'the consumer commits by itself',
    edit: sinkSetting('consumer.override.enable.auto.commit: true'),
    rule: 'CLIENT_SETTING',
  },
  {
    name: 'the consumer decodes before the converter',
    edit: sinkSetting('consumer.override.value.deserializer: org.apache.kafka.common.serialization.StringDeserializer'),
    rule: 'CLIENT_SETTING',
  },
  {
    name: 'all tasks are one member of the group',
    edit: sinkSetting('consumer.override.group.instance.id: sink'),
    rule: 'CLIENT_SETTING',
  },
  {
    name: 'dead-letter records are sent without an answer',
    edit: sinkSetting('producer.override.acks: 0'),
    rule: 'CLIENT_SETTING',
  },
  {
    name: 'the workers of MSK Connect let damaged records pass',
    edit: {
      file: ENVIRONMENTS,
      find: "    connect: { target: rest, url: 'http://connect.internal:8083' }\n",
      replace: `    connect:
      target: msk
      region: eu-central-1
      brokers: ['b-1.perps.example.com:9098']
      role: arn:aws:iam::123456789012:role/perps-connect
      subnets: [subnet-0a1b2c3d4e5f6a7b8]
      securityGroups: [sg-0a1b2c3d4e5f6a7b8]
      capacity: { provisioned: { workerCount: 1 } }
      plugin: { bucket: perps-plugins }
      workerConfiguration:
        config.providers: env
        config.providers.env.class: org.apache.kafka.common.config.provider.EnvVarConfigProvider
        consumer.check.crcs: false
`,
    },
    rule: 'CLIENT_SETTING',
  },
  {
    name: 'the topic takes smaller records only',
    edit: topicSetting('max.message.bytes: 300'),
    rule: 'TOPIC_RISK',
  },
  {
    name: 'the topic refuses records that had to wait',
    edit: topicSetting('message.timestamp.before.max.ms: 1000'),
    rule: 'TOPIC_RISK',
  },
  {
    name: 'a copy without all records may lead',
    edit: topicSetting('unclean.leader.election.enable: true'),
    rule: 'TOPIC_RISK',
  },
  {
    name: 'the topic is compressed as no command here reads it',
    edit: topicSetting('compression.type: zstd'),
    rule: 'TOPIC_RISK',
  },
  {
    name: 'a write needs every copy',
    edit: topicSetting('min.insync.replicas: 3'),
    rule: 'REPLICATION',
    also: ['REPLICATION'],
  },
  {
    name: 'an allowance for nothing',
    edit: allowing('transform: mask'),
    rule: 'DECLARED_EXCEPTION',
  },
  {
    name: 'an allowance that names two things',
    edit: allowing('transform: mask, trigger: audit'),
    rule: 'DEFINITION_INVALID',
    at: { file: DEFINITION, line: 'transform: mask, trigger: audit' },
  },
];
