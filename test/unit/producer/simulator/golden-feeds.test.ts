import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { packageRoot } from '../../../../core/package-root.ts';
import { type Simulator, startSimulator } from '../../../../producer/simulator/feed-server.ts';
import type { SimulatedStream } from '../../../../producer/simulator/simulated-feed.ts';
import { openReader, updatesOf } from '../../../support/feed-reader.ts';
import { simulatedPositions } from '../../../support/simulated-positions.ts';

const schemas = join(packageRoot(), 'schemas');
const FUNDING_PAYMENTS: SimulatedStream = {
  name: 'funding_payments',
  protoPath: join(schemas, 'funding-payment.proto'),
  service: 'perps.v1.FundingFeed',
  schemaPath: join(schemas, 'funding-payment.avsc'),
  key: ['position_account', 'signature'],
};

let simulator: Simulator | undefined;
afterEach(() => simulator?.close());

// What earlier versions have written down (`--oracle`) and published stays true of what is sent again after an upgrade.
it.each([
  [simulatedPositions(), '84e16d393b30bf5f2b72101209e07fa8071b769a32f0556a406d915265e3aa17'],
  [FUNDING_PAYMENTS, '34829b31db1e72ffd8835fce137dd12a5323ca18ec54444242e998aa2c313f80'],
])('one seed sends what it always sent, byte for byte: $name', async (stream, digest) => {
  simulator = await startSimulator({ port: 0, seed: 42, updates: 2_000, faulty: 20, streams: [stream] });
  const reader = openReader(simulator.address, { protoPath: stream.protoPath, service: stream.service });
  const text = JSON.stringify(updatesOf(await reader.read()));
  reader.close();
  expect(createHash('sha256').update(text).digest('hex')).toBe(digest);
});
