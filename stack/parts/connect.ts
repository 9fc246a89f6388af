import { randomUUID } from 'node:crypto';
import { createHttp } from '../../core/http.ts';
import { propertiesText } from '../../core/properties.ts';
import { classPathOf } from '../artifacts.ts';
import type { Part } from '../part.ts';
import { PIPELINE_LOGINS } from '../settings/postgres.ts';
import { REQUIRED_PLUGINS, WORKER_HEAP_MB, WORKER_JVM_FLAGS, workerSettings } from '../settings/worker.ts';
import type { PartContext } from './context.ts';
import { jvmFlags, jvmPart, kafkaArguments } from './jvm.ts';

const FLAGS = jvmFlags(WORKER_HEAP_MB, WORKER_JVM_FLAGS);

const MAIN_CLASS = 'org.apache.kafka.connect.cli.ConnectDistributed';

const QUIET = {
  'org.apache.kafka.common.config': 'WARN',
  'org.apache.kafka.common.utils.AppInfoParser': 'WARN',
  'org.apache.kafka.clients': 'WARN',
  'org.apache.kafka.connect.runtime.isolation': 'WARN',
  'org.apache.kafka.connect.runtime.rest.RestServer': 'WARN', // every request
  'org.apache.kafka.common.metrics': 'WARN',
  'org.apache.kafka.connect.runtime.WorkerConfig': 'WARN',
  'org.hibernate': 'WARN',
  'org.eclipse.jetty': 'WARN',
};

/** A Kafka Connect worker in distributed mode, alone in its group. */
export function connectPart(context: PartContext): Part {
  const { folder, ports, secrets, groups } = context;
  const properties = workerProperties(context);
  const { password } = PIPELINE_LOGINS.worker;
  return jvmPart(context, {
    name: 'connect',
    flags: FLAGS,
    // The variable by its name alone: a running worker without it is started again.
    settings: [properties, groups.kafka.folder, password],
    variables: { CLASSPATH: classPathOf(groups.kafka), [password]: secrets.worker },
    // It needs the broker, but spends its first seconds on loading plugins and keeps asking.
    startsAfter: [],
    prepare: () => kafkaArguments(folder, 'connect', { mainClass: MAIN_CLASS, properties, levels: QUIET }),
    async probe() {
      const http = createHttp({ what: 'Connect', baseUrl: `http://127.0.0.1:${ports.connect}`, timeoutMs: 10_000 });
      // It answers reads before it has joined its group. Deleting what does not exist changes nothing, but only a
      // leader that could delete answers so; a 404 without that message comes from a server that is still being set up.
      const nobody = `perps-connect-probe-${randomUUID()}`;
      const write = await http.request<{ message?: string }>('DELETE', `/connectors/${nobody}`);
      if (write.status !== 404 || !write.body.message?.includes(nobody)) return false;
      const plugins = await http.request<{ class: string }[]>('GET', '/connector-plugins?connectorsOnly=false');
      if (plugins.status !== 200) return false;
      const listed = new Set(plugins.body.map((plugin) => plugin.class));
      return REQUIRED_PLUGINS.every((plugin) => listed.has(plugin));
    },
  });
}

function workerProperties({ ports, groups }: PartContext): string {
  return propertiesText(
    workerSettings({
      bootstrapServers: `127.0.0.1:${ports.kafka}`,
      listener: `http://127.0.0.1:${ports.connect}`,
      advertisedHost: '127.0.0.1',
      advertisedPort: ports.connect,
      pluginFolders: [groups.sink.folder, groups.converter.folder],
    }),
  );
}
