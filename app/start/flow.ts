import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Logger } from '../../core/log.ts';
import { waitUntilCaughtUp } from '../../operate/catch-up.ts';
import { fedStreams } from '../../pipeline/feed.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { ProducerStats } from '../../producer/run-statistics.ts';
import { startSimulator } from '../../producer/simulator/feed-server.ts';
import { runStream } from '../run-stream.ts';
import type { Session } from '../session.ts';
import { simulatedStream } from '../simulate.ts';
import { oracleFile } from '../verify.ts';
import { type CountedRows, createRowCounter } from './row-counter.ts';

/** Over all streams, since the flow began. */
export interface FlowCounts extends CountedRows {
  /** Updates that the simulated feeds have sent. */
  readonly sent: number;
  /** Records in the topics, and updates in the rejected topics. */
  readonly published: number;
  readonly rejected: number;
}

export interface FlowOptions {
  /** How many updates each simulated feed sends. */
  readonly updates: number;
  readonly seed: number;
  readonly oracleFolder: string;
  /** Hears the producers' warnings. */
  readonly logger: Logger;
  /** Called once a second, and once at the end. */
  readonly onCounts: (counts: FlowCounts) => void;
}

/** What one stream's feed has sent, and what its producer has done with it. */
type Progress = Map<string, { readonly sent: number; readonly stats: ProducerStats }>;

/** One update in this many is one that no table can hold, so that a start shows refusals, too. */
const FAULTY_EVERY = 10_000;
const CATCH_UP_TIMEOUT_MS = 300_000;

/** Simulates each stream's feed and publishes it, all side by side, until every record is in the table. Errors: USAGE when no stream has a feed. */
export async function runFlow(session: Session, options: FlowOptions): Promise<void> {
  const { kafka, asReader, signal } = session;
  const streams = fedStreams(session.streams);
  const progress: Progress = new Map();
  const rows = await createRowCounter(asReader, streams, (counted) =>
    options.onCounts({ ...sums(progress), ...counted }),
  );
  try {
    await Promise.all(streams.map((stream) => publishSimulated(session, options, stream, progress)));
    const host = await session.host();
    for (const stream of streams) {
      await waitUntilCaughtUp({ stream, host, kafka }, { timeoutMs: CATCH_UP_TIMEOUT_MS, signal });
    }
  } finally {
    await rows.close();
  }
  signal.throwIfAborted();
}

async function publishSimulated(
  session: Session,
  { seed, updates, oracleFolder, logger }: FlowOptions,
  stream: StreamDefinition,
  progress: Progress,
): Promise<void> {
  const { signal } = session;
  // The market is the same for the same seed, so a second start sends what comes after the first one's updates.
  const sentBefore = await countLines(oracleFile(oracleFolder, stream.name));
  const simulator = await startSimulator({
    port: 0,
    seed,
    updates: sentBefore + updates,
    faultyEvery: FAULTY_EVERY,
    streams: [simulatedStream(session, stream, oracleFolder)],
  });
  try {
    await runStream(session, stream, {
      feedAddress: simulator.address,
      logger,
      endWithFeed: true,
      onProgress: (stats) => progress.set(stream.name, { sent: simulator.sent(), stats }),
    });
    if (!signal.aborted) await simulator.done;
  } finally {
    await simulator.close();
  }
}

function sums(progress: Progress): Pick<FlowCounts, 'sent' | 'published' | 'rejected'> {
  const all = [...progress.values()];
  return {
    sent: all.reduce((sum, { sent }) => sum + sent, 0),
    published: all.reduce((sum, { stats }) => sum + stats.published, 0),
    rejected: all.reduce((sum, { stats }) => sum + stats.rejected, 0),
  };
}

async function countLines(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  let lines = 0;
  for await (const _line of createInterface({ input: createReadStream(path) })) lines += 1;
  return lines;
}
