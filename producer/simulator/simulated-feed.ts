import { hash } from 'node:crypto';
import { loadAvroSchema } from '../../schemas/avro-schema.ts';
import { planFaults } from './fault-plan.ts';
import { faultsOf } from './faults.ts';
import { createFeedProtocol, type FeedProtocol } from './feed-protocol.ts';
import { FeedScript } from './feed-script.ts';
import { checkSettings, type FeedSettings } from './feed-settings.ts';
import { nullsOf, requireSimulable, type SimulatedMapping, withConstants } from './mapped-stream.ts';
import { createMarket } from './market/market.ts';
import { createOracleWriter, type OracleWriter } from './oracle.ts';
import { createSchemaGenerator } from './schema-generator.ts';
import { Timeline } from './timeline.ts';
import { World } from './world.ts';

/** What the simulator needs of a stream. Paths are absolute. */
export interface SimulatedStream {
  readonly name: string;
  readonly protoPath: string;
  /** Full name of the gRPC service. */
  readonly service: string;
  readonly schemaPath: string;
  /** Where the fields of an update go. Left out: by their names. */
  readonly mapping?: SimulatedMapping | undefined;
  /** The fields that identify an update together; needed for every stream but the positions. */
  readonly key?: readonly string[] | undefined;
  /** The field that the producer counts. This feed leaves it out. */
  readonly ordinal?: string | undefined;
  /** Where to write down what this feed sent. */
  readonly oraclePath?: string | undefined;
}

export interface SimulatedFeed {
  readonly world: World;
  readonly protocol: FeedProtocol;
  readonly oracle: OracleWriter | undefined;
}

const TIMELINE = {
  firstSlot: 312_000_000n,
  /** Eight minutes before midnight, so that even a short feed reaches two UTC days. */
  startMs: Date.UTC(2026, 0, 1, 23, 52),
  updatesPerSlot: 20,
};
const MARKET = { owners: 250, positionsPerOwner: 3 };
const POSITION_UPDATE = 'perps.v1.PositionUpdate';

/** A stream's feed on the wire, and what it does not send. */
function describeFeed(stream: SimulatedStream) {
  const whole = loadAvroSchema(stream.schemaPath);
  const schema = { ...whole, fields: whole.fields.filter(({ name }) => name !== stream.ordinal) };
  const constants = requireSimulable(stream, schema);
  // What the feed does not send is in no message.
  const sent = { ...schema, fields: schema.fields.filter(({ name }) => !Object.hasOwn(constants, name)) };
  const protocol = createFeedProtocol({ ...stream, schema: sent });
  return { name: schema.name, protocol, constants: { ...nullsOf(sent, protocol.schema), ...constants } };
}

/**
 * What the updates of a feed depend on besides the seed: as long as this is the same, they are. Errors: INVALID_DEFINITION.
 */
export function originOfUpdates(stream: SimulatedStream): string {
  const { name, protocol } = describeFeed(stream);
  if (name === POSITION_UPDATE) return 'market';
  const fields = protocol.schema.fields.map(({ doc: _, ...field }) => field);
  const asText = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  return hash('sha256', JSON.stringify([name, fields, stream.key], asText));
}

/** Builds one stream's world. Errors: USAGE for settings out of bounds, INVALID_DEFINITION, ENVIRONMENT for the oracle. */
export async function createSimulatedFeed(stream: SimulatedStream, settings: FeedSettings): Promise<SimulatedFeed> {
  checkSettings(settings);
  const { seed, updates = Number.POSITIVE_INFINITY, ratePerSecond, replayWindowSlots, profile = 'market' } = settings;
  const { name, protocol, constants } = describeFeed(stream);
  const script = new FeedScript({
    timeline: new Timeline({ seed, ...TIMELINE }),
    // Position updates come from the market model, everything else from the schema's own limits.
    generator:
      name === POSITION_UPDATE
        ? createMarket({ seed, ...MARKET, profile })
        : withConstants(createSchemaGenerator({ schema: protocol.schema, seed, key: stream.key ?? [] }), constants),
    updates,
    plan: planFaults({ ...settings, updates }),
    faults: faultsOf(protocol.schema).filter(protocol.carries),
  });
  const { oraclePath } = stream;
  const oracle = oraclePath === undefined ? undefined : await createOracleWriter(oraclePath, protocol.update);
  const world = new World({
    script,
    ratePerSecond,
    replayWindowSlots: replayWindowSlots === undefined ? undefined : BigInt(replayWindowSlots),
    oracle,
  });
  return { world, protocol, oracle };
}
