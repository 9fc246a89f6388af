import type { Http } from '../../../core/http.ts';
import { type LocalWorker, startLocalWorker } from '../../../stack/msk/local-worker.ts';
import { eventually } from '../eventually.ts';
import type { FakeConnector, Workers } from './fake-connectors.ts';
import type { FakeResources } from './fake-resources.ts';

export interface RealWorkers extends Workers {
  /** Kills the connector's worker, and has none for any connector until `find`. */
  lose(connector: string): Promise<void>;
  find(): void;
  /** What the connector's worker has logged since it was started. */
  logOf(connector: string): Promise<string>;
  /** Ends every worker. */
  close(): Promise<void>;
}

/** What a worker of MSK Connect's 3.7.x is, on this machine: Kafka Connect 3.7.2 on Java 17, one process for each connector. */
export function realWorkers(
  env: NodeJS.ProcessEnv,
  variables: Readonly<Record<string, string>>,
): (resources: FakeResources) => RealWorkers {
  const running = new Map<string, LocalWorker>();
  let areLost = false;
  const of = (name: string): LocalWorker => {
    const worker = running.get(name);
    if (worker === undefined) throw new Error(`no worker runs ${name}`);
    return worker;
  };
  const ask = (connector: FakeConnector, method: 'PUT' | 'POST' | 'DELETE', path: string) =>
    of(connector.name).http.request(method, `/connectors/${connector.name}${path}`);

  return (resources) => {
    const boot = async ({ name, settings }: FakeConnector): Promise<void> => {
      const { bootstrapServers } = settings.kafkaCluster.apacheKafkaCluster;
      running.set(
        name,
        await startLocalWorker({ ...resources.filesOf(settings), name, bootstrapServers, env, variables }),
      );
    };

    const configure = async (connector: FakeConnector): Promise<void> => {
      const { name, settings } = connector;
      const { connectorConfiguration: config } = settings;
      const { http } = of(name);
      const { status, body } = await http.request('PUT', `/connectors/${name}/config`, { name, ...config });
      if (status >= 300) throw new Error(`the worker answers ${status}: ${JSON.stringify(body)}`);
      await untilRunning(http, name, Number(config['tasks.max']));
    };

    const halt = async ({ name }: FakeConnector): Promise<void> => {
      await running.get(name)?.close();
      running.delete(name);
    };

    return {
      async start(connector) {
        if (areLost) return;
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
        await ask(connector, 'PUT', '/pause');
        await untilTasks(of(connector.name).http, connector.name, 'PAUSED');
      },
      async resume(connector) {
        await ask(connector, 'PUT', '/resume');
        await untilTasks(of(connector.name).http, connector.name, 'RUNNING');
      },
      async restart(connector, onlyFailed) {
        await ask(connector, 'POST', `/restart?includeTasks=true&onlyFailed=${onlyFailed}`);
        await untilTasks(of(connector.name).http, connector.name, 'RUNNING');
      },
      async stop(connector) {
        if (running.has(connector.name)) await ask(connector, 'DELETE', '');
        await halt(connector);
      },
      async lose(name) {
        areLost = true;
        // By SIGKILL.
        await running.get(name)?.close();
        running.delete(name);
      },
      find() {
        areLost = false;
      },
      logOf: (name) => of(name).log(),
      async close() {
        await Promise.all([...running.values()].map((worker) => worker.close()));
        running.clear();
      },
    };
  };
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
    { timeoutMs: 120_000 },
  );
  if (failure !== undefined) throw failure;
}

const untilTasks = (http: Http, name: string, wanted: string): Promise<void> =>
  eventually(
    async () => {
      const { body } = await http.request<Status>('GET', `/connectors/${name}/status`);
      const states = (body.tasks ?? []).map(({ state }) => state);
      if (states.length === 0 || !states.every((state) => state === wanted)) throw new Error(`tasks are ${states}`);
    },
    { timeoutMs: 120_000 },
  );
