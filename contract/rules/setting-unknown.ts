import { connectorKeys, lookUp } from '../../connectors/settings/connector-keys.ts';
import { nearest } from '../../pipeline/problem.ts';
import type { Rule } from '../rule.ts';

export const settingUnknown: Rule = {
  id: 'SETTING_UNKNOWN',
  what: 'Every setting of the sink is one that the connector, Connect, a Kafka client, a transform or a converter knows.',
  why: 'Connect ignores what it does not know: the setting that was meant keeps its default.',
  *check({ sinks }) {
    const keys = connectorKeys();
    for (const sink of sinks) {
      for (const key of Object.keys(sink.config)) {
        const found = lookUp(keys, sink.config, key);
        if (found.known) continue;
        const guess = nearest(key, found.candidates);
        yield {
          path: `${sink.connector}.${key}`,
          places: [sink.placeOf(key)],
          message: `"${key}" is no setting of ${found.owner}${guess === undefined ? '' : `; did you mean "${guess}"?`}`,
          remedy: guess === undefined ? 'remove it' : `write ${guess}`,
        };
      }
    }
  },
};
