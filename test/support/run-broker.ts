import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { withAdmin } from '../../core/kafka.ts';
import { classPathOf, stackGroups } from '../../stack/artifacts.ts';
import { cacheFolder } from '../../stack/folders.ts';
import { findJava } from '../../stack/java.ts';
import { jvmEnvironment } from '../../stack/parts/jvm.ts';
import { eventually } from './eventually.ts';

interface BrokerOptions {
  /** For its log. */
  readonly folder: string;
  /** Its properties file. */
  readonly config: string;
  /** host:port of a listener that asks for no login. */
  readonly address: string;
  /** More for formatting its data folder. */
  readonly format?: readonly string[];
  /** More for its JVM. */
  readonly jvm?: readonly string[];
}

const QUICK = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** Formats a broker's data folder and runs it; it ends with the test. */
export async function runBroker({ folder, config, address, format = [], jvm = [] }: BrokerOptions): Promise<void> {
  const { kafka } = stackGroups(cacheFolder(process.env));
  const { command } = await findJava(process.env);
  const env = jvmEnvironment(process.env, { CLASSPATH: classPathOf(kafka) });
  const storage = ['kafka.tools.StorageTool', 'format', '-t', 'cGVycHMtdGVzdC1icm9rZQ', '-c', config, ...format];
  await promisify(execFile)(command, [...QUICK, ...storage], { env });
  const log = join(folder, 'broker.log');
  const child = spawn(command, [...QUICK, '-Xmx384m', ...jvm, 'kafka.Kafka', config], { env, cwd: folder });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => appendFileSync(log, data));
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  await eventually(
    async () => {
      if (child.exitCode !== null) throw new Error(`the broker ended:\n${readFileSync(log, 'utf8').slice(-4_000)}`);
      await withAdmin({ brokers: [address] }, 'test', (admin) => admin.brokers());
    },
    { timeoutMs: 120_000 },
  );
}
