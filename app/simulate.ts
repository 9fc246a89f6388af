import { fedStreams, requireFeed } from '../pipeline/feed.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { type SimulatorOptions, startSimulator } from '../producer/simulator/feed-server.ts';
import type { SimulatedStream } from '../producer/simulator/simulated-feed.ts';
import type { Session } from './session.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { oracleFile } from './verify.ts';

/** What is simulated, and where it is served. */
export interface SimulateOptions extends Omit<SimulatorOptions, 'port' | 'streams'> {
  /** Default: that of the environment's feed. */
  readonly port?: number | undefined;
  /** Absolute path of the folder that receives one `<stream>.ndjson` each. */
  readonly oracleFolder?: string | undefined;
  readonly onServing?: ((address: string, services: readonly string[]) => void) | undefined;
  /** Every update has been sent once; the feeds still serve replays. */
  readonly onAllSent?: (() => void) | undefined;
  readonly onClosed?: ((sent: number) => void) | undefined;
}

/** Serves simulated feeds until the session's signal. Errors: ENVIRONMENT for a port that is taken and an oracle that cannot be written; INVALID_DEFINITION. */
export async function simulate(session: Session, options: SimulateOptions): Promise<void> {
  const { port, oracleFolder, onServing, onAllSent, onClosed, ...settings } = options;
  const { environment, signal } = session;
  const streams = fedStreams(session.streams);
  const simulator = await startSimulator({
    ...settings,
    port: port ?? portOf(environment.feed.address),
    streams: streams.map((stream) => simulatedStream(session, stream, oracleFolder)),
  });
  try {
    onServing?.(
      simulator.address,
      streams.map((stream) => requireFeed(stream).service),
    );
    // `done` rejects when the oracle cannot be written.
    await Promise.race([untilInterrupted(signal), simulator.done]);
    if (!signal.aborted) onAllSent?.();
    await untilInterrupted(signal);
  } finally {
    await simulator.close();
    onClosed?.(simulator.sent());
  }
}

/** A stream as the simulator takes it. */
export const simulatedStream = (
  session: Session,
  stream: StreamDefinition,
  oracleFolder: string | undefined,
): SimulatedStream => {
  const { name, schema, table } = stream;
  const feed = requireFeed(stream);
  return {
    name,
    protoPath: session.file(feed.proto),
    service: feed.service,
    mapping: feed,
    schemaPath: session.file(schema),
    key: table.key,
    ordinal: table.current?.ordinal,
    oraclePath: oracleFolder === undefined ? undefined : oracleFile(oracleFolder, name),
  };
};

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));
