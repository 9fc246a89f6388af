import { connectorKeys, lookUp } from '../../connectors/settings/connector-keys.ts';
import { valueProblem } from '../../connectors/settings/setting-value.ts';
import type { Rule } from '../rule.ts';

export const settingValue: Rule = {
  id: 'SETTING_VALUE',
  what: "Every setting's value is of its type, within its bounds, and one of its words where it has words.",
  why: "The worker refuses the configuration, or, since it does not check the sink's own words, accepts it and every task fails.",
  *check({ sinks }) {
    const keys = connectorKeys();
    for (const sink of sinks) {
      for (const [key, value] of Object.entries(sink.config)) {
        const found = lookUp(keys, sink.config, key);
        const problem = found.known && found.definition ? valueProblem(keys, found.definition, value) : undefined;
        if (problem === undefined) continue;
        yield {
          path: `${sink.connector}.${key}`,
          places: [sink.placeOf(key)],
          message: `${key} ${problem}`,
          remedy: 'correct the value, or remove the setting to keep the default',
        };
      }
    }
  },
};
