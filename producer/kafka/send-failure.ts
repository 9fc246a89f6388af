import { causesOf } from '../../core/errors.ts';

/**
 * What a failed send asks for. `retry`: the same again later. `renew`: the broker lost or disagrees with this producer's
 * sequence, so only a new producer id helps. `split`: the request is larger than the topic takes. `fatal`: repeating
 * changes nothing.
 */
type SendFailure = 'retry' | 'renew' | 'split' | 'fatal';

const BY_TYPE: Readonly<Record<string, SendFailure>> = {
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'renew',
  DUPLICATE_SEQUENCE_NUMBER: 'renew',
  UNKNOWN_PRODUCER_ID: 'renew',
  INVALID_PRODUCER_EPOCH: 'renew',
  PRODUCER_FENCED: 'renew',
  INVALID_PRODUCER_ID_MAPPING: 'renew',
  MESSAGE_TOO_LARGE: 'split',
  RECORD_LIST_TOO_LARGE: 'split',
  TOPIC_AUTHORIZATION_FAILED: 'fatal',
  CLUSTER_AUTHORIZATION_FAILED: 'fatal',
  SASL_AUTHENTICATION_FAILED: 'fatal',
  INVALID_TOPIC_EXCEPTION: 'fatal',
  INVALID_RECORD: 'fatal',
  INVALID_TIMESTAMP: 'fatal',
  POLICY_VIOLATION: 'fatal',
  UNSUPPORTED_COMPRESSION_TYPE: 'fatal',
  UNSUPPORTED_VERSION: 'fatal',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'fatal',
};

/** Whether the brokers refuse the time that this machine's clock has given to a record. */
export const isWrongClock = (error: unknown): boolean =>
  causesOf(error).some((cause) => (cause as { type?: unknown }).type === 'INVALID_TIMESTAMP');

/** Classifies what kafkajs threw. Anything unknown is worth a retry: giving up would stop the stream, retrying loses nothing. */
export function classifySendFailure(error: unknown): SendFailure {
  for (const cause of causesOf(error)) {
    const { name, type } = cause as Error & { type?: unknown };
    if (name === 'KafkaJSSASLAuthenticationError') return 'fatal';
    const kind = typeof type === 'string' ? BY_TYPE[type] : undefined;
    if (kind !== undefined) return kind;
  }
  return 'retry';
}
