import { deadLetterTopic, traceColumns } from '../../pipeline/names.ts';
import type { Environment, StreamDefinition } from '../../pipeline/types.ts';
import { apicurioConverter } from './apicurio-converter.ts';
import { confluentConverter } from './confluent-converter.ts';
import { type SinkSetting, set } from './sink-setting.ts';

/** What a sink's configuration is made from. `fields` are the names of the Avro fields, which are the table's columns. */
export interface SinkInput {
  readonly stream: StreamDefinition;
  readonly environment: Environment;
  readonly fields: readonly string[];
}

export const CONNECTOR_CLASS = 'io.debezium.connector.jdbc.JdbcSinkConnector';

/** An outage of PostgreSQL that the sink waits out by itself: 60 tries, 5 s apart, each at most 5 s long. */
const FLUSH_RETRIES = 60;
const FLUSH_RETRY_DELAY_MS = 5_000;
const CONNECT_TIMEOUT_S = 5;
/**
 * How long PostgreSQL may be silent in the middle of a statement: hundreds of times the longest statement of a sink, and no longer
 * than a fail-over takes, or a server that has vanished holds the task when the next one is there. Then the task FAILED, which
 * somebody sees: the sink tries again only what went wrong between statements.
 */
const SOCKET_TIMEOUT_S = 60;
/** Longer than the waits above together (660 s), or the group would take the partitions away in the middle. */
const MAX_POLL_INTERVAL_MS = 900_000;
/** As often as the producer looks at the number of partitions. */
const METADATA_AGE_MS = 30_000;

/**
 * The configuration of Debezium's JDBC sink 3.6 with the environment's Avro converter, in a fixed order.
 * Every key of that connector is spelled in this file: another sink is another file beside it.
 */
export function debeziumJdbcSettings(input: SinkInput): SinkSetting[] {
  return [
    ...connector(input),
    ...converters(input),
    ...transforms(input),
    ...database(input),
    ...writing(input),
    ...polling(input),
    ...failing(input),
  ];
}

function connector({ stream }: SinkInput): SinkSetting[] {
  return [
    set('name', stream.sink.name, 'offsets live under this name, in consumer group connect-<name>'),
    set('connector.class', CONNECTOR_CLASS, 'Apache-2.0, on Maven Central, runs on Java 17'),
    set('tasks.max', stream.sink.tasksMax, 'while one task waits for PostgreSQL another decodes'),
    set('topics', stream.topic.name, 'one connector for each stream, so streams fail and are deployed apart'),
  ];
}

function converters({ environment: { worker } }: SinkInput): SinkSetting[] {
  return [
    set(
      'key.converter',
      'org.apache.kafka.connect.storage.StringConverter',
      "the key is text and the sink does not read it; set here because the worker's default may differ",
    ),
    ...(worker.converter === 'apicurio' ? apicurioConverter(worker) : confluentConverter(worker)),
  ];
}

function transforms({ fields }: SinkInput): SinkSetting[] {
  const only = 'transforms.only';
  const trace = 'transforms.trace';
  return [
    set('transforms', 'only,trace', 'the fields the table knows, and which record each row came from'),
    set(`${only}.type`, 'org.apache.kafka.connect.transforms.ReplaceField$Value', "Connect's own transform"),
    set(
      `${only}.include`,
      fields.join(','),
      'a field that the table lacks fails the task; new fields are written only once they are deployed. Not by field.include.list: the sink takes that list apart again for every field of every record, two thirds of its processor time',
    ),
    set(
      `${trace}.type`,
      'org.apache.kafka.connect.transforms.InsertField$Value',
      "Connect's own transform; no measurable cost",
    ),
    set(`${trace}.partition.field`, traceColumns.partition, 'leads from a row back to its record'),
    set(
      `${trace}.offset.field`,
      traceColumns.offset,
      'decides which row is newer within a slot; ids do not, because the reduction buffer reorders a batch',
    ),
  ];
}

function database({ stream, environment }: SinkInput): SinkSetting[] {
  const { databaseUrl, databaseUser, databasePassword } = environment.worker;
  const isVerified = /[?&]sslmode=verify-/.test(databaseUrl);
  const parameters = {
    ApplicationName: stream.sink.name,
    // Sends a batch as statements of up to 128 rows instead of one each.
    reWriteBatchedInserts: 'true',
    connectTimeout: String(CONNECT_TIMEOUT_S),
    // A frozen server still takes connections, and then says nothing.
    loginTimeout: String(CONNECT_TIMEOUT_S),
    socketTimeout: String(SOCKET_TIMEOUT_S),
    // A server that takes no writes counts as one that is away, which is waited for: a standby after a fail-over, read-only mode.
    targetServerType: 'primary',
    tcpKeepAlive: 'true',
    // Whoever answers in PostgreSQL's place would only have to ask.
    ...(isVerified || environment.database.insecure ? {} : { requireAuth: '!password' }),
  };
  return [
    set(
      'connection.url',
      withParameters(databaseUrl, parameters),
      'reWriteBatchedInserts sends up to 128 rows in one statement, safe only together with use.reduction.buffer; without socketTimeout a frozen database holds a task in RUNNING for ever',
    ),
    set('connection.username', databaseUser, 'the user the worker writes as'),
    set('connection.password', databasePassword, 'a reference; the worker resolves it with its config providers'),
    set('connection.pool.min_size', 1, 'a task uses one connection; the default keeps 5 open for each'),
    set('connection.pool.max_size', 2, 'one to write with and one to replace it'),
    set(
      'hibernate.dialect',
      'org.hibernate.dialect.PostgreSQLDialect',
      'a task that cannot connect says why; left to find out for itself, Hibernate only says that it could not',
    ),
    set('connection.restart.on.errors', true, 'without it a broken connection fails the task at the first error'),
    set(
      'flush.max.retries',
      FLUSH_RETRIES,
      'waits out 5 minutes without PostgreSQL, unless it went away in the middle of a statement',
    ),
    set('flush.retry.delay.ms', FLUSH_RETRY_DELAY_MS, 'a restart of PostgreSQL takes seconds'),
  ];
}

