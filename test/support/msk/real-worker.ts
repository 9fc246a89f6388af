import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';
import { createHttp, type Http } from '../../../core/http.ts';
import { findJava } from '../../../stack/java.ts';
import { mskWorkerClassPath } from '../../../stack/msk/worker-artifacts.ts';
import { propertiesText } from '../../../stack/parts/jvm.ts';
import { eventually } from '../eventually.ts';
import { freePorts } from '../free-ports.ts';
import type { FakeConnector, Workers } from './fake-connectors.ts';
import type { FakeResources } from './fake-resources.ts';

interface Running {
  readonly child: ChildProcess;
  readonly http: Http;
  readonly folder: string;
}

export interface RealWorkers extends Workers {
  /** What the connector's worker has logged since it was started. */
  logOf(connector: string): string;
  /** Ends every worker. */
  close(): Promise<void>;
}

/** What a worker of MSK Connect's 3.7.x is, on this machine: Kafka Connect 3.7.2 on Java 17, one process for each connector. */
export function realWorkers(env: NodeJS.ProcessEnv): (resources: FakeResources) => RealWorkers {
  const running = new Map<string, Running>();
  const logs = new Map<string, string>();
  const of = (connector: FakeConnector): Running => {
    const worker = running.get(connector.name);
    if (worker === undefined) throw new Error(`no worker runs ${connector.name}`);
    return worker;
  };

  return (resources) => {
    const boot = async (connector: FakeConnector): Promise<void> => {
      const folder = mkdtempSync(join(tmpdir(), 'perps-connect-msk-'));
      const { plugin, properties } = resources.filesOf(connector.settings);
      await unpack(plugin, join(folder, 'plugins', 'sink'));
      const [port = 0] = await freePorts(1);
      const log = join(folder, 'worker.log');
      writeFileSync(join(folder, 'worker.properties'), `${ownSettings(connector, port, folder)}${properties}`);
      writeFileSync(join(folder, 'log4j.properties'), LOG4J);
      const { command } = await findJava(env);
      const args = [
        '-Xmx512m',
        '-Duser.timezone=UTC',
        `-Dlog4j.configuration=file:${join(folder, 'log4j.properties')}`,
        'org.apache.kafka.connect.cli.ConnectDistributed',
        join(folder, 'worker.properties'),
      ];
      const CLASSPATH = await mskWorkerClassPath({ env });
      const child = spawn(command, args, { env: { ...env, CLASSPATH }, cwd: folder });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => appendFileSync(log, data));
      logs.set(connector.name, log);
      const http = createHttp({ what: 'the worker', baseUrl: `http://127.0.0.1:${port}`, timeoutMs: 30_000 });
      running.set(connector.name, { child, http, folder });
      await eventually(
        async () => {
          if (child.exitCode !== null) throw new Error(`the worker has ended: ${readFileSync(log, 'utf8').slice(-2000)}`);
          // It answers reads before it has joined its group, and a 404 of its own while its routes are being set up.
          const { status, body } = await http.request<{ message?: string }>('DELETE', '/connectors/nobody');
          if (status !== 404 || body.message?.includes('nobody') !== true) throw new Error(`the worker answers ${status}`);
        },
        { timeoutMs: 120_000 },
      );
    };

    const configure = async (connector: FakeConnector): Promise<void> => {
      const { http } = of(connector);
      const { connectorConfiguration: config } = connector.settings;
      const { status, body } = await http.request('PUT', `/connectors/${connector.name}/config`, { name: connector.name, ...config });
      if (status >= 300) throw new Error(`the worker answers ${status}: ${JSON.stringify(body)}`);
      await untilRunning(http, connector.name, Number(config['tasks.max']));
    };

    const halt = async (connector: FakeConnector): Promise<void> => {
      const worker = running.get(connector.name);
      if (worker === undefined) return;
      running.delete(connector.name);
      await end(worker);
    };

    return {
      async start(connector) {
        await boot(connector);
        await configure(connector);
      },
      configure,
      async restartWorkers(connector) {
        await halt(connector);
        await boot(connector);
        await configure(connector);
      },
      async pause(connector) {
        await of(connector).http.request('PUT', `/connectors/${connector.name}/pause`);
        await untilTasks(of(connector).http, connector.name, 'PAUSED');
      },
      async resume(connector) {
        await of(connector).http.request('PUT', `/connectors/${connector.name}/resume`);
        await untilTasks(of(connector).http, connector.name, 'RUNNING');
      },
      async restart(connector, onlyFailed) {
        const query = `includeTasks=true&onlyFailed=${onlyFailed}`;
        await of(connector).http.request('POST', `/connectors/${connector.name}/restart?${query}`);
        await untilTasks(of(connector).http, connector.name, 'RUNNING');
      },
      async stop(connector) {
        await running.get(connector.name)?.http.request('DELETE', `/connectors/${connector.name}`);
        await halt(connector);
      },
      logOf: (connector) => readFileSync(logs.get(connector) ?? '', 'utf8'),
      async close() {
        await Promise.all([...running.values()].map(end));
        running.clear();
      },
    };
  };
}

