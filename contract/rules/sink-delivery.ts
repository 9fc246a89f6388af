import { numberOf, urlParameters } from '../rendered-sink.ts';
import { sinkRule } from '../rule.ts';

/** A small record on the wire. Fewer bytes than this for each record of a poll, and polls cannot be full. */
const SMALL_RECORD_BYTES = 200;

const batchAndPoll = sinkRule({
  id: 'BATCH_AND_POLL',
  what: 'A poll is at least one batch, and one fetch of a partition can fill a poll.',
  why: 'batch.size is capped by the poll without a word: each put costs the same few catalog queries, so small polls cost most of the throughput.',
  *check({ config, at }) {
    const batch = numberOf(config['batch.size'], 500);
    const poll = numberOf(config['consumer.override.max.poll.records'], 500);
    const fetch = numberOf(config['consumer.override.max.partition.fetch.bytes'], 1_048_576);
    if (batch > poll) {
      yield {
        ...at('batch.size', 'consumer.override.max.poll.records'),
        message: `batch.size ${batch} is more than one poll brings (${poll})`,
        remedy: 'raise max.poll.records to it, or lower batch.size',
      };
    }
    if (fetch < poll * SMALL_RECORD_BYTES) {
      yield {
        ...at('consumer.override.max.partition.fetch.bytes', 'consumer.override.max.poll.records'),
        message: `max.partition.fetch.bytes ${fetch} cannot fill a poll of ${poll} records, even of ${SMALL_RECORD_BYTES} bytes each`,
        remedy: `raise it to ${poll * SMALL_RECORD_BYTES} or more, or lower max.poll.records`,
      };
    }
  },
});

/** What the driver waits for a connection when the URL does not say. */
const DRIVER_CONNECT_TIMEOUT_S = 10;

const retryWindow = sinkRule({
  id: 'RETRY_WINDOW',
  what: 'All tries of a flush, with their delays and time-outs, end within max.poll.interval.ms.',
  why: 'The group takes the partitions away in the middle of an outage, and the batch is written by two tasks in turn.',
  *check({ config, at }) {
    const retries = numberOf(config['flush.max.retries'], 5);
    const delayMs = numberOf(config['flush.retry.delay.ms'], 1_000);
    const parameters = urlParameters(config['connection.url'] ?? '');
    const loginS = numberOf(parameters.get('loginTimeout'), 0);
    const connectS = loginS > 0 ? loginS : numberOf(parameters.get('connectTimeout'), DRIVER_CONNECT_TIMEOUT_S);
    const socketS = numberOf(parameters.get('socketTimeout'), 0);
    const windowMs = retries * (delayMs + connectS * 1_000) + socketS * 1_000;
    const intervalMs = numberOf(config['consumer.override.max.poll.interval.ms'], 300_000);
    if (windowMs < intervalMs) return;
    yield {
      ...at('flush.max.retries', 'flush.retry.delay.ms', 'consumer.override.max.poll.interval.ms', 'connection.url'),
      message: `${retries} retries of ${delayMs} ms and ${connectS} s to connect, after a socketTimeout of ${socketS} s, take ${windowMs / 1000} s, but max.poll.interval.ms is ${intervalMs / 1000} s`,
      remedy:
        'fewer or shorter retries, a shorter socketTimeout in worker.databaseUrl, or a longer consumer.override.max.poll.interval.ms',
    };
  },
});

/** No commit of a sink takes longer on a database that works. */
const LONGEST_COMMIT_S = 10;

const socketTimeout = sinkRule({
  id: 'SOCKET_TIMEOUT',
  what: `The JDBC URL has a socketTimeout of ${LONGEST_COMMIT_S} s or more; RETRY_WINDOW says how long it may be.`,
  why: 'Without it a database that stops answering holds a task for ever, RUNNING and without an error; a shorter one breaks off commits that are only slow.',
  *check({ config, at }) {
    const written = urlParameters(config['connection.url'] ?? '').get('socketTimeout') ?? '0';
    const seconds = numberOf(written, 0);
    if (seconds >= LONGEST_COMMIT_S) return;
    yield {
      ...at('connection.url'),
      message:
        seconds === 0
          ? `socketTimeout ${written} in the JDBC URL: a database that stops answering holds a task for ever`
          : `socketTimeout ${seconds} s in the JDBC URL breaks off commits that take longer`,
      remedy: 'leave socketTimeout out of worker.databaseUrl: this package sets 60',
    };
  },
});

