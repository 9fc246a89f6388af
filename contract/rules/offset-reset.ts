import type { Rule } from '../rule.ts';

export const offsetReset: Rule = {
  id: 'OFFSET_RESET',
  what: "consumer.override.auto.offset.reset is earliest, and the consumer group is the connector's own.",
  why: 'With latest, a new sink, or one whose offsets are gone, skips what is in the topic; with another group, lag and offsets are looked for in the wrong place.',
  *check({ sinks }) {
    for (const sink of sinks) {
      const reset = 'consumer.override.auto.offset.reset';
      const value = sink.config[reset] ?? 'earliest';
      if (value !== 'earliest') {
        yield {
          path: `${sink.connector}.${reset}`,
          places: [sink.placeOf(reset)],
          message: `${reset} ${value}: a new sink would skip the records that are in the topic`,
          remedy: 'leave it earliest',
        };
      }
      const group = 'consumer.override.group.id';
      if (sink.config[group] !== undefined) {
        yield {
          path: `${sink.connector}.${group}`,
          places: [sink.placeOf(group)],
          message: `${group} takes the offsets away from connect-${sink.connector}, where every command looks for them`,
          remedy: 'remove it',
        };
      }
    }
  },
};
