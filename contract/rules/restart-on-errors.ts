import { sinkRule } from '../rule.ts';

export const restartOnErrors = sinkRule({
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
