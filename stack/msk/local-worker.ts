import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';
import { ConnectError } from '../../core/errors.ts';
import { createHttp } from '../../core/http.ts';
import { propertiesText } from '../../core/properties.ts';
import { waitFor } from '../../core/retry.ts';
import { classPathOf, inCache, readArtifactLock } from '../artifacts.ts';
import { artifactStore, fetchArtifacts } from '../fetch-artifacts.ts';
import { findJava } from '../java.ts';
import { jvmEnvironment, jvmFlags } from '../parts/jvm.ts';
import { freePort } from '../ports.ts';

export interface LocalWorkerOptions {
  /** Names its group and its internal topics. */
  readonly name: string;
  readonly bootstrapServers: string;
  /** The plugin zip. */
  readonly plugin: Buffer;
  /** The worker configuration: a Java properties file. */
  readonly properties: string;
  /** The process environment, and what the worker gets besides the usual. */
  readonly env: NodeJS.ProcessEnv;
  readonly variables?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export type LocalWorker = Awaited<ReturnType<typeof startLocalWorker>>;

const READY_MS = 180_000;

/**
 * A Kafka Connect worker as MSK Connect's 3.7.x has them, on this machine: version 3.7.2, the zip as its only plugin, the worker
 * configuration as its properties. It lets no connector override its clients, which is the harder case.
 * Errors: ENVIRONMENT when it does not come up, those of `fetchArtifacts`.
 */
export async function startLocalWorker(options: LocalWorkerOptions) {
  const { env, variables = {}, signal } = options;
  const [CLASSPATH, { command }, port] = await Promise.all([classPath(options), findJava(env), freePort()]);
  const folder = await mkdtemp(join(tmpdir(), 'perps-connect-worker-'));
  const log = join(folder, 'worker.log');
  const topics = ['configs', 'offsets', 'status'].map((kind) => `__amazon_msk_connect_${kind}_${options.name}`);
  const config = join(folder, 'worker.properties');
  const logging = join(folder, 'log4j.properties');
  await unpackZip(options.plugin, join(folder, 'plugins', 'sink'));
  await writeFile(config, `${ownSettings(options, topics, port, folder)}${options.properties}`);
  await writeFile(logging, LOG4J);
  const main = 'org.apache.kafka.connect.cli.ConnectDistributed';
  const args = [...jvmFlags(512), `-Dlog4j.configuration=file:${logging}`, main, config];
  const child = spawn(command, args, { cwd: folder, env: jvmEnvironment(env, { CLASSPATH, ...variables }) });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => void appendFile(log, data));
  const http = createHttp({
    what: 'the local worker',
    baseUrl: `http://127.0.0.1:${port}`,
    // Also where there is no body: axios would call an empty PUT a form, which a worker refuses.
    headers: { 'Content-Type': 'application/json' },
    timeoutMs: 60_000,
  });
  const worker = {
    http,
    /** Names of the topics that it keeps its state in. */
    topics,
    /** Everything it has printed. */
    log: () => readFile(log, 'utf8').catch(() => ''),
    /** Ends the process and removes its files. */
    async close() {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await waitFor(() => isReady(child, worker), { what: 'the local worker to be ready', timeoutMs: READY_MS, signal });
  } catch (error) {
    await worker.close();
    throw error;
  }
  return worker;
}

/** 31 MB, which are downloaded when they are not in the cache. */
async function classPath({ env, signal }: LocalWorkerOptions): Promise<string> {
  const store = artifactStore(env);
  const worker = inCache(store.cache, 'connect-3.7', readArtifactLock().msk.worker);
  await fetchArtifacts([worker], { ...store, signal });
  return classPathOf(worker);
}

/** It answers reads before it has joined its group, and a 404 of its own while its routes are being set up. */
async function isReady(child: ChildProcess, worker: LocalWorker): Promise<boolean> {
  if (child.exitCode !== null) {
    const lines = lastWords(await worker.log());
    throw new ConnectError('ENVIRONMENT', `the local worker has ended:\n  ${lines.join('\n  ')}`);
  }
  const { status, body } = await worker.http.request<{ message?: string }>('DELETE', '/connectors/nobody');
  return status === 404 && body.message?.includes('nobody') === true;
}

/** What MSK Connect sets itself. */
function ownSettings(
  { name, bootstrapServers }: LocalWorkerOptions,
  [configs = '', offsets = '', status = '']: readonly string[],
  port: number,
  folder: string,
): string {
  return propertiesText({
    'bootstrap.servers': bootstrapServers,
    'group.id': `__amazon_msk_connect_${name}`,
    'config.storage.topic': configs,
    'offset.storage.topic': offsets,
    'status.storage.topic': status,
    'config.storage.replication.factor': 1,
    'offset.storage.replication.factor': 1,
    'status.storage.replication.factor': 1,
    'offset.storage.partitions': 1,
    'status.storage.partitions': 1,
    'connector.client.config.override.policy': 'None',
    'plugin.path': join(folder, 'plugins'),
    // By the service manifests of the zip; to look at every class instead takes 11 s.
    'plugin.discovery': 'service_load',
    listeners: `http://127.0.0.1:${port}`,
    'rest.advertised.host.name': '127.0.0.1',
    'rest.advertised.port': port,
    'scheduled.rebalance.max.delay.ms': 0,
  });
}

const MOST_LINES = 12;

/** Why a worker has ended, by its log: its last error with the causes, without the frames of their stacks. */
export function lastWords(log: string): string[] {
  const lines = log.trimEnd().split('\n');
  const error = lines.findLastIndex((line) => / (ERROR|FATAL) /.test(line));
  const said = error === -1 ? lines.slice(-MOST_LINES) : lines.slice(error);
  return said.filter((line) => !/^\s+(at |\.{3} \d+ more)/.test(line)).slice(0, MOST_LINES);
}

const LOG4J = `log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %m (%c{1})%n
`;

async function unpackZip(zip: Buffer, target: string): Promise<void> {
  const file = await fromBufferPromise(zip);
  for await (const entry of file.eachEntry()) {
    const name = normalize(entry.fileName);
    if (name.endsWith('/') || name.startsWith('..') || name.startsWith('/')) continue;
    await mkdir(dirname(join(target, name)), { recursive: true });
    await writeFile(join(target, name), await buffer(await file.openReadStreamPromise(entry)));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
