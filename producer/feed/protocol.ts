import protobuf from 'protobufjs';
import { messageOf } from '../../core/errors.ts';
import { COMMITMENTS, type Commitment, type FeedEvent } from './event.ts';
import { loadFeedProto } from './proto.ts';
import type { ReplayWindow } from './resume.ts';

/** An enum of the proto: its name and the names of its values by number. */
export interface ProtoEnum {
  readonly name: string;
  readonly valueNames: Readonly<Record<number, string>>;
}

/** A feed's two calls as bytes, and what the proto says of its updates. */
export type FeedService = ReturnType<typeof loadFeedService>;

/**
 * A feed's service by its proto. It decodes by protobufjs itself and not by proto-loader, which turns every message into a
 * second object with its 64-bit numbers as text: more than twice the time of the decoding. Errors: INVALID_DEFINITION.
 */
export function loadFeedService(protoPath: string, includeDirs: readonly string[], serviceName: string) {
  const { subscribe, replayInfo, update } = loadFeedProto(protoPath, includeDirs, serviceName);
  markUnset(update);
  const notice = subscribe.response.fields.slot?.resolvedType;
  if (notice instanceof protobuf.Type) markUnset(notice);
  return {
    /** Full name, e.g. `perps.v1.PositionFeed`. */
    name: serviceName,
    /** Full name of the message that the feed streams. */
    messageName: subscribe.response.fullName.replace(/^\./, ''),
    /** The enums among the update's fields, by field name. */
    enums: enumsOf(update),
    subscribePath: `/${serviceName}/Subscribe`,
    encodeSubscribe: ({ fromSlot, commitment }: { fromSlot: bigint; commitment: Commitment }) =>
      encode(subscribe.request, {
        commitment: `COMMITMENT_${commitment.toUpperCase()}`,
        from_slot: fromSlot.toString(),
      }),
    /** Never throws: bytes that do not decode are an event, too. */
    readEvent: (bytes: Buffer) => readEvent(subscribe.response, bytes),
    replayInfoPath: `/${serviceName}/GetReplayInfo`,
    encodeReplayInfoRequest: () => encode(replayInfo.request, {}),
    decodeReplayInfo: (bytes: Buffer): ReplayWindow => {
      const reply = replayInfo.response.decode(bytes) as unknown as Record<'earliest_slot' | 'latest_slot', LongLike>;
      return { earliest: bigintOf(reply.earliest_slot), latest: bigintOf(reply.latest_slot) };
    },
  };
}

/** The shape every stream message has: a oneof of these three. */
interface StreamMessage {
  readonly update?: Readonly<Record<string, unknown>> | null;
  readonly slot?: {
    readonly slot: LongLike;
    readonly status?: number | null;
    readonly bank_id?: LongLike | null;
  } | null;
  readonly ping?: object | null;
}

function readEvent(type: protobuf.Type, bytes: Buffer): FeedEvent {
  let message: StreamMessage;
  try {
    message = type.decode(bytes) as StreamMessage;
  } catch (error) {
    return { kind: 'undecodable', bytes, reason: messageOf(error) };
  }
  if (message.update) return { kind: 'update', bytes, update: message.update };
  // The enum counts from 1; unset and 0 mean what was asked for.
  if (message.slot) {
    const { slot, status, bank_id } = message.slot;
    return {
      kind: 'slot',
      slot: bigintOf(slot),
      status: COMMITMENTS[(status ?? 0) - 1],
      bankId: isLongLike(bank_id) ? bigintOf(bank_id) : undefined,
    };
  }
  if (message.ping) return { kind: 'ping' };
  return { kind: 'undecodable', bytes, reason: 'the message is neither an update nor a slot nor a ping' };
}

/** A 64-bit number as protobufjs reads it. */
export interface LongLike {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

export const isLongLike = (value: unknown): value is LongLike =>
  typeof value === 'object' && value !== null && 'low' in value && 'high' in value && 'unsigned' in value;

/** Exact over the whole range of int64 and uint64. */
export function bigintOf({ low, high, unsigned }: LongLike): bigint {
  // Today's slots and times fit a double. Other numbers are put together from their halves.
  if (high >= 0 && high < 0x200000) return BigInt(high * 0x1_0000_0000 + (low >>> 0));
  return (BigInt(unsigned ? high >>> 0 : high) << 32n) | BigInt(low >>> 0);
}

/**
 * proto3 sends a zero or an empty text only of fields that are `optional`. For all others, unset means zero. protobufjs
 * reads unset optional fields as zero, too; this makes them read as null.
 */
function markUnset(type: protobuf.Type): void {
  for (const field of type.fieldsArray) {
    if (field.options?.proto3_optional === true) Object.assign(type.ctor.prototype as object, { [field.name]: null });
  }
}

function enumsOf(type: protobuf.Type): ReadonlyMap<string, ProtoEnum> {
  const enums = new Map<string, ProtoEnum>();
  for (const { name, resolvedType } of type.fieldsArray) {
    if (resolvedType instanceof protobuf.Enum) {
      enums.set(name, { name: resolvedType.name, valueNames: resolvedType.valuesById });
    }
  }
  return enums;
}

const encode = (type: protobuf.Type, message: Record<string, unknown>): Buffer =>
  Buffer.from(type.encode(type.fromObject(message)).finish());
