import { type Check, ok } from '../check.ts';

/** The registry answers by the Confluent API; that has no version to ask for, so what is asked is what is needed. */
export const registryReachable: Check = {
  name: 'registry.reachable',
  reaches: 'registry',
  needs: [],
  async run({ registry }) {
    const subjects = await registry.subjects();
    const count = subjects.length === 1 ? '1 subject' : `${subjects.length} subjects`;
    return [ok(`schema registry at ${new URL(registry.url).host}`, `answers by the Confluent API, ${count}`)];
  },
};
