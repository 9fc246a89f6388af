import { connectorKeys, lookUp } from '../../connectors/settings/connector-keys.ts';
import { nearest } from '../../pipeline/did-you-mean.ts';
import { sinkRule } from '../rule.ts';

export const settingUnknown = sinkRule({
  id: 'SETTING_UNKNOWN',
  what: 'Every setting of the sink is one that the connector, Connect, a Kafka client, a transform or a converter knows.',
  why: 'Connect ignores what it does not know: the setting that was meant keeps its default.',
  *check({ config, at }) {
    const keys = connectorKeys();
    for (const key of Object.keys(config)) {
      const found = lookUp(keys, config, key);
      if (found.known) continue;
      const guess = nearest(key, found.candidates);
      yield {
        ...at(key),
        message: `"${key}" is no setting of ${found.owner}${guess === undefined ? '' : `; did you mean "${guess}"?`}`,
        remedy: guess === undefined ? 'remove it' : `write ${guess}`,
      };
    }
  },
});
