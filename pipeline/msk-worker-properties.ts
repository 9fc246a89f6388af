/**
 * Which worker properties MSK Connect takes: everything but the properties it sets itself, and of `consumer.` and
 * `producer.` only some. From its documentation, "Supported worker configuration properties".
 */

const CLIENT_KEYS: Readonly<Record<string, readonly string[]>> = {
  consumer: [
    'allow.auto.create.topics',
    'auto.offset.reset',
    'check.crcs',
    'fetch.max.bytes',
    'fetch.max.wait.ms',
    'fetch.min.bytes',
    'heartbeat.interval.ms',
    'key.deserializer',
    'max.partition.fetch.bytes',
    'max.poll.interval.ms',
    'max.poll.records',
    'metadata.max.age.ms',
    'partition.assignment.strategy',
    'reconnect.backoff.ms',
    'reconnect.backoff.max.ms',
    'request.timeout.ms',
    'retry.backoff.ms',
    'session.timeout.ms',
    'value.deserializer',
  ],
  producer: [
    'acks',
    'batch.size',
    'buffer.memory',
    'compression.type',
    'enable.idempotence',
    'key.serializer',
    'linger.ms',
    'max.request.size',
    'metadata.max.age.ms',
    'metadata.max.idle.ms',
    'partitioner.class',
    'reconnect.backoff.ms',
    'reconnect.backoff.max.ms',
    'request.timeout.ms',
    'retry.backoff.ms',
    'value.serializer',
  ],
};

const REFUSED_PREFIXES = [
  'access.control.',
  'admin.',
  'client.',
  'connect.',
  'inter.worker.',
  'internal.',
  'listeners.https.',
  'metrics.',
  'rest.',
  'sasl.',
  'security.',
  'socket.',
  'ssl.',
  'topic.tracking.',
  'worker.',
];

const REFUSED_KEYS = new Set([
  'bootstrap.servers',
  'config.storage.topic',
  'connections.max.idle.ms',
  'connector.client.config.override.policy',
  'group.id',
  'listeners',
  'metric.reporters',
  'plugin.path',
  'receive.buffer.bytes',
  'response.http.headers.config',
  'scheduled.rebalance.max.delay.ms',
  'send.buffer.bytes',
  'status.storage.topic',
]);

/** Why MSK Connect refuses a worker property; undefined when it takes it. */
export function whyRefused(key: string): string | undefined {
  const [, client, setting = ''] = /^(consumer|producer)\.(.*)$/.exec(key) ?? [];
  if (client !== undefined) {
    const allowed = CLIENT_KEYS[client] ?? [];
    if (allowed.includes(setting)) return undefined;
    return `MSK Connect takes no "${key}"; of ${client} settings it takes ${allowed.join(', ')}`;
  }
  const prefix = REFUSED_PREFIXES.find((one) => key.startsWith(one));
  if (prefix !== undefined) return `MSK Connect sets "${prefix}*" itself and refuses it`;
  return REFUSED_KEYS.has(key) ? `MSK Connect sets "${key}" itself and refuses it` : undefined;
}

const CLIENT_OVERRIDE = /^(consumer|producer|admin)\.override\./;

/**
 * A connector's client setting (`consumer.override.max.poll.records`) as the worker property that does the same
 * (`consumer.max.poll.records`): whether MSK Connect lets connectors override their clients is not documented, and each
 * connector has workers of its own. Undefined for a setting that is none of a client's.
 */
export const workerPropertyOf = (setting: string): string | undefined =>
  CLIENT_OVERRIDE.test(setting) ? setting.replace('.override.', '.') : undefined;
