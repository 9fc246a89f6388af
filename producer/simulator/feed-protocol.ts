import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { ConnectError } from '../../core/errors.ts';
import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';
import { enumWords } from '../../schemas/enum-words.ts';
import type { UpdateFilter } from './update-filter.ts';

/** What a client asks of `Subscribe`. */
export interface SubscribeRequest {
  readonly filter: UpdateFilter;
  readonly commitment: 'processed' | 'confirmed' | 'finalized';
  readonly fromSlot: bigint | undefined;
}

/** The slots that can be replayed, both included. */
export interface ReplayRange {
  readonly earliest: bigint;
  readonly latest: bigint;
}

/** A feed service on the wire. */
export interface FeedProtocol {
  /** For a gRPC server: `Subscribe` takes a `SubscribeRequest` and streams bytes, `GetReplayInfo` answers a `ReplayRange`. */
  readonly service: ServiceDefinition;
  /** The bytes of one stream message each. */
  update(record: AvroRecord): Buffer;
  slot(slot: bigint): Buffer;
  ping(id: number): Buffer;
}

export interface FeedProtocolOptions {
  /** Absolute path; what it imports is looked up beside it. */
  readonly protoPath: string;
  /** Full name of the service, e.g. `perps.v1.PositionFeed`. */
  readonly service: string;
  readonly schema: AvroSchema;
}

/** Errors: INVALID_DEFINITION when the proto does not describe a feed or does not fit the schema. */
export function createFeedProtocol(options: FeedProtocolOptions): FeedProtocol {
  const { service, schema } = options;
  const [subscribe, replayInfo] = methodsOf(options, 'Subscribe', 'GetReplayInfo');
  const stream = subscribe.response;
  const updateType = stream.fields.update?.resolvedType;
  if (!(updateType instanceof protobuf.Type)) throw invalid(options, `streams ${stream.name}, which has no update`);
  const fields = schema.fields.map((field) => ({ name: field.name, toWire: converterOf(field, updateType, options) }));
  const encode = (message: object): Buffer => stream.encode(message).finish() as Buffer;
  return {
    service: {
      Subscribe: callOf<SubscribeRequest, Buffer>(`/${service}/Subscribe`, {
        responseStream: true,
        requestDeserialize: (bytes) => readRequest(subscribe.request.decode(bytes)),
        responseSerialize: (bytes) => bytes,
      }),
      GetReplayInfo: callOf<object, ReplayRange>(`/${service}/GetReplayInfo`, {
        responseStream: false,
        requestDeserialize: () => ({}),
        responseSerialize: ({ earliest, latest }) => {
          const reply = { earliest_slot: longOf(earliest), latest_slot: longOf(latest) };
          return replayInfo.response.encode(reply).finish() as Buffer;
        },
      }),
    },
    update(record) {
      const update: Record<string, unknown> = {};
      for (const { name, toWire } of fields) {
        const value = record[name];
        // What is null in the record is absent on the wire.
        if (value !== null && value !== undefined) update[name] = toWire(value);
      }
      return encode({ update });
    },
    slot: (slot) => encode({ slot: { slot: longOf(slot) } }),
    ping: (id) => encode({ ping: { id } }),
  };
}

/** A record's value as protobufjs encodes it. */
type ToWire = (value: AvroValue) => unknown;

function converterOf({ name, kind, allowed }: AvroField, type: protobuf.Type, options: FeedProtocolOptions): ToWire {
  const field = type.fields[name];
  if (field === undefined) throw invalid(options, `has no field ${name} in ${type.name}, but the schema has`);
  if (kind === 'timestamp-millis') return (value) => (value as Date).getTime();
  if (kind === 'long') return (value) => longOf(value as bigint);
  if (allowed === undefined) return (value) => value;
  if (!(field.resolvedType instanceof protobuf.Enum)) throw invalid(options, `has no enum for ${type.name}.${name}`);
  const { name: enumName, values } = field.resolvedType;
  const words = [...enumWords(enumName, Object.keys(values), allowed)];
  const numbers = new Map(words.map(([valueName, word]) => [word, values[valueName]]));
  const missing = allowed.find((word) => !numbers.has(word));
  if (missing !== undefined) throw invalid(options, `has no value in ${enumName} for ${name} "${missing}"`);
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
    commitment: word === 'processed' || word === 'finalized' ? word : 'confirmed',
    fromSlot: from_slot === undefined ? undefined : BigInt(from_slot),
  };
}

type ServerSide<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  'responseStream' | 'requestDeserialize' | 'responseSerialize'
>;

function callOf<Request, Response>(
  path: string,
  server: ServerSide<Request, Response>,
): MethodDefinition<Request, Response> {
  const clientOnly = () => {
    throw new Error(`${path} is defined for a server`);
  };
  return { path, requestStream: false, requestSerialize: clientOnly, responseDeserialize: clientOnly, ...server };
}

interface Method {
  readonly request: protobuf.Type;
  readonly response: protobuf.Type;
}

function methodsOf(options: FeedProtocolOptions, ...names: readonly [string, string]): [Method, Method] {
  const service = loadRoot(options).lookup(options.service);
  const find = (name: string): Method => {
    const method = service instanceof protobuf.Service ? service.methods[name] : undefined;
    const { resolvedRequestType: request, resolvedResponseType: response } = method ?? {};
    if (!request || !response) throw invalid(options, `has no service ${options.service} with ${names.join(' and ')}`);
    return { request, response };
  };
  return [find(names[0]), find(names[1])];
}

function loadRoot(options: FeedProtocolOptions): protobuf.Root {
  try {
    const root = new protobuf.Root().loadSync(options.protoPath, { keepCase: true });
    root.resolveAll();
    return root;
  } catch (error) {
    throw invalid(options, `cannot be read: ${(error as Error).message}`, error);
  }
}

const invalid = ({ protoPath }: FeedProtocolOptions, problem: string, cause?: unknown): ConnectError =>
  new ConnectError('INVALID_DEFINITION', `${protoPath} ${problem}`, {
    cause,
    hint: 'check `feed` and `schema` of the stream definition',
  });
