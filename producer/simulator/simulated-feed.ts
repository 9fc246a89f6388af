import { ConnectError } from '../../core/errors.ts';
import { type AvroSchema, loadAvroSchema } from '../../schemas/avro-schema.ts';
import { faultsOf } from './faults.ts';
import { createFeedProtocol, type FeedProtocol } from './feed-protocol.ts';
import { FeedScript } from './feed-script.ts';
import { createMarket } from './market.ts';
import { createOracleWriter, type OracleWriter } from './oracle.ts';
import { Timeline } from './timeline.ts';
import type { UpdateGenerator } from './update-generator.ts';
import { World } from './world.ts';

/** A stream's feed as it is to be simulated. Paths are absolute. */
export interface SimulatedStream {
  readonly name: string;
  readonly protoPath: string;
  /** Full name of the gRPC service. */
  readonly service: string;
  readonly schemaPath: string;
  /** Where to write down what this feed sent. */
  readonly oraclePath?: string;
}

export interface FeedSettings {
  /** A whole number, 0 ≤ seed < 2^32: the same one gives the same feed. */
  readonly seed: number;
  /** How many updates there are in all; left out: no end. */
  readonly updates?: number;
  /** How many of them no table can hold. */
  readonly faulty: number;
  /** Updates a second; left out: as fast as subscribers read. */
  readonly ratePerSecond?: number;
  /** How many slots behind the newest one can be replayed; left out: all. */
  readonly replayWindowSlots?: number;
  /** The time of the first slot, UTC. */
  readonly startTime?: Date;
  /** Updates in a slot, on average. */
  readonly updatesPerSlot?: number;
  /** How many wallets take part, and how many live positions each has on average. */
  readonly owners?: number;
  readonly positionsPerOwner?: number;
}

export interface SimulatedFeed {
  readonly world: World;
  readonly protocol: FeedProtocol;
  readonly oracle: OracleWriter | undefined;
}

/** Eight minutes before midnight, so that even a short feed reaches two UTC days. */
const START_TIME = new Date('2026-01-01T23:52:00.000Z');
const FIRST_SLOT = 312_000_000n;
const UPDATES_PER_SLOT = 20;
const OWNERS = 250;
const POSITIONS_PER_OWNER = 3;
const POSITION_UPDATE = 'perps.v1.PositionUpdate';

/** Builds one stream's world. Errors: USAGE for settings out of bounds, INVALID_DEFINITION, ENVIRONMENT for the oracle. */
export async function createSimulatedFeed(stream: SimulatedStream, settings: FeedSettings): Promise<SimulatedFeed> {
  checkSettings(settings);
  const schema = loadAvroSchema(stream.schemaPath);
  const protocol = createFeedProtocol({ ...stream, schema });
  const { seed, faulty, ratePerSecond, replayWindowSlots } = settings;
  const updates = settings.updates ?? Number.POSITIVE_INFINITY;
  const timeline = new Timeline({
    seed,
    firstSlot: FIRST_SLOT,
    startMs: (settings.startTime ?? START_TIME).getTime(),
    updatesPerSlot: settings.updatesPerSlot ?? UPDATES_PER_SLOT,
  });
  const generator = generatorFor(schema, settings);
  const script = new FeedScript({ timeline: timeline.clone(), generator, updates, faulty, faults: faultsOf(schema) });
  const oracle = stream.oraclePath === undefined ? undefined : await createOracleWriter(stream.oraclePath);
  const world = new World({
    script,
    timeline,
    updates,
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(replayWindowSlots === undefined ? {} : { replayWindowSlots: BigInt(replayWindowSlots) }),
    ...(oracle === undefined ? {} : { oracle }),
  });
  return { world, protocol, oracle };
}

/** Position updates come from the market model, everything else from the schema's own limits. */
function generatorFor(schema: AvroSchema, settings: FeedSettings): UpdateGenerator {
  const { seed, owners = OWNERS, positionsPerOwner = POSITIONS_PER_OWNER } = settings;
  if (schema.name === POSITION_UPDATE) return createMarket({ seed, owners, positionsPerOwner });
  throw new ConnectError('INVALID_DEFINITION', `no generator for ${schema.name}`);
}

function checkSettings(settings: FeedSettings): void {
  const isCount = (value: number, least: number, most = Number.MAX_SAFE_INTEGER) =>
    Number.isSafeInteger(value) && value >= least && value <= most;
  const { seed, updates, faulty, ratePerSecond, replayWindowSlots, updatesPerSlot, owners, positionsPerOwner } =
    settings;
  const checks: readonly [string, number | undefined, boolean, string][] = [
    ['seed', seed, isCount(seed, 0, 2 ** 32 - 1), 'a whole number below 2^32'],
    ['updates', updates, isCount(updates ?? 1, 1), 'a whole number from 1'],
    ['faulty', faulty, isCount(faulty, 0, updates), 'a whole number, at most the number of updates'],
    [
      'rate',
      ratePerSecond,
      ratePerSecond === undefined || (ratePerSecond > 0 && ratePerSecond < 1e9),
      'more than 0 a second',
    ],
    ['replay window', replayWindowSlots, isCount(replayWindowSlots ?? 0, 0), 'a whole number of slots'],
    [
      'updates per slot',
      updatesPerSlot,
      isCount(updatesPerSlot ?? 1, 1, 1_000_000),
      'a whole number from 1 to 1,000,000',
    ],
    ['owners', owners, isCount(owners ?? 1, 1, 1_000_000), 'a whole number from 1 to 1,000,000'],
    [
      'positions per owner',
      positionsPerOwner,
      isCount(positionsPerOwner ?? 1, 1, 1_000),
      'a whole number from 1 to 1,000',
    ],
  ];
  for (const [name, value, isValid, rule] of checks) {
    if (!isValid) throw new ConnectError('USAGE', `the simulator's ${name} is ${value}: it must be ${rule}`);
  }
}
