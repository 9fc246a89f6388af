import type { Rule } from '../rule.ts';

export const restartOnErrors: Rule = {
  id: 'RESTART_ON_ERRORS',
  what: 'connection.restart.on.errors is on, with at least one retry.',
  why: 'The sink retries nothing on PostgreSQL without it: one broken connection fails the task.',
  *check({ sinks }) {
    for (const sink of sinks) {
      const restart = sink.config['connection.restart.on.errors']?.toLowerCase() === 'true';
      const retries = sink.config['flush.max.retries'] ?? '5';
      if (restart && retries !== '0') continue;
      const key = restart ? 'flush.max.retries' : 'connection.restart.on.errors';
      yield {
        path: `${sink.connector}.${key}`,
        places: [sink.placeOf(key)],
        message: `${key} ${restart ? retries : 'is off'}: the first broken connection to PostgreSQL fails the task`,
        remedy: 'leave it to this package: on, 60 retries 5 s apart',
      };
    }
  },
};
