import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseProperties, propertiesText } from '../connectors/msk/properties.ts';
import type { SinkConfig, SinkFields } from '../connectors/render/render-sink.ts';
import { createRestTarget } from '../connectors/rest/api.ts';
import { ConnectError } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { isReference } from '../core/scrub.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import { startLocalWorker } from '../stack/msk/local-worker.ts';
import { accepts } from '../stack/ports.ts';
import type { CliContext } from './context.ts';
import { desiredSink, type MskParts } from './msk-sink.ts';

/** A sink that is validated before MSK Connect gets it. */
export interface PreflightSink {
  readonly stream: StreamDefinition;
  readonly fields: SinkFields;
}

/**
 * MSK Connect finds a bad setting only once workers have booted, after minutes. So a worker of its version is started here, with
 * the same plugin and worker configuration, and validates every sink. References stay unresolved: this machine need not reach
 * the secrets. Errors: USAGE for a plugin that is not built here or without the local stack, whose broker it uses; REFUSED with
 * each setting that the worker does not accept.
 */
export async function preflight(
  context: CliContext,
  project: Project,
  parts: MskParts,
  sinks: readonly PreflightSink[],
): Promise<void> {
  const { plugin } = parts;
  if (plugin.kind !== 'built') {
    throw new ConnectError('USAGE', '--preflight needs the plugin as a zip, and connect.plugin names one by its ARN');
  }
  const broker = await localBroker(project);
  const zip = await readFile(plugin.built.path);
  for (const { stream, fields } of sinks) {
    const { name, config, workerConfiguration } = desiredSink(parts, stream, fields);
    context.note(`${name} is validated on a Connect 3.7.2 worker here`);
    const worker = await startLocalWorker({
      name: `preflight-${randomBytes(4).toString('hex')}`,
      bootstrapServers: broker,
      plugin: zip,
      properties: withoutProviders(workerConfiguration.text),
      env: context.env,
      signal: context.signal,
    });
    try {
      const target = createRestTarget({ url: worker.http.baseUrl });
      const findings = await target.validate({ name, ...withoutReferences(config) });
      if (findings.length > 0) throw refused(name, findings);
    } finally {
      await worker.close();
      await withAdmin({ brokers: [broker] }, 'perps-connect-preflight', (admin) =>
        admin.deleteTopics({ topics: [...worker.topics] }),
      ).catch(() => {});
    }
  }
}

/** The broker of the embedded stack: a worker keeps its state in Kafka, and MSK's is none to try things on. */
async function localBroker({ environments }: Project): Promise<string> {
  for (const { stack, kafka } of Object.values(environments)) {
    const [broker] = kafka.brokers;
    if (stack !== undefined && broker !== undefined && (await accepts(stack.ports.kafka))) return broker;
  }
  throw new ConnectError('USAGE', '--preflight uses the broker of the local stack, which does not run', {
    hint: 'run `connect up` first',
  });
}

const withoutReferences = (config: SinkConfig): SinkConfig =>
  Object.fromEntries(Object.entries(config).map(([key, value]) => [key, isReference(value) ? 'not-resolved' : value]));

function withoutProviders(text: string): string {
  const kept = Object.entries(parseProperties(text)).filter(([key]) => !key.startsWith('config.providers'));
  return propertiesText(Object.fromEntries(kept));
}

function refused(name: string, findings: readonly { key: string; errors: readonly string[] }[]): ConnectError {
  const lines = findings.map(({ key, errors }) => `  ${key}: ${errors.join(' ')}`);
  return new ConnectError(
    'REFUSED',
    [`a Connect 3.7.2 worker refuses ${name}; nothing was changed`, ...lines].join('\n'),
    {
      details: { connector: name, findings },
      hint: '`connect render --explain` shows where each setting comes from',
    },
  );
}
