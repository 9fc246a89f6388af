import { broken, type Check, eachStream, ok } from '../check.ts';

const OVERRIDE = /^(consumer|producer|admin)\.override\./;

/** The worker has nothing against the sinks' configurations; what it lets them override is another check's. */
export const workerAccepts: Check = {
  name: 'worker.accepts',
  needs: ['worker'],
  run: (probes) =>
    eachStream(probes, async (stream) => {
      const findings = (await probes.validate(stream)).filter(({ key }) => !OVERRIDE.test(key));
      if (findings.length === 0) return [ok(stream.sink.name, 'the worker accepts its configuration')];
      return findings.map(({ key, errors }) =>
        broken(
          stream.sink.name,
          `the worker refuses ${key}: ${errors.join('; ')}`,
          `correct it in ${stream.file} or on the worker`,
        ),
      );
    }),
};
