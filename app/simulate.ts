import type { StreamDefinition } from '../pipeline/types.ts';
import { type Simulator, startSimulator } from '../producer/simulator/feed-server.ts';
import type { SimulatedStream } from '../producer/simulator/simulated-feed.ts';
import type { ProfileName } from './choices.ts';
import type { Session } from './session.ts';
import { untilInterrupted } from './until-interrupted.ts';
import { oracleFile } from './verify.ts';

export interface SimulateOptions {
  readonly host: string;
  /** Default: that of the environment's feed. */
  readonly port?: number | undefined;
  readonly seed: number;
  /** Of each feed; undefined: no end. */
  readonly updates?: number | undefined;
  /** Undefined: as fast as they are read. */
  readonly ratePerSecond?: number | undefined;
  readonly faulty?: number | undefined;
  readonly profile: ProfileName;
  readonly replayWindowSlots?: number | undefined;
  /** Absolute path of the folder that receives one `<stream>.ndjson` each. */
  readonly oracleFolder?: string | undefined;
  readonly onEvent: (event: SimulateEvent) => void;
}

export type SimulateEvent =
  | { readonly kind: 'serving'; readonly address: string; readonly services: readonly string[] }
  /** Every update has been sent once; the feeds still serve replays. */
  | { readonly kind: 'all sent' }
  | { readonly kind: 'closed'; readonly sent: number };

/** Serves simulated feeds until the user interrupts. Errors: those of `startSimulator`, ENVIRONMENT when an oracle cannot be written. */
export async function simulate(session: Session, options: SimulateOptions): Promise<void> {
  const { port, oracleFolder, onEvent, ...settings } = options;
  const { environment, streams, signal } = session;
  const simulator = await startSimulator({
    ...settings,
    port: port ?? portOf(environment.feed.address),
    streams: streams.map((stream) => simulatedStream(session, stream, oracleFolder)),
  });
  try {
    onEvent({ kind: 'serving', address: simulator.address, services: streams.map(({ feed }) => feed.service) });
    await Promise.race([untilInterrupted(signal), allSent(simulator, signal, onEvent)]);
  } finally {
    await simulator.close();
    onEvent({ kind: 'closed', sent: simulator.sent() });
  }
}

/** Rejects when the oracle cannot be written. */
async function allSent({ done }: Simulator, signal: AbortSignal, onEvent: SimulateOptions['onEvent']): Promise<void> {
  await done;
  if (!signal.aborted) onEvent({ kind: 'all sent' });
  await untilInterrupted(signal);
}

/** A stream as the simulator takes it. */
export const simulatedStream = (
  session: Session,
  { name, feed, schema, table }: StreamDefinition,
  oracleFolder: string | undefined,
): SimulatedStream => ({
  name,
  protoPath: session.file(feed.proto),
  service: feed.service,
  schemaPath: session.file(schema),
  key: table.key,
  oraclePath: oracleFolder === undefined ? undefined : oracleFile(oracleFolder, name),
});

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1));
