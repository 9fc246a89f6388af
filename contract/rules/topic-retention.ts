import type { Rule } from '../rule.ts';

const DAY_MS = 86_400_000n;

export const topicRetention: Rule = {
  id: 'TOPIC_RETENTION',
  what: 'The topic keeps records for at least a day, and not by size.',
  why: 'Records that retention removes before the sink has written them are lost; the sink goes on behind them without an error.',
  *check({ stream, definition }) {
    const { config, name } = stream.topic;
    const time = config['retention.ms'];
    if (time !== undefined && /^\d+$/.test(time) && BigInt(time) < DAY_MS) {
      yield {
        path: `${name}.retention.ms`,
        places: [definition.placeOf(['topic', 'config', 'retention.ms'])],
        message: `retention.ms ${time} is less than a day (${DAY_MS}): an outage overnight would lose records`,
        remedy: 'give on-call the time to repair a sink: a week is 604800000',
      };
    }
    const bytes = config['retention.bytes'];
    if (bytes !== undefined && /^\d+$/.test(bytes)) {
      yield {
        path: `${name}.retention.bytes`,
        places: [definition.placeOf(['topic', 'config', 'retention.bytes'])],
        message: `retention.bytes ${bytes} removes records by size, whether the sink has written them or not`,
        remedy: 'remove it and bound the topic by retention.ms',
      };
    }
  },
};
