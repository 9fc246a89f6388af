import { valueSubject } from '../../../pipeline/names.ts';
import { type Check, ok, perStream, warning } from '../check.ts';

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

/** Each stream's subject is registered: a producer does not start without it. */
export const registrySubjects: Check<'streams' | 'registry'> = {
  name: 'registry.subjects',
  needs: ['registry'],
  run: perStream(async (stream, { registry }) => {
    const subject = valueSubject(stream);
    const latest = await registry.version(subject, 'latest');
    if (latest !== undefined) return ok(subject, `registered, version ${latest.version}`);
    return warning(subject, 'not registered: the producer will not start', 'run `connect schemas register`');
  }),
};
