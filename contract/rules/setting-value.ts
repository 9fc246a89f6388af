import { connectorKeys, lookUp } from '../../connectors/settings/connector-keys.ts';
import { valueProblem } from '../../connectors/settings/setting-value.ts';
import { sinkRule } from '../rule.ts';

export const settingValue = sinkRule({
  id: 'SETTING_VALUE',
  what: "Every setting's value is of its type, within its bounds, and one of its words where it has words.",
  why: "The worker refuses the configuration, or, since it does not check the sink's own words, accepts it and every task fails.",
  *check({ config, at }) {
    const keys = connectorKeys();
    for (const [key, value] of Object.entries(config)) {
      const found = lookUp(keys, config, key);
      const problem = found.known && found.definition ? valueProblem(keys, found.definition, value) : undefined;
      if (problem === undefined) continue;
      yield {
        ...at(key),
        message: `${key} ${problem}`,
        remedy: 'correct the value, or remove the setting to keep the default',
      };
    }
  },
});
