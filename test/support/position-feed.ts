import { join } from 'node:path';
import protobuf from 'protobufjs';
import { packageRoot } from '../../core/package-root.ts';
import { loadAvroSchema } from '../../schemas/avro-schema.ts';

/** The position feed of this package, and what a test needs to speak its protocol. */
const schemas = join(packageRoot(), 'schemas');
export const positionProto = join(schemas, 'position-update.proto');
export const positionIncludes = [schemas];
export const positionService = 'perps.v1.PositionFeed';
export const positionStream = {
  name: 'positions',
  topic: { name: 'positions', partitions: 4, key: 'position_account', config: {} },
  table: {
    name: 'public.positions',
    key: ['position_account', 'signature'],
    current: {
      view: 'public.current_positions',
      identity: 'position_account',
      order: 'slot',
      ordinal: 'ordinal',
    },
  },
};
export const positionSchema = loadAvroSchema(join(schemas, 'position-update.avsc'));

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith('/') ? target : join(schemas, target));
const streamMessage = root.loadSync(positionProto, { keepCase: true }).lookupType('perps.v1.PositionFeedMessage');
const updateMessage = root.lookupType('perps.v1.PositionUpdate');

/** The bytes of one stream message, e.g. `{ slot: { slot: '5' } }`. */
export function feedMessage(message: Record<string, unknown>): Buffer {
  return Buffer.from(streamMessage.encode(streamMessage.fromObject(message)).finish());
}

/** The bytes of one update alone, e.g. to cut them or to add to them. */
export function updateBytes(update: Record<string, unknown>): Buffer {
  return Buffer.from(updateMessage.encode(updateMessage.fromObject(update)).finish());
}

/** An update that the table can hold, with changes. */
export function positionUpdate(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    position_account: '7Np41oeYqPefeNQEHSv1UDhYrehxin3NStELsSKCT4K2',
    position_index: 3,
    owner: '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T',
    signature: '5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW',
    slot: '312000123',
    block_time: '1767225600123',
    symbol: 'BTC-USD',
    side: 'SIDE_SHORT',
    size: '1.25000001',
    entry_price: '65000.123456',
    mark_price: '65100.5',
    margin: '8125',
    leverage: 10,
    unrealized_pnl: '-125.470680',
    realized_pnl: '-0.000000',
    funding_accrued: '-1.25',
    liquidation_price: '78500.000001',
    status: 'POSITION_STATUS_OPEN',
    event_type: 'EVENT_TYPE_PNL_UPDATE',
    ...changes,
  };
}
