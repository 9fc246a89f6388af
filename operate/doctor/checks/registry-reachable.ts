import { type Check, ok } from '../check.ts';

/** The registry answers by the Confluent API. That API has no version, so the subjects are asked for, which are needed anyway. */
export const registryReachable: Check<'registry'> = {
  name: 'registry.reachable',
  reaches: 'registry',
  needs: [],
  async run({ registry }) {
    const subjects = await registry.subjects();
    const count = subjects.length === 1 ? '1 subject' : `${subjects.length} subjects`;
    return [ok(`schema registry at ${new URL(registry.url).host}`, `answers by the Confluent API, ${count}`)];
  },
};
