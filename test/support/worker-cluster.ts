import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { createHttp } from '../../core/http.ts';
import { propertiesText } from '../../core/properties.ts';
import { classPathOf, stackGroups } from '../../stack/artifacts.ts';
import { cacheFolder, existingStateFolder } from '../../stack/folders.ts';
import { findJava } from '../../stack/java.ts';
import { jvmEnvironment, jvmFlags, log4j2Properties } from '../../stack/parts/jvm.ts';
import { readSecrets } from '../../stack/secrets-file.ts';
import { WORKER_HEAP_MB, workerSettings } from '../../stack/settings/worker.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';

/** Workers of one group on the broker that the tests share, apart from the stack's own worker. */
export interface WorkerCluster {
  /** REST API of each worker. */
  readonly urls: readonly string[];
  /** `host:port` of each, as the cluster calls them. */
  readonly ids: readonly string[];
  /** Ends a worker without a word to the others. */
  kill(index: number): void;
  /** Ends all of them. */
  remove(): void;
}

/** What is different for workers on a broker that is not shared. */
export interface OwnSettings {
  readonly settings?: Readonly<Record<string, string | number>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts them and returns once each takes writes. `name` begins the group and its topics. */
export async function startWorkers(name: string, count: number, own: OwnSettings = {}): Promise<WorkerCluster> {
  const folder = mkdtempSync(join(tmpdir(), `perps-connect-workers-${name}-`));
  const ports = await freePorts(count);
  const group = `${name}-${ports[0]}`;
  const workers: ChildProcess[] = [];
  const remove = (): void => {
    for (const worker of workers) worker.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  try {
    for (const port of ports) workers.push(await startWorker(join(folder, String(port)), port, group, own));
    await Promise.all(urls.map((url) => untilItWrites(url, folder)));
  } catch (error) {
    remove();
    throw error;
  }
  return {
    urls,
    ids: ports.map((port) => `127.0.0.1:${port}`),
    kill: (index) => workers[index]?.kill('SIGKILL'),
    remove,
  };
}

async function startWorker(
  folder: string,
  port: number,
  group: string,
  { settings: different, env }: OwnSettings,
): Promise<ChildProcess> {
  const groups = stackGroups(cacheFolder(process.env));
  const secrets = readSecrets(existingStateFolder(inject('stackRoot')) ?? missing());
  const java = await findJava(process.env);
  mkdirSync(folder);
  const settings = workerSettings({
    bootstrapServers: `127.0.0.1:${inject('stackPorts').kafka}`,
    listener: `http://127.0.0.1:${port}`,
    advertisedHost: '127.0.0.1',
    advertisedPort: port,
    pluginFolders: [groups.sink.folder, groups.converter.folder],
  });
  const own = {
    ...settings,
    'group.id': group,
    'config.storage.topic': `${group}-configs`,
    'offset.storage.topic': `${group}-offsets`,
    'status.storage.topic': `${group}-status`,
    // What has died is missed after 6 s, the least a broker allows, not after 10 and 45.
    'session.timeout.ms': 6_000,
    'heartbeat.interval.ms': 1_000,
    'consumer.session.timeout.ms': 6_000,
    'consumer.heartbeat.interval.ms': 1_000,
    ...different,
  };
  writeFileSync(join(folder, 'connect.properties'), propertiesText(own));
  writeFileSync(join(folder, 'log4j2.properties'), log4j2Properties(join(folder, 'connect.log'), {}));
  const output = openSync(join(folder, 'connect.out'), 'w');
  const worker = spawn(
    java.command,
    [
      ...jvmFlags(WORKER_HEAP_MB, ['-XX:TieredStopAtLevel=1']),
      `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`,
      'org.apache.kafka.connect.cli.ConnectDistributed',
      join(folder, 'connect.properties'),
    ],
    {
      stdio: ['ignore', output, output],
      env: jvmEnvironment(process.env, {
        CLASSPATH: classPathOf(groups.kafka),
        PERPS_WORKER_PASSWORD: (secrets ?? missing()).worker,
        ...env,
      }),
    },
  );
  closeSync(output);
  return worker;
}

/** It answers reads before it has joined its group; only who could delete says that there is nothing to delete. */
async function untilItWrites(url: string, folder: string): Promise<void> {
  const http = createHttp({ what: 'a worker', baseUrl: url, timeoutMs: 10_000 });
  await eventually(
    async () => {
      const { status, body } = await http.request<{ message?: string }>('DELETE', '/connectors/nobody');
      if (status === 404 && body.message?.includes('nobody')) return;
      throw new Error(
        `worker at ${url} answers ${status}: ${body.message}; ${readFileSync(logOf(url, folder), 'utf8').slice(-2_000)}`,
      );
    },
    { timeoutMs: 150_000 },
  );
}

const logOf = (url: string, folder: string): string => join(folder, new URL(url).port, 'connect.out');

function missing(): never {
  throw new Error('the shared stack does not run');
}
