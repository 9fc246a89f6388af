import { join } from 'node:path';
import type { ConnectError } from '../../core/errors.ts';
import { packageRoot } from '../../core/package-root.ts';
import type { FeedSettings } from './feed-settings.ts';
import { listen } from './grpc-server.ts';
import { createFeedHandlers } from './served-feed.ts';
import { createSimulatedFeed, type SimulatedFeed, type SimulatedStream } from './simulated-feed.ts';

export interface SimulatorOptions extends FeedSettings {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default 127.0.0.1: nobody else can connect. */
  readonly host?: string;
  /** Which feeds to serve, each a world of its own with these settings; default: the position feed of this package. */
  readonly streams?: readonly SimulatedStream[];
  /** Where to write down what the default feed sent; `streams` have their own. */
  readonly oraclePath?: string;
  /** Default 5,000. */
  readonly pingEveryMs?: number;
}

export interface Simulator {
  /** `host:port`. */
  readonly address: string;
  readonly port: number;
  /** How many different updates have been sent; a replay does not count again. */
  sent(): number;
  /**
   * Resolves when the last update of every feed has been sent once, or the simulator is closed; the oracle can then be
   * read in full. Rejects with ENVIRONMENT when the oracle cannot be written.
   */
  readonly done: Promise<void>;
  /** Ends every subscription with UNAVAILABLE and frees the port. */
  close(): Promise<void>;
}

const PING_EVERY_MS = 5_000;
/** How often an oracle that is still growing is brought up to date for readers. */
const ORACLE_FLUSH_MS = 1_000;

/**
 * A gRPC server with simulated feeds.
 * Errors: USAGE for settings out of bounds, ENVIRONMENT when the port is taken or the oracle cannot be written.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = '127.0.0.1', streams = [positionStream(options.oraclePath)] } = options;
  const feeds: SimulatedFeed[] = [];
  try {
    for (const stream of streams) feeds.push(await createSimulatedFeed(stream, options));
    return await serve(feeds, host, options);
  } catch (error) {
    await closeOracles(feeds);
    throw error;
  }
}

async function serve(feeds: readonly SimulatedFeed[], host: string, options: SimulatorOptions): Promise<Simulator> {
  const closing = new AbortController();
  const completion = createCompletion(feeds);
  const server = await listen(
    host,
    options.port,
    feeds.map(({ world, protocol }) => ({
      definition: protocol.service,
      handlers: {
        ...createFeedHandlers({
          world,
          protocol,
          pingEveryMs: options.pingEveryMs ?? PING_EVERY_MS,
          closing: closing.signal,
          onOver: completion.check,
          onFailure: completion.fail,
        }),
      },
    })),
  );
  const flushing = setInterval(() => {
    for (const { oracle } of feeds) oracle?.flush().catch(completion.fail);
  }, ORACLE_FLUSH_MS).unref();
  return {
    address: `${host}:${server.port}`,
    port: server.port,
    sent: () => feeds.reduce((sum, { world }) => sum + world.sent, 0),
    done: completion.done,
    async close() {
      clearInterval(flushing);
      closing.abort();
      await server.close();
      await closeOracles(feeds).then(completion.finish, (error) => {
        completion.fail(error);
        throw error;
      });
    },
  };
}

/** The position feed as this package defines it. */
export function positionStream(oraclePath?: string): SimulatedStream {
  const schemas = join(packageRoot(), 'schemas');
  return {
    name: 'positions',
    protoPath: join(schemas, 'position-update.proto'),
    service: 'perps.v1.PositionFeed',
    schemaPath: join(schemas, 'position-update.avsc'),
    ...(oraclePath === undefined ? {} : { oraclePath }),
  };
}

async function closeOracles(feeds: readonly SimulatedFeed[]): Promise<void> {
  await Promise.all(feeds.map(({ oracle }) => oracle?.close()));
}

interface Completion {
  readonly done: Promise<void>;
  check(): void;
  finish(): void;
  fail(error: ConnectError): void;
}

function createCompletion(feeds: readonly SimulatedFeed[]): Completion {
  let finish = () => {};
  let fail = (_error: ConnectError) => {};
  const done = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  // Whoever never looks at `done` must not be ended by it.
  done.catch(() => {});
  return {
    done,
    check() {
      if (!feeds.every(({ world }) => world.isOver)) return;
      Promise.all(feeds.map(({ oracle }) => oracle?.flush())).then(finish, fail);
    },
    finish,
    fail,
  };
}
