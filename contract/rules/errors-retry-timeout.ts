import type { Rule } from '../rule.ts';

export const errorsRetryTimeout: Rule = {
  id: 'ERRORS_RETRY_TIMEOUT',
  what: 'errors.retry.timeout is -1: retriable errors of the converter are retried for ever.',
  why: 'Workers before the fix of KAFKA-18073 skip the record when a retriable error outlives this time, even with errors.tolerance none.',
  *check({ sinks }) {
    for (const sink of sinks) {
      const value = sink.config['errors.retry.timeout'] ?? '0';
      if (value === '-1') continue;
      yield {
        path: `${sink.connector}.errors.retry.timeout`,
        places: [sink.placeOf('errors.retry.timeout')],
        message: `errors.retry.timeout ${value}: a registry that is away for longer makes older workers skip records`,
        remedy: 'leave it -1',
      };
    }
  },
};
