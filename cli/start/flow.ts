import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ConnectError } from '../../core/errors.ts';
import { createLogger } from '../../core/log.ts';
import { waitFor } from '../../core/retry.ts';
import { observeStream } from '../../operate/status.ts';
import { databaseConnection, feedConnection, kafkaConnection, registryConnection } from '../../pipeline/connections.ts';
import { projectFile } from '../../pipeline/load.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { ProducerStats } from '../../producer/producer-options.ts';
import { runProducer } from '../../producer/run-producer.ts';
import { type Simulator, startSimulator } from '../../producer/simulator/feed-server.ts';
import type { StartFlags } from '../commands/start.ts';
import { connectTarget } from '../connect-target.ts';
import { createFlowProgress } from './flow-progress.ts';
import { oracleFile } from './oracle-folder.ts';
import type { StartSession } from './run-start.ts';

/** One update in this many is one that no table can hold, so that a start shows refusals, too. */
const FAULTY_EVERY = 10_000;
const CATCH_UP_TIMEOUT_MS = 300_000;

/** Simulates each stream's feed and publishes it, all side by side, until every record is in the table. */
export async function runFlow(session: StartSession, flags: StartFlags): Promise<void> {
  const { context, streams } = session;
  const progress = await createFlowProgress(session);
  try {
    await Promise.all(streams.map((stream) => flowOf(session, flags, stream, progress.onStats)));
    await Promise.all(streams.map((stream) => caughtUp(session, stream)));
  } finally {
    await progress.close();
  }
  context.signal.throwIfAborted();
}

async function flowOf(
  session: StartSession,
  flags: StartFlags,
  stream: StreamDefinition,
  onStats: (simulator: Simulator, stats: ProducerStats) => void,
): Promise<void> {
  const { context, project, environment } = session;
  const secrets = context.secrets(project);
  const oraclePath = oracleFile(project, stream);
  // The market is the same for the same seed, so a second start sends what comes after the first one's updates.
  const updates = (await countLines(oraclePath)) + flags.updates;
  const protoPath = projectFile(project, stream.feed.proto);
  const simulator = await startSimulator({
    port: 0,
    seed: flags.seed,
    updates,
    faulty: Math.floor(updates / FAULTY_EVERY),
    streams: [
      {
        name: stream.name,
        protoPath,
        service: stream.feed.service,
        schemaPath: projectFile(project, stream.schema),
        oraclePath,
      },
    ],
  });
  try {
    await runProducer({
      stream,
      root: project.root,
      kafka: kafkaConnection(environment, secrets),
      registry: registryConnection(environment, secrets),
      feed: { ...feedConnection(environment, secrets), address: simulator.address },
      logger: createLogger({ level: 'warn' }),
      signal: context.signal,
      endWithFeed: true,
      onProgress: (stats) => onStats(simulator, stats),
    });
    if (!context.signal.aborted) await simulator.done;
  } finally {
    await simulator.close();
  }
}

async function countLines(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  let lines = 0;
  for await (const _line of createInterface({ input: createReadStream(path) })) lines += 1;
  return lines;
}

/** The sink has committed everything: its rows are in the table. A failed task ends the wait with its cause. */
async function caughtUp({ context, project, environment }: StartSession, stream: StreamDefinition): Promise<void> {
  const secrets = context.secrets(project);
  const sources = {
    stream,
    target: connectTarget(environment, secrets),
    kafka: kafkaConnection(environment, secrets),
    database: databaseConnection(environment, secrets),
  };
  await waitFor(
    async () => {
      const status = await observeStream(sources);
      const failed = status.tasks.find(({ failure }) => failure !== undefined)?.failure;
      if (failed !== undefined) throw sinkFailed(stream, failed);
      return status.lag === 0n ? true : undefined;
    },
    { what: `${stream.sink.name} to catch up`, timeoutMs: CATCH_UP_TIMEOUT_MS, everyMs: 500, signal: context.signal },
  );
}

const sinkFailed = (stream: StreamDefinition, failure: { cause: string; hint?: string }): ConnectError =>
  new ConnectError('REFUSED', `${stream.sink.name} failed: ${failure.cause}`, {
    hint: failure.hint ?? 'run `connect status` and `connect logs connect`',
  });
