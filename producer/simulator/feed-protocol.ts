import type { MethodDefinition } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';
import { enumWords } from '../../schemas/enum-words.ts';
import { daysOf, instantOf, timeOf } from '../../schemas/time-text.ts';
import { COMMITMENTS, type Commitment, DEFAULT_COMMITMENT } from '../feed/event.ts';
import { invalidProto, loadFeedProto } from '../feed/proto.ts';
import type { ReplayWindow } from '../feed/resume.ts';
import { leafOf, plainSource } from '../record/field-source.ts';
import type { Fault } from './faults.ts';
import type { SimulatedMapping } from './mapped-stream.ts';
import type { UpdateFilter } from './update-filter.ts';
import { carriesWhole, withinWire } from './wire-range.ts';

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
  const fields = schema.fields.flatMap((field) => {
    const path = (mapping === undefined ? undefined : plainSource(field.name, mapping)) ?? field.name;
    const { type } = leafOf(updateType, path) ?? {};
    // The producer comes last: until it sends the field, null is right.
    if (type === undefined && field.nullable) return [];
    const toWire = converterOf(field, path, updateType, protoPath);
    return { name: field.name, steps: path.split('.'), toWire, type: type ?? '', sent: withinWire(field, type ?? '') };
  });
  const encode = (message: object): Buffer => stream.encode(message).finish() as Buffer;
  return {
    /** The schema, within what the messages carry: without the fields that may be null and that no message has. */
    schema: { ...schema, fields: fields.map(({ sent }) => sent) },
    /** Whether a message carries this value of a field. */
    carries: ({ field, value }: Fault): boolean =>
      fields.every(({ name, type }) => name !== field || carriesWhole(type, value)),
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

function converterOf(
  { name, kind, allowed, items }: AvroField,
  path: string,
  type: protobuf.Type,
  protoPath: string,
): ToWire {
  const field = leafOf(type, path);
  if (field === undefined) throw invalidProto(protoPath, `has no field ${path} in ${type.name}, but the schema has`);
  if (items !== undefined) {
    const one = converterOf({ ...items, name }, path, type, protoPath);
    return (value) => (value as readonly AvroValue[]).map(one);
  }
  if (kind === 'timestamp-micros') return (value) => longOf(instantOf(value as string));
  if (field.type !== 'string') {
    if (kind === 'decimal') return wholeOf(field.type);
    if (kind === 'date') return (value) => daysOf(value as string);
    if (kind === 'time-micros') return (value) => timeOf(value as string);
    if (kind === 'time-millis') return (value) => timeOf(value as string) / 1000;
  }
  if (kind === 'timestamp-millis') return (value) => (value as Date).getTime();
  if (kind === 'long') return wholeOf(field.type);
  if (allowed === undefined) return (value) => value;
  // A text says the word itself, and a number as one that the schema does not have.
  if (field.type === 'string') return String;
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

/** A long, or a decimal of scale 0, as a whole number of that type. */
const wholeOf =
  (type: string): ToWire =>
  (value) =>
    type.endsWith('64') ? longOf(BigInt(value as string)) : Number(value);

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
