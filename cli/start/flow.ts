import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kafkaConnection } from '../../connectors/kafka-connection.ts';
import { createLogger } from '../../core/log.ts';
import { waitUntilCaughtUp } from '../../operate/catch-up.ts';
import { feedConnection, registryConnection } from '../../pipeline/connections.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { ProducerStats } from '../../producer/producer-options.ts';
import { runProducer } from '../../producer/run-stream.ts';
import { type Simulator, startSimulator } from '../../producer/simulator/feed-server.ts';
import type { StartFlags } from '../commands/start.ts';
import { simulatedStreams } from '../simulated-streams.ts';
import { statusSources } from '../status-sources.ts';
import { createFlowProgress } from './flow-progress.ts';
import { oracleFolder } from './oracle-folder.ts';
import type { StartSession } from './run-start.ts';

/** One update in this many is one that no table can hold, so that a start shows refusals, too. */
const FAULTY_EVERY = 10_000;
const CATCH_UP_TIMEOUT_MS = 300_000;

/** Simulates each stream's feed and publishes it, all side by side, until every record is in the table. */
export async function runFlow(session: StartSession, flags: StartFlags): Promise<void> {
  const { context, project, environment, streams } = session;
  const progress = await createFlowProgress(session);
  try {
    await Promise.all(streams.map((stream) => flowOf(session, flags, stream, progress.onStats)));
    for (const stream of streams) {
      await waitUntilCaughtUp(statusSources(environment, context.secrets(project), stream), {
        timeoutMs: CATCH_UP_TIMEOUT_MS,
        signal: context.signal,
      });
    }
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
  // The market is the same for the same seed, so a second start sends what comes after the first one's updates.
  const updates = (await countLines(join(oracleFolder(project), `${stream.name}.ndjson`))) + flags.updates;
  const simulator = await startSimulator({
    port: 0,
    seed: flags.seed,
    updates,
    faultyEvery: FAULTY_EVERY,
    streams: simulatedStreams(context, project, [stream], oracleFolder(project)),
  });
  try {
    await runProducer({
      stream,
      root: project.root,
      kafka: kafkaConnection(environment, secrets),
      registry: registryConnection(environment, secrets),
      feed: { ...feedConnection(environment, secrets), address: simulator.address },
      logger: createLogger({ level: 'warn', stream: context.stderr }),
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