/** What MSK Connect sets itself. It lets no connector override its clients here, which is the harder case. */
function ownSettings(connector: FakeConnector, port: number, folder: string): string {
  const topic = (kind: string) => `__amazon_msk_connect_${kind}_${connector.name}`;
  return propertiesText({
    'bootstrap.servers': connector.settings.kafkaCluster.apacheKafkaCluster.bootstrapServers,
    'group.id': `__amazon_msk_connect_${connector.name}`,
    'config.storage.topic': topic('configs'),
    'offset.storage.topic': topic('offsets'),
    'status.storage.topic': topic('status'),
    'config.storage.replication.factor': 1,
    'offset.storage.replication.factor': 1,
    'status.storage.replication.factor': 1,
    'offset.storage.partitions': 1,
    'status.storage.partitions': 1,
    'connector.client.config.override.policy': 'None',
    'plugin.path': join(folder, 'plugins'),
    listeners: `http://127.0.0.1:${port}`,
    'rest.advertised.host.name': '127.0.0.1',
    'rest.advertised.port': port,
    'scheduled.rebalance.max.delay.ms': 0,
  });
}

const LOG4J = `log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %m (%c{1})%n
`;

async function unpack(zip: Buffer, target: string): Promise<void> {
  const file = await fromBufferPromise(zip);
  for await (const entry of file.eachEntry()) {
    const path = join(target, entry.fileName);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await buffer(await file.openReadStreamPromise(entry)));
  }
}

interface Status {
  readonly connector?: { readonly state: string; readonly trace?: string };
  readonly tasks?: readonly { readonly state: string; readonly trace?: string }[];
}

async function untilRunning(http: Http, name: string, tasks: number): Promise<void> {
  const failure = await eventually(
    async () => {
      const { body } = await http.request<Status>('GET', `/connectors/${name}/status`);
      const parts = [...(body.connector === undefined ? [] : [body.connector]), ...(body.tasks ?? [])];
      const failed = parts.find(({ state }) => state === 'FAILED');
      if (failed !== undefined) return new Error(failed.trace ?? 'no reason given');
      if (parts.filter(({ state }) => state === 'RUNNING').length !== tasks + 1) throw new Error('not yet RUNNING');
      return undefined;
    },
    { timeoutMs: 60_000 },
  );
  if (failure !== undefined) throw failure;
}

const untilTasks = (http: Http, name: string, wanted: string): Promise<void> =>
  eventually(
    async () => {
      const { body } = await http.request<Status>('GET', `/connectors/${name}/status`);
      if (!(body.tasks ?? []).every(({ state }) => state === wanted)) throw new Error(`not every task is ${wanted}`);
    },
    { timeoutMs: 60_000 },
  );

async function end({ child, folder }: Running): Promise<void> {
  const ended = once(child, 'exit');
  if (child.exitCode === null) {
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
