import { ConnectError } from '../../../core/errors.ts';
import { valueSubject } from '../../../pipeline/names.ts';
import { broken, type Check, ok, perStream, warning } from '../check.ts';

/** The registry answers by the Confluent API. That API has no version, so the subjects are asked for, which are needed anyway. */
export const registryReachable: Check<'registry'> = {
  name: 'registry.reachable',
  reaches: 'registry',
  needs: [],
  async run({ registry }) {
    const subject = `schema registry at ${new URL(registry.url).host}`;
    try {
      const subjects = await registry.subjects();
      const count = subjects.length === 1 ? '1 subject' : `${subjects.length} subjects`;
      return [ok(subject, `answers by the Confluent API, ${count}`)];
    } catch (error) {
      if (!(error instanceof ConnectError) || error.code !== 'NOT_READY') throw error;
      // 5xx: it is there, and what stands behind it is not.
      const remedy =
        'its address is right: look at where it keeps its schemas (its database, or its topic) and at its log';
      return [broken(subject, `answers, but cannot serve: ${error.message}`, remedy)];
    }
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
