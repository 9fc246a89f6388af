import type { FeedSettings } from './feed-settings.ts';
import { listen } from './grpc-server.ts';
import { createFeedHandlers } from './served-feed.ts';
import { createSimulatedFeed, type SimulatedFeed, type SimulatedStream } from './simulated-feed.ts';

export interface SimulatorOptions extends FeedSettings {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default 127.0.0.1: nobody else can connect. */
  readonly host?: string | undefined;
  /** Which feeds to serve, each a world of its own with these settings. */
  readonly streams: readonly SimulatedStream[];
}

export type Simulator = Awaited<ReturnType<typeof serve>>;

/** How often an oracle that is still growing is brought up to date for readers. */
const ORACLE_FLUSH_MS = 1_000;

/**
 * A gRPC server with simulated feeds.
 * Errors: USAGE for settings out of bounds, ENVIRONMENT when the port is taken or the oracle cannot be written.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', port, streams } = options;
  const feeds: SimulatedFeed[] = [];
  try {
    for (const stream of streams) feeds.push(await createSimulatedFeed(stream, options));
    return await serve(feeds, host, port);
  } catch (error) {
    await closeOracles(feeds);
    throw error;
  }
}

async function serve(feeds: readonly SimulatedFeed[], host: string, port: number) {
  const closing = new AbortController();
  let finish = () => {};
  let fail = (_error: unknown) => {};
  const done = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  // A caller that never looks at `done` must not be ended by it.
  done.catch(() => {});
  const flush = () => Promise.all(feeds.map(({ oracle }) => oracle?.flush()));
  const onOver = () => {
    if (feeds.every(({ world }) => world.isOver)) flush().then(finish, fail);
  };
  const server = await listen(
    host,
    port,
    feeds.map(({ world, protocol }) => ({
      definition: protocol.service,
      handlers: createFeedHandlers({ world, protocol, closing: closing.signal, onOver, onFailure: fail }),
    })),
  );
  const flushing = setInterval(() => void flush().catch(fail), ORACLE_FLUSH_MS).unref();
  return {
    /** `host:port`. */
    address: `${host}:${server.port}`,
    /** How many different updates have been sent; a replay does not count again. */
    sent: () => feeds.reduce((sum, { world }) => sum + world.sent, 0),
    /**
     * Resolves when the last update of every feed has been sent once, or the simulator is closed; the oracle can then be
     * read in full. Rejects with ENVIRONMENT when the oracle cannot be written.
     */
    done,
    /** Ends every subscription with UNAVAILABLE and frees the port. */
    async close(): Promise<void> {
      clearInterval(flushing);
      closing.abort();
      await server.close();
      try {
        await closeOracles(feeds);
        finish();
      } catch (error) {
        fail(error);
        throw error;
      }
    },
  };
}

async function closeOracles(feeds: readonly SimulatedFeed[]): Promise<void> {
  await Promise.all(feeds.map(({ oracle }) => oracle?.close()));
}
