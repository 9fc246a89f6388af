import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../producer/simulator/feed-server.ts';
import type { SimulatedStream } from '../../producer/simulator/simulated-feed.ts';

const schemas = join(packageRoot(), 'schemas');

/** The position feed of this package, as the simulator takes it. */
export const simulatedPositions = (oraclePath?: string): SimulatedStream => ({
  name: 'positions',
  protoPath: join(schemas, 'position-update.proto'),
  service: 'perps.v1.PositionFeed',
  schemaPath: join(schemas, 'position-update.avsc'),
  ordinal: 'ordinal',
  oraclePath,
});

export type PositionSimulatorOptions = Partial<Omit<SimulatorOptions, 'streams'>> & { readonly oraclePath?: string };

/** Simulates the position feed alone, on a free port unless another is given. */
export const simulatePositions = ({ oraclePath, ...options }: PositionSimulatorOptions): Promise<Simulator> =>
  startSimulator({ port: 0, seed: 1, ...options, streams: [simulatedPositions(oraclePath)] });
