import { type AvroSchema, loadAvroSchema } from '../../schemas/avro-schema.ts';
import { planFaults } from './fault-plan.ts';
import { faultsOf } from './faults.ts';
import { createFeedProtocol, type FeedProtocol } from './feed-protocol.ts';
import { FeedScript } from './feed-script.ts';
import { checkSettings, type FeedSettings } from './feed-settings.ts';
import { createMarket } from './market/market.ts';
import { createOracleWriter, type OracleWriter } from './oracle.ts';
import { createSchemaGenerator } from './schema-generator.ts';
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
  /** The fields that identify an update together; needed for every stream but the positions. */
  readonly key?: readonly string[];
  /** Where to write down what this feed sent. */
  readonly oraclePath?: string | undefined;
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
  const { seed, faulty, faultyEvery, ratePerSecond, replayWindowSlots } = settings;
  const updates = settings.updates ?? Number.POSITIVE_INFINITY;
  const timeline = new Timeline({
    seed,
    firstSlot: FIRST_SLOT,
    startMs: (settings.startTime ?? START_TIME).getTime(),
    updatesPerSlot: settings.updatesPerSlot ?? UPDATES_PER_SLOT,
  });
  const generator = generatorFor(schema, stream, settings);
  const plan = planFaults({ updates, faulty, faultyEvery });
  const script = new FeedScript({ timeline: timeline.clone(), generator, updates, plan, faults: faultsOf(schema) });
  const oracle =
    stream.oraclePath === undefined ? undefined : await createOracleWriter(stream.oraclePath, protocol.update);
  const world = new World({
    script,
    timeline,
    plan,
    updates,
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(replayWindowSlots === undefined ? {} : { replayWindowSlots: BigInt(replayWindowSlots) }),
    ...(oracle === undefined ? {} : { oracle }),
  });
  return { world, protocol, oracle };
}

/** Position updates come from the market model, everything else from the schema's own limits. */
function generatorFor(schema: AvroSchema, { key = [] }: SimulatedStream, settings: FeedSettings): UpdateGenerator {
  const { seed, owners = OWNERS, positionsPerOwner = POSITIONS_PER_OWNER, profile = 'market' } = settings;
  if (schema.name === POSITION_UPDATE) return createMarket({ seed, owners, positionsPerOwner, profile });
  return createSchemaGenerator({ schema, seed, key });
}
