import { broken, type Check, eachStream, ok } from '../check.ts';

const OVERRIDE = /^(consumer|producer|admin)\.override\./;

/** The worker lets the sinks set their own consumer: proved by asking it to validate what would be deployed. */
export const workerOverridePolicy: Check = {
  name: 'worker.override-policy',
  needs: ['worker'],
  run: (probes) =>
    eachStream(probes, async (stream) => {
      const { name } = stream.sink;
      const refused = (await probes.validate(stream)).filter(({ key }) => OVERRIDE.test(key));
      if (refused.length === 0) return [ok(name, 'may set its own consumer')];
      const keys = refused.map(({ key }) => key).join(', ');
      return [
        broken(
          name,
          `the worker refuses ${keys}`,
          'set connector.client.config.override.policy=All on the workers and restart them',
        ),
      ];
    }),
};
