import protobuf from 'protobufjs';
import { messageOf } from '../../core/errors.ts';
import type { FeedDefinition } from '../../pipeline/feed.ts';
import { COMMITMENTS, type Commitment, type FeedEvent } from './event.ts';
import { bigintOf, isLongLike, type LongLike } from './long.ts';
import { loadFeedProto } from './proto.ts';
import type { ReplayWindow } from './resume.ts';
import { markUnset } from './unset.ts';

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
export function loadFeedService(
  protoPath: string,
  includeDirs: readonly string[],
  serviceName: string,
  mapping: Pick<FeedDefinition, 'fields' | 'constants'> = { fields: {}, constants: {} },
) {
  const { subscribe, replayInfo, update } = loadFeedProto(protoPath, includeDirs, serviceName);
  markUnset(update);
  const notice = subscribe.response.fields.slot?.resolvedType;
  if (notice instanceof protobuf.Type) markUnset(notice);
  const messageName = subscribe.response.fullName.replace(/^\./, '');
  const readBytes = (bytes: Buffer) => readEvent(subscribe.response, bytes);
  return {
    kind: 'replay' as const,
    /** Full name, e.g. `perps.v1.PositionFeed`. */
    name: serviceName,
    /** Full name of the message that the feed streams. */
    messageName,
    /** Full name of the message by which an update is kept when it is rejected. */
    updateName: messageName,
    /** The message of an update, and where its fields go. */
    update,
    mapping,
    subscribePath: `/${serviceName}/Subscribe`,
    encodeSubscribe: ({ fromSlot, commitment }: { fromSlot: bigint; commitment: Commitment }) =>
      encode(subscribe.request, {
        commitment: `COMMITMENT_${commitment.toUpperCase()}`,
        from_slot: fromSlot.toString(),
      }),
    /** Never throws: bytes that do not decode are an event, too. */
    readEvent: readBytes,
    /** The bytes of a rejected update. */
    readRejected: readBytes,
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

const encode = (type: protobuf.Type, message: Record<string, unknown>): Buffer =>
  Buffer.from(type.encode(type.fromObject(message)).finish());
