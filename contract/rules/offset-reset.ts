import { sinkRule } from '../rule.ts';

export const offsetReset = sinkRule({
  id: 'OFFSET_RESET',
  what: "consumer.override.auto.offset.reset is earliest, and the consumer group is the connector's own.",
  why: 'With latest, a new sink, or one whose offsets are gone, skips what is in the topic; with another group, lag and offsets are looked for in the wrong place.',
  *check({ config, connector, at }) {
    const reset = 'consumer.override.auto.offset.reset';
    const value = config[reset] ?? 'earliest';
    if (value !== 'earliest') {
      yield {
        ...at(reset),
        message: `${reset} ${value}: a new sink would skip the records that are in the topic`,
        remedy: 'leave it earliest',
      };
    }
    const group = 'consumer.override.group.id';
    if (config[group] !== undefined) {
      yield {
        ...at(group),
        message: `${group} takes the offsets away from connect-${connector}, where every command looks for them`,
        remedy: 'remove it',
      };
    }
  },
});
