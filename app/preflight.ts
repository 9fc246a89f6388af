import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { refusedConfig } from '../connectors/host.ts';
import { createRestApi } from '../connectors/rest/api.ts';
import { ConnectError } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { propertiesText } from '../core/properties.ts';
import type { Project } from '../pipeline/types.ts';
import { startLocalWorker } from '../stack/msk/local-worker.ts';
import { accepts } from '../stack/ports.ts';
import { localSettings } from './preflight-references.ts';
import type { Session } from './session.ts';

/** A sink that is about to be validated, and the references that are left out of it, because this machine cannot resolve them. */
export type OnPreflight = (connector: string, unresolved: readonly string[]) => void;

/**
 * A service that runs the workers finds a bad setting only once they have booted, after minutes. So a worker of its version is
 * started here, with the same plugin and worker configuration, config providers too, and validates every sink. What only the
 * service's workers can resolve is left out and reported. Errors: USAGE for a host that validates sinks itself, for a plugin that is
 * not built here, and without the local stack, whose broker it uses; ENVIRONMENT with the worker's own words when it does not start;
 * REFUSED with each setting that the worker does not accept.
 */
export async function preflight(session: Session, onSink: OnPreflight): Promise<void> {
  const { workerFor, label } = await session.host();
  if (workerFor === undefined) {
    throw new ConnectError('USAGE', `--preflight is for MSK Connect; ${label} validates the sink itself`);
  }
  const broker = await localBroker(session.project);
  const rules = session.project.secrets ?? {};
  for (const stream of session.streams) {
    const { name } = stream.sink;
    const { config, properties, plugin } = await workerFor(session.desiredSink(stream));
    const own = localSettings(config, properties, session.env, rules);
    const ofWorker = localSettings(properties, properties, session.env, rules);
    session.learn([...own.secrets, ...ofWorker.secrets]);
    onSink(name, [...own.unresolved, ...ofWorker.unresolved]);
    const worker = await startLocalWorker({
      name: `preflight-${randomBytes(4).toString('hex')}`,
      bootstrapServers: broker,
      plugin: await readFile(plugin),
      properties: propertiesText(ofWorker.settings),
      env: session.env,
      variables: { ...own.variables, ...ofWorker.variables },
      signal: session.signal,
    });
    try {
      const api = createRestApi({ url: worker.http.baseUrl, secrets: own.secrets });
      const findings = await api.validate({ name, ...own.settings });
      if (findings.length > 0) throw refusedConfig(name, `a Connect 3.7.2 worker refuses ${name}`, findings);
    } finally {
      await worker.close();
      await withAdmin({ brokers: [broker] }, 'perps-connect-preflight', (admin) =>
        admin.deleteTopics(worker.topics),
      ).catch(() => {});
    }
  }
}

/** The broker of the embedded stack: a worker keeps its state in Kafka, and a real cluster is none to try things on. */
async function localBroker({ environments }: Project): Promise<string> {
  for (const { stack, kafka } of Object.values(environments)) {
    const [broker] = kafka.brokers;
    if (stack !== undefined && broker !== undefined && (await accepts(stack.ports.kafka))) return broker;
  }
  throw new ConnectError('USAGE', '--preflight uses the broker of the local stack, which does not run', {
    hint: 'run `connect up` first',
  });
}
