import { valueSubject } from '../../../pipeline/names.ts';
import { type Check, ok, perStream, warning } from '../check.ts';

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
