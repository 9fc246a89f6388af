import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConnectError } from '../../core/errors.ts';
import { withAdmin } from '../../core/kafka.ts';
import { propertiesText } from '../../core/properties.ts';
import { classPathOf } from '../artifacts.ts';
import type { Part } from '../part.ts';
import { accepts, freePort } from '../ports.ts';
import { BROKER_HEAP_MB, brokerSettings } from '../settings/broker.ts';
import type { PartContext } from './context.ts';
import { jvmEnvironment, jvmFlags, jvmPart, kafkaArguments } from './jvm.ts';

const FLAGS = jvmFlags(BROKER_HEAP_MB, ['-Xms128m', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20']);

const QUIET = {
  'org.apache.kafka.common.config': 'WARN', // every setting, at each start
  'org.apache.kafka.clients': 'WARN',
  'state.change.logger': 'WARN',
  'kafka.log.LogCleaner': 'WARN',
  'kafka.server.ClientQuotaManager': 'WARN',
  'org.apache.kafka.server.util.timer': 'WARN',
  'org.apache.kafka.coordinator.common.runtime': 'WARN', // every partition of the internal topics
};

/** One Kafka node, broker and controller in one process (KRaft). */
export function kafkaPart(context: PartContext): Part {
  const { folder, ports, env, groups } = context;
  const data = join(folder.data, 'kafka');
  const variables = { CLASSPATH: classPathOf(groups.kafka) };
  return jvmPart(context, {
    name: 'kafka',
    flags: FLAGS,
    settings: [serverProperties(ports.kafka, 0, data), groups.kafka.folder],
    variables,
    startsAfter: [],
    async prepare(java) {
      const isNew = !existsSync(join(data, 'meta.properties'));
      if (isNew) await format(java, jvmEnvironment(env, variables), folder.config, data);
      const properties = serverProperties(ports.kafka, await freePort(), data);
      return kafkaArguments(folder, 'kafka', { mainClass: 'kafka.Kafka', properties, levels: QUIET });
    },
    async probe() {
      if (!(await accepts(ports.kafka))) return false;
      return withAdmin({ brokers: [`127.0.0.1:${ports.kafka}`] }, 'perps-connect-up', async (admin) => {
        return (await admin.brokers()).length === 1;
      });
    },
  });
}

function serverProperties(port: number, controllerPort: number, data: string): string {
  const controller = `127.0.0.1:${controllerPort}`;
  const address = `127.0.0.1:${port}`;
  return propertiesText(
    brokerSettings({
      clients: { PLAINTEXT: { listen: address, advertised: address } },
      controller: { listen: controller, voter: controller },
      dataFolder: data,
    }),
  );
}

/** Formats an empty data folder; done beside it, so that an interrupted format leaves nothing half made. */
async function format(java: string, env: NodeJS.ProcessEnv, configFolder: string, data: string): Promise<void> {
  const fresh = `${data}.new`;
  const config = join(configFolder, 'kafka-format.properties');
  const clusterId = randomBytes(16).toString('base64url');
  await rm(fresh, { recursive: true, force: true });
  await rm(data, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  await writeFile(config, serverProperties(9092, 9093, fresh));
  const flags = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const tool = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', config];
  try {
    await promisify(execFile)(java, [...flags, ...tool], { env });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new ConnectError('ENVIRONMENT', `cannot format Kafka's data folder ${data}: ${(stderr || stdout).trim()}`, {
      cause: error,
    });
  }
  await rm(config, { force: true });
  await rename(fresh, data);
}
