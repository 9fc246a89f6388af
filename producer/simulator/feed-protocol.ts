import type { MethodDefinition } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';
import { enumWords } from '../../schemas/enum-words.ts';
import { COMMITMENTS, type Commitment, DEFAULT_COMMITMENT } from '../feed/event.ts';
import { invalidProto, loadFeedProto } from '../feed/proto.ts';
import type { ReplayWindow } from '../feed/resume.ts';
import { leafOf, plainSource } from '../record/field-source.ts';
import type { SimulatedMapping } from './mapped-stream.ts';
import type { UpdateFilter } from './update-filter.ts';

/** What a client asks of `Subscribe`. */
export interface SubscribeRequest {
  readonly filter: UpdateFilter;
  readonly commitment: Commitment;
  readonly fromSlot: bigint | undefined;
}

/** A feed service on the wire. */
export type FeedProtocol = ReturnType<typeof createFeedProtocol>;

interface FeedProtocolOptions {
  /** Absolute path; what it imports is looked up beside it. */
  readonly protoPath: string;
  /** Full name of the service, e.g. `perps.v1.PositionFeed`. */
  readonly service: string;
  readonly schema: AvroSchema;
  /** Where the fields of an update go. */
  readonly mapping?: SimulatedMapping | undefined;
}

/** Errors: INVALID_DEFINITION when the proto does not describe a feed or does not fit the schema. */
export function createFeedProtocol({ protoPath, service, schema, mapping }: FeedProtocolOptions) {
  const { subscribe, replayInfo, update: updateType } = loadFeedProto(protoPath, [], service);
  const { response: stream } = subscribe;
  const fields = schema.fields.map((field) => {
    const path = (mapping === undefined ? undefined : plainSource(field.name, mapping)) ?? field.name;
    return { name: field.name, steps: path.split('.'), toWire: converterOf(field, path, updateType, protoPath) };
  });
  const encode = (message: object): Buffer => stream.encode(message).finish() as Buffer;
  return {
    /** For a gRPC server: `Subscribe` takes a `SubscribeRequest` and streams bytes, `GetReplayInfo` answers a `ReplayWindow`. */
    service: {
      Subscribe: callOf<SubscribeRequest, Buffer>(`/${service}/Subscribe`, {
        responseStream: true,
        requestDeserialize: (bytes) => readRequest(subscribe.request.decode(bytes)),
        responseSerialize: (bytes) => bytes,
      }),
      GetReplayInfo: callOf<object, ReplayWindow>(`/${service}/GetReplayInfo`, {
        responseStream: false,
        requestDeserialize: () => ({}),
        responseSerialize: ({ earliest, latest }) => {
          const reply = { earliest_slot: longOf(earliest), latest_slot: longOf(latest) };
          return replayInfo.response.encode(reply).finish() as Buffer;
        },
      }),
    },
    /** The bytes of one stream message, like those of `slot` and `ping`. */
    update(record: AvroRecord): Buffer {
      const update: Record<string, unknown> = {};
      for (const { name, steps, toWire } of fields) {
        const value = record[name];
        // What is null in the record is absent on the wire.
        if (value !== null && value !== undefined) put(update, steps, toWire(value));
      }
      return encode({ update });
    },
    slot: (slot: bigint) => encode({ slot: { slot: longOf(slot) } }),
    ping: (id: number) => encode({ ping: { id } }),
  };
}

/** A record's value as protobufjs encodes it. */
type ToWire = (value: AvroValue) => unknown;

function put(message: Record<string, unknown>, [step = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) message[step] = value;
  else {
    message[step] ??= {};
    put(message[step] as Record<string, unknown>, rest, value);
  }
}

function converterOf({ name, kind, allowed }: AvroField, path: string, type: protobuf.Type, protoPath: string): ToWire {
  const field = leafOf(type, path);
  if (field === undefined) throw invalidProto(protoPath, `has no field ${path} in ${type.name}, but the schema has`);
  if (kind === 'timestamp-millis') return (value) => (value as Date).getTime();
  if (kind === 'long') return (value) => longOf(value as bigint);
  if (allowed === undefined) return (value) => value;
  if (!(field.resolvedType instanceof protobuf.Enum))
    throw invalidProto(protoPath, `has no enum for ${type.name}.${name}`);
  const { name: enumName, values } = field.resolvedType;
  const words = [...enumWords(enumName, Object.keys(values), allowed)];
  const numbers = new Map(words.map(([valueName, word]) => [word, values[valueName]]));
  const missing = allowed.find((word) => !numbers.has(word));
  if (missing !== undefined) throw invalidProto(protoPath, `has no value in ${enumName} for ${name} "${missing}"`);
  // A number is an enum value that the proto does not name; it goes out as it is.
  return (value) => (typeof value === 'number' ? value : numbers.get(value as string));
}

/** A 64-bit number in the halves that protobufjs takes. */
const longOf = (value: bigint) => ({
  low: Number(value & 0xffff_ffffn),
  high: Number(value >> 32n),
  unsigned: true,
});

function readRequest(message: protobuf.Message): SubscribeRequest {
  const { filter, commitment, from_slot } = message.$type.toObject(message, { longs: String, enums: String }) as {
    filter?: UpdateFilter;
    commitment?: string;
    from_slot?: string;
  };
  const word = commitment?.replace('COMMITMENT_', '').toLowerCase();
  return {
    filter: filter ?? {},
    commitment: COMMITMENTS.find((commitment) => commitment === word) ?? DEFAULT_COMMITMENT,
    fromSlot: from_slot === undefined ? undefined : BigInt(from_slot),
  };
}

function callOf<Request, Response>(
  path: string,
  server: Pick<MethodDefinition<Request, Response>, 'responseStream' | 'requestDeserialize' | 'responseSerialize'>,
): MethodDefinition<Request, Response> {
  const clientOnly = () => {
    throw new Error(`${path} is defined for a server`);
  };
  return { path, requestStream: false, requestSerialize: clientOnly, responseDeserialize: clientOnly, ...server };
}
