import { KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { classifySendFailure } from '../../../../producer/kafka/send-failure.ts';

const protocolError = (type: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable: false }) as never);

/** As kafkajs throws when its own tries are used up. */
const exhausted = (cause: Error) =>
  new KafkaJSNumberOfRetriesExceeded(cause as never, { retryCount: 5, retryTime: 1_000 });

describe('what a failed send asks for', () => {
  it.each([
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'renew'],
    ['UNKNOWN_PRODUCER_ID', 'renew'],
    ['MESSAGE_TOO_LARGE', 'split'],
    ['TOPIC_AUTHORIZATION_FAILED', 'fatal'],
    ['INVALID_TIMESTAMP', 'fatal'],
    ['POLICY_VIOLATION', 'fatal'],
    ['NOT_ENOUGH_REPLICAS', 'retry'],
    ['REQUEST_TIMED_OUT', 'retry'],
  ])('after %s is to %s, also when kafkajs has tried several times', (type, expected) => {
    expect(classifySendFailure(protocolError(type))).toBe(expected);
    expect(classifySendFailure(exhausted(protocolError(type)))).toBe(expected);
  });

  it('after anything unknown is to try again', () => {
    expect(classifySendFailure(new Error('socket hang up'))).toBe('retry');
    expect(classifySendFailure(new KafkaJSNonRetriableError('what'))).toBe('retry');
    expect(classifySendFailure('no error at all')).toBe('retry');
  });
});
