import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { createRestApi } from '../connectors/rest/api.ts';
import { ensureTopics } from '../connectors/topics.ts';
import { withRetry } from '../connectors/wait/retry-policy.ts';
import { withAdmin } from '../core/kafka.ts';
import { connectProducer } from '../core/kafka-producer.ts';
import { withPostgres } from '../core/postgres.ts';
import { migrate } from '../migrations/runner.ts';
import { httpConnection } from '../pipeline/connections.ts';
import { checkpointTopic } from '../pipeline/names.ts';
import type { RestConnect, StreamDefinition } from '../pipeline/types.ts';
import { encodeCheckpoint } from '../producer/kafka/checkpoint.ts';
import { renamed, renderedSink } from './sink-run.ts';
import type { BenchStack } from './stack.ts';

/** Where a process needs the database's password. */
const PASSWORD = 'BENCH_DATABASE_PASSWORD';
const CHECKPOINT_EVERY_MS = 500;

/**
 * Many streams on the benchmark's stack whose sinks run and have nothing to do, and a project of them. A producer of each writes its
 * checkpoints, as it does while its feed sends slots without updates.
 */
export async function createWatchedStreams(stack: BenchStack, count: number) {
  const root = mkdtempSync(join(tmpdir(), 'perps-connect-bench-watch-'));
  const streams = Array.from({ length: count }, (_, index) => {
    const name = `rest_${index}`;
    const { sink, table, ...stream } = renamed(stack.stream, name, `${name}-sink`);
    const { fold: _fold, ...own } = { ...table, name: `public.${name}` };
    return { ...stream, name, table: own, sink: { ...sink, tasksMax: 1 } };
  });
  const api = createRestApi({
    ...httpConnection(stack.environment.connect as RestConnect, stack.secrets),
    secrets: [],
  });
  const sinks = streams.map(({ sink }) => sink.name);
  writeProject(stack, root, streams);
  await migrate(stack.database, { folder: join(root, 'migrations'), direction: 'up' });
  await withPostgres(stack.database, async (client) => {
    for (const { table } of streams)
      await client.query(`CREATE TABLE ${table.name} (LIKE public.positions INCLUDING ALL)`);
  });
  for (const stream of streams) {
    await withAdmin(stack.kafka, 'bench', (admin) => ensureTopics(admin, stream, 1));
    await stack.register(stream);
    const run = { name: stream.sink.name, topic: stream.topic.name, database: stack.database, rows: 0 };
    const config = renderedSink(stack, { ...run, changes: { 'tasks.max': '1' } });
    await withRetry(() => api.putConfig(stream.sink.name, config));
  }
  const stopCheckpoints = await writeCheckpoints(stack, streams);
  return {
    root,
    /** For processes of that project. */
    env: { ...process.env, [PASSWORD]: stack.secrets(stack.environment.database.migrator?.password ?? '') },
    async close(): Promise<void> {
      await stopCheckpoints();
      for (const name of sinks) await withRetry(() => api.remove(name));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function writeProject(stack: BenchStack, root: string, streams: readonly StreamDefinition[]): void {
  for (const folder of ['schemas', 'migrations']) {
    cpSync(join(stack.project.root, folder), join(root, folder), { recursive: true });
  }
  const { kafka, registry, connect, worker, feed } = stack.environment;
  const { migrator, reader: _reader, ...database } = stack.environment.database;
  const reference = `\${env:${PASSWORD}}`;
  const local = { kafka, registry, database: { ...database, ...migrator, password: reference }, connect, worker, feed };
  writeFileSync(join(root, 'connect.yaml'), stringify({ default: 'local', environments: { local } }));
  mkdirSync(join(root, 'connectors'));
  for (const { file: _file, ...stream } of streams) {
    writeFileSync(join(root, 'connectors', `${stream.name}.yaml`), stringify(stream));
  }
}

/** A checkpoint of each stream twice a second, until the returned function is called. */
async function writeCheckpoints(stack: BenchStack, streams: readonly StreamDefinition[]): Promise<() => Promise<void>> {
  const producer = await connectProducer(stack.kafka, { clientId: 'bench' });
  let slot = 300_000_000n;
  let sent: Promise<unknown> = Promise.resolve();
  const write = () => {
    slot += 1n;
    const value = encodeCheckpoint({
      slot,
      at: new Date().toISOString(),
      received: 0,
      published: 0,
      rejected: 0,
      instance: 'bench',
      partitions: 4,
      feed: 'bench:443',
      commitment: 'finalized',
      gaps: [],
    });
    const requests = streams.map(
      (stream) =>
        [
          checkpointTopic(stream),
          [{ key: Buffer.from(stream.name), value, partition: 0, headers: undefined }],
        ] as const,
    );
    sent = sent.then(() => producer.send(new Map(requests)));
  };
  const timer = setInterval(write, CHECKPOINT_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await sent;
    await producer.disconnect();
  };
}
