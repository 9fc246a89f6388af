import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { packageRoot } from '../../core/package-root.ts';

/** A message of the position feed, with 64-bit numbers and enums as text. */
export interface FeedMessage {
  readonly update?: Record<string, string | number>;
  readonly slot?: { readonly slot: string };
  readonly ping?: { readonly id: string };
}

export interface Subscription {
  readonly from_slot?: string;
  readonly commitment?: string;
  readonly filter?: Record<string, readonly string[]>;
}

/** A client that shares no code with the simulator. */
export interface FeedReader {
  /** Everything until the stream ends; rejects with the gRPC status. */
  read(subscription?: Subscription): Promise<FeedMessage[]>;
  /** The stream itself, of raw bytes. */
  open(subscription?: Subscription): ClientReadableStream<Buffer>;
  decode(bytes: Buffer): FeedMessage;
  replayInfo(): Promise<{ earliest_slot: string; latest_slot: string }>;
  close(): void;
}

interface FeedOfReader {
  readonly protoPath: string;
  readonly service: string;
}

const POSITIONS: FeedOfReader = {
  protoPath: `${packageRoot()}/schemas/position-update.proto`,
  service: 'perps.v1.PositionFeed',
};
const asText = { longs: String, enums: String } as const;

export function openReader(address: string, { protoPath, service }: FeedOfReader = POSITIONS): FeedReader {
  const root = new protobuf.Root().loadSync(protoPath, { keepCase: true });
  const typeOf = (name: string) => root.lookupType(`perps.v1.${name}`);
  const messageType = root.lookupType(`${service}Message`);
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.enable_http_proxy': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
  const encode = (name: string, message: object) => {
    const type = typeOf(name);
    return Buffer.from(type.encode(type.fromObject(message)).finish());
  };
  const decode = (bytes: Buffer) => messageType.toObject(messageType.decode(bytes), asText) as FeedMessage;
  const pass = (bytes: Buffer) => bytes;
  const open = (subscription: Subscription = {}) =>
    client.makeServerStreamRequest(
      `/${service}/Subscribe`,
      pass,
      pass,
      encode('SubscribeRequest', subscription),
      new Metadata(),
    );
  return {
    open,
    decode,
    read: (subscription) =>
      new Promise((resolve, reject) => {
        const messages: FeedMessage[] = [];
        open(subscription)
          .on('data', (bytes: Buffer) => messages.push(decode(bytes)))
          .on('error', reject)
          .on('end', () => resolve(messages));
      }),
    replayInfo: () =>
      new Promise((resolve, reject) => {
        const type = typeOf('GetReplayInfoResponse');
        const read = (bytes: Buffer) =>
          type.toObject(type.decode(bytes), { ...asText, defaults: true }) as {
            earliest_slot: string;
            latest_slot: string;
          };
        client.makeUnaryRequest(
          `/${service}/GetReplayInfo`,
          pass,
          read,
          Buffer.alloc(0),
          (error: ServiceError | null, reply) => (error === null && reply ? resolve(reply) : reject(error)),
        );
      }),
    close: () => client.close(),
  };
}

export const updatesOf = (messages: readonly FeedMessage[]): Record<string, string | number>[] =>
  messages.flatMap(({ update }) => (update === undefined ? [] : [update]));

export const slotsOf = (messages: readonly FeedMessage[]): string[] =>
  messages.flatMap(({ slot }) => (slot === undefined ? [] : [slot.slot]));
