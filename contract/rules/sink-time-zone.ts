import type { Rule } from '../rule.ts';

const UTC = /^(utc|gmt|z|etc\/utc|etc\/gmt|\+00:00)$/i;

export const sinkTimeZone: Rule = {
  id: 'SINK_TIME_ZONE',
  what: 'use.time.zone is UTC.',
  why: 'The sink shifts every time by the zone; the table holds UTC.',
  *check({ sinks }) {
    for (const sink of sinks) {
      for (const key of ['use.time.zone', 'database.time_zone']) {
        const value = sink.config[key] ?? 'UTC';
        if (UTC.test(value)) continue;
        yield {
          path: `${sink.connector}.${key}`,
          places: [sink.placeOf(key)],
          message: `${key} ${value}: times would be written in that zone, not in UTC`,
          remedy: 'leave it UTC',
        };
      }
    }
  },
};
