import { connectorKeys } from '../../connectors/settings/connector-keys.ts';
import { valueProblem } from '../../connectors/settings/setting-value.ts';
import { nearest } from '../../pipeline/did-you-mean.ts';
import type { Rule } from '../rule.ts';

export const topicSetting: Rule = {
  id: 'TOPIC_SETTING',
  what: 'Every setting in topic.config is one that Kafka knows, with a value of its type.',
  why: 'The broker refuses to create the topic.',
  *check({ stream, definition }) {
    const keys = connectorKeys();
    for (const [key, value] of Object.entries(stream.topic.config)) {
      const known = keys.topic.keys.get(key);
      const guess = known === undefined ? nearest(key, keys.topic.keys.keys()) : undefined;
      const problem =
        known === undefined
          ? `is no topic setting${guess === undefined ? '' : `; did you mean "${guess}"?`}`
          : valueProblem(keys, known, value);
      if (problem === undefined) continue;
      yield {
        path: `${stream.topic.name}.${key}`,
        places: [definition.placeOf(['topic', 'config', key])],
        message: `${key} ${problem}`,
        remedy: guess === undefined ? 'correct or remove it' : `write ${guess}`,
      };
    }
  },
};
