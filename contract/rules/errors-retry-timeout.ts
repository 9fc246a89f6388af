import { sinkRule } from '../rule.ts';

export const errorsRetryTimeout = sinkRule({
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