function writing({ stream }: SinkInput): SinkSetting[] {
  const { table, sink } = stream;
  return [
    set('collection.name.format', table.name, 'schema-qualified, or the table is looked for on the search path'),
    set('insert.mode', 'upsert', 'records are delivered at least once; a second delivery must not add a row'),
    set('primary.key.mode', 'record_value', 'the upsert key stands in the value'),
    set('primary.key.fields', table.key.join(','), 'the columns of a unique index of the table'),
    set('schema.evolution', 'none', 'migrations own the table, not the sink'),
    set('delete.enabled', false, 'the table is a history: nothing is deleted, a tombstone is skipped'),
    set('quote.identifiers', false, 'names are lower case'),
    set('use.time.zone', 'UTC', "times are UTC whatever the worker's zone"),
    set(
      'use.reduction.buffer',
      true,
      'two records of one key in one rewritten statement are SQLSTATE 21000; the buffer keeps the later one',
    ),
    set(
      'dialect.postgres.unnest.insert.enabled',
      false,
      "UNNEST drops milliseconds and shifts times by the JVM's zone, without an error",
    ),
    set(
      'batch.size',
      sink.batchSize,
      'each batch costs the same few catalog queries; past a thousand rows they no longer show',
    ),
  ];
}

function polling({ stream: { sink } }: SinkInput): SinkSetting[] {
  const consumer = 'consumer.override';
  return [
    set(`${consumer}.auto.offset.reset`, 'earliest', 'a new sink starts with the first record, not with the next one'),
    set(
      `${consumer}.max.poll.records`,
      sink.maxPollRecords,
      'caps the batch; the default of 500 pays twice as often for what a put costs',
    ),
    set(
      `${consumer}.max.partition.fetch.bytes`,
      sink.maxPartitionFetchBytes,
      'caps the poll; a full one from one partition must fit',
    ),
    set(
      `${consumer}.metadata.max.age.ms`,
      METADATA_AGE_MS,
      'partitions that are added are read within this time; the default is five minutes',
    ),
    set(
      `${consumer}.max.poll.interval.ms`,
      MAX_POLL_INTERVAL_MS,
      'longer than flush.max.retries can take, or the group takes the partitions away meanwhile',
    ),
  ];
}

function failing({ stream, environment }: SinkInput): SinkSetting[] {
  const always = [
    set(
      'errors.retry.timeout',
      -1,
      "a converter's retriable error that outlives this time skips the record on older workers, even with tolerance none",
    ),
    set('errors.retry.delay.max.ms', 10_000, 'goes on soon after the registry is back'),
    set('errors.log.enable', true, "the worker's log names topic, partition and offset of a failed record"),
    set('errors.log.include.messages', true, "the record's coordinates, not its contents"),
  ];
  if (stream.sink.onUndecodable === 'fail') {
    return [
      set(
        'errors.tolerance',
        'none',
        'a record that does not decode stops its task with offsets unmoved; with "all", a registry that is down sends healthy records to the DLQ',
      ),
      ...always,
    ];
  }
  const dlq = 'errors.deadletterqueue';
  return [
    set(
      'errors.tolerance',
      'all',
      'chosen by onUndecodable: dlq; while the registry is down healthy records go there too',
    ),
    set(`${dlq}.topic.name`, deadLetterTopic(stream), 'without it, tolerance "all" drops records silently'),
    set(`${dlq}.topic.replication.factor`, environment.kafka.replicationFactor, "as the stream's other topics"),
    set(`${dlq}.context.headers.enable`, true, 'each record carries its cause and where it came from'),
    ...always,
  ];
}

/** A JDBC URL with these parameters; what the URL says already stays. */
function withParameters(url: string, parameters: Readonly<Record<string, string>>): string {
  const present = new Set((url.split('?')[1] ?? '').split('&').map((pair) => pair.split('=')[0]));
  const added = Object.entries(parameters)
    .filter(([name]) => !present.has(name))
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return [url, added.join('&')].filter((part) => part !== '').join(url.includes('?') ? '&' : '?');
}
