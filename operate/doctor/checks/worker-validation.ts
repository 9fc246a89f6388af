import { broken, type Check, ok, perStream } from '../check.ts';

/** Settings by which a sink has a consumer of its own. */
const OVERRIDE = /^(consumer|producer|admin)\.override\./;

/** The worker accepts the sinks' configurations, apart from what `workerOverridePolicy` checks. */
export const workerAccepts: Check<'streams' | 'validate'> = {
  name: 'worker.accepts',
  needs: ['worker'],
  run: perStream(async (stream, { validate }) => {
    const { name } = stream.sink;
    const refused = (await validate(stream)).filter(({ key }) => !OVERRIDE.test(key));
    if (refused.length === 0) return ok(name, 'the worker accepts its configuration');
    const remedy = `correct it in ${stream.file} or on the worker`;
    return refused.map(({ key, errors }) => broken(name, `the worker refuses ${key}: ${errors.join('; ')}`, remedy));
  }),
};

/** The worker lets the sinks set their own consumer, by its answer to the configuration that would be deployed. */
export const workerOverridePolicy: Check<'streams' | 'validate'> = {
  name: 'worker.override-policy',
  needs: ['worker'],
  run: perStream(async (stream, { validate }) => {
    const { name } = stream.sink;
    const refused = (await validate(stream)).filter(({ key }) => OVERRIDE.test(key));
    if (refused.length === 0) return ok(name, 'may set its own consumer');
    const remedy = 'set connector.client.config.override.policy=All on the workers and restart them';
    return broken(name, `the worker refuses ${refused.map(({ key }) => key).join(', ')}`, remedy);
  }),
};