const restartOnErrors = sinkRule({
  id: 'RESTART_ON_ERRORS',
  what: 'connection.restart.on.errors is on, with at least one retry.',
  why: 'The sink retries nothing on PostgreSQL without it: one broken connection fails the task.',
  *check({ config, at }) {
    const restart = config['connection.restart.on.errors']?.toLowerCase() === 'true';
    const retries = config['flush.max.retries'] ?? '5';
    if (restart && retries !== '0') return;
    const key = restart ? 'flush.max.retries' : 'connection.restart.on.errors';
    yield {
      ...at(key),
      message: `${key} ${restart ? retries : 'is off'}: the first broken connection to PostgreSQL fails the task`,
      remedy: 'leave it to this package: on, 60 retries 5 s apart',
    };
  },
});

const errorsTolerance = sinkRule({
  id: 'ERRORS_TOLERANCE',
  what: 'errors.tolerance is none, or all together with a dead letter topic.',
  why: '`all` without a dead letter topic drops each record that does not decode, without a trace.',
  *check({ config, at }, { stream }) {
    if (config['errors.tolerance'] !== 'all') return;
    if ((config['errors.deadletterqueue.topic.name'] ?? '') !== '') return;
    yield {
      ...at('errors.tolerance'),
      message: `errors.tolerance all without a dead letter topic: ${stream.topic.name} would lose records silently`,
      remedy: 'leave it none (default), or choose sink.onUndecodable: dlq, which sets both',
    };
  },
});

const errorsRetryTimeout = sinkRule({
  id: 'ERRORS_RETRY_TIMEOUT',
  what: 'errors.retry.timeout is -1: retriable errors of the converter are retried for ever.',
  why: 'Workers before the fix of KAFKA-18073 skip the record when a retriable error outlives this time, even with errors.tolerance none.',
  *check({ config, at }) {
    const value = config['errors.retry.timeout'] ?? '0';
    if (value === '-1') return;
    yield {
      ...at('errors.retry.timeout'),
      message: `errors.retry.timeout ${value}: a registry that is away for longer makes older workers skip records`,
      remedy: 'leave it -1',
    };
  },
});

const deadLetterRisk = sinkRule({
  id: 'DEAD_LETTER_RISK',
  what: 'No record goes to a dead letter topic unless the definition says so; then the check states the risk.',
  why: 'While the registry is down and the converter has not cached the schema, every healthy record goes to the dead letter topic and offsets move on.',
  *check({ config, connector, placeOf }) {
    const topic = config['errors.deadletterqueue.topic.name'] ?? '';
    if (config['errors.tolerance'] !== 'all' || topic === '') return;
    yield {
      path: `${connector}.errors.deadletterqueue.topic.name`,
      places: [placeOf('errors.tolerance')],
      message: `undecodable records go to ${topic}; so does every healthy record while the registry is down and its schema not cached (tens of thousands in seconds)`,
      remedy:
        'alert on that topic and replay it after an outage of the registry; onUndecodable: fail stops the task instead and loses nothing',
      severity: 'note',
    };
  },
});

const offsetReset = sinkRule({
  id: 'OFFSET_RESET',
  what: "consumer.override.auto.offset.reset is earliest, and the consumer group is the connector's own.",
  why: 'With latest, a new sink, or one whose offsets are gone, skips what is in the topic; with another group, lag and offsets are looked for in the wrong place.',
  *check({ config, connector, at }) {
    const reset = 'consumer.override.auto.offset.reset';
    const value = config[reset] ?? 'earliest';
    if (value !== 'earliest') {
      yield {
        ...at(reset),
        message: `${reset} ${value}: a new sink would skip the records that are in the topic`,
        remedy: 'leave it earliest',
      };
    }
    const group = 'consumer.override.group.id';
    if (config[group] !== undefined) {
      yield {
        ...at(group),
        message: `${group} takes the offsets away from connect-${connector}, where every command looks for them`,
        remedy: 'remove it',
      };
    }
  },
});

/** How fast the sink reads, and what it does when something fails. */
export const sinkDeliveryRules = [
  batchAndPoll,
  retryWindow,
  socketTimeout,
  restartOnErrors,
  errorsTolerance,
  errorsRetryTimeout,
  deadLetterRisk,
  offsetReset,
];
