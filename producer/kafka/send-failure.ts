/**
 * What a failed send asks for. `retry`: the same again later. `renew`: the broker lost or disagrees with this producer's
 * sequence, so only a new producer id helps. `split`: the request is larger than the topic takes. `fatal`: repeating
 * changes nothing.
 */
type SendFailure = 'retry' | 'renew' | 'split' | 'fatal';

const RENEW = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
]);

const SPLIT = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

const FATAL = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_RECORD',
  'UNSUPPORTED_VERSION',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

/** Classifies what kafkajs threw. Anything unknown is worth a retry: giving up would stop the stream, retrying loses nothing. */
export function classifySendFailure(error: unknown): SendFailure {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { name, type } = current as Error & { type?: unknown };
    if (name === 'KafkaJSSASLAuthenticationError') return 'fatal';
    if (typeof type !== 'string') continue;
    if (RENEW.has(type)) return 'renew';
    if (SPLIT.has(type)) return 'split';
    if (FATAL.has(type)) return 'fatal';
  }
  return 'retry';
}
