import { once } from 'node:events';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import protobuf from 'protobufjs';

/** A print as the server thinks of it: whole numbers, and what they mean is the reader's business. */
export interface Print {
  readonly txn: Uint8Array;
  readonly mark: string;
  readonly blk: number;
  readonly at: { readonly seconds: number; readonly nanos: number };
  readonly px: number;
  readonly qty: number;
  readonly qty_pow: number;
  readonly hit: 1 | 2;
  readonly costs: { readonly fee: number; readonly paid_in: string };
  readonly tags: readonly string[];
  readonly isMaker: boolean;
  readonly seq_no: number;
  readonly took?: { readonly seconds: number; readonly nanos: number };
  readonly settled?: number;
}

/** The print of that number; every one is another. */
export function printOf(number: number): Print {
  const txn = Buffer.alloc(32, number % 251);
  txn.writeUInt32BE(number, 4);
  txn[0] = number % 3;
  return {
    txn,
    mark: `m-${String(number).padStart(9, '0')}`,
    blk: 7_000_000 + Math.floor(number / 5),
    at: { seconds: 1_750_000_000 + number, nanos: (number % 1_000) * 1_000_000 },
    px: (number % 2 === 0 ? 1 : -1) * (123_456_789 + number * 1_000_003),
    qty: 1 + number * 17,
    qty_pow: -(number % 13),
    hit: number % 2 === 0 ? 1 : 2,
    costs: { fee: number * 31, paid_in: number % 5 === 0 ? 'US"D' : 'USD' },
    tags: number % 4 === 0 ? [] : ['a', `t${number}`],
    isMaker: number % 3 === 0,
    seq_no: number,
    ...(number % 2 === 0 ? { took: { seconds: 0, nanos: (number % 900) * 1_000_000 } } : {}),
    ...(number % 7 === 0 ? { settled: 1_750_000_000 + number } : {}),
  };
}

export interface TapeCall {
  readonly request: {
    readonly from_blk?: unknown;
    readonly since?: { readonly mark: string } | null;
    readonly market: string;
  };
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly cancelled: () => boolean;
  send(print: Print | Record<string, unknown>): Promise<void>;
  beat(): void;
  /** A message that may be none of this service. */
  raw(bytes: Buffer): void;
  /** Breaks the stream off. */
  fail(): void;
  end(): void;
}

/** A server in plain grpc-js. `play` is called for each subscription, `list` for each question. */
export async function serveTape(
  protoPath: string,
  address: string,
  play: (call: TapeCall) => Promise<void>,
  list: (request: TapeCall['request']) => readonly Print[] = () => [],
) {
  const root = new protobuf.Root().loadSync(protoPath, { keepCase: true }).resolveAll() as protobuf.Root;
  const Line = root.lookupType('acme.md.TapeLine');
  const Page = root.lookupType('acme.md.TapePage');
  const Request = root.lookupType('acme.md.TapeRequest');
  const encode = (line: object) => Buffer.from(Line.encode(Line.fromObject(line)).finish());
  const method = (name: string, responseStream: boolean) => ({
    path: `/acme.md.Tape/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => Request.toObject(Request.decode(bytes)),
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  });
  const definition = { StreamPrints: method('StreamPrints', true), ListPrints: method('ListPrints', false) };
  const handlers: UntypedServiceImplementation = {
    ListPrints: (call: ServerUnaryCall<TapeCall['request'], Buffer>, answer: sendUnaryData<Buffer>) => {
      try {
        answer(null, Buffer.from(Page.encode(Page.fromObject({ prints: list(call.request) })).finish()));
      } catch (error) {
        answer(error as ServiceError);
      }
    },
    StreamPrints: (stream: ServerWritableStream<TapeCall['request'], Buffer>) => {
      stream.on('error', () => {});
      const cancelled = new Promise((resolve) => stream.once('cancelled', resolve));
      void play({
        request: stream.request,
        metadata: stream.metadata.getMap(),
        cancelled: () => stream.cancelled || stream.destroyed,
        send: async (print) => {
          if (!stream.write(encode({ print })) && !stream.cancelled)
            await Promise.race([once(stream, 'drain'), cancelled]);
        },
        beat: () => void stream.write(encode({ beat: {} })),
        raw: (bytes) => void stream.write(bytes),
        fail: () => void stream.emit('error', { code: status.UNAVAILABLE, details: 'gone' }),
        end: () => void stream.end(),
      });
    },
  };
  const server = new Server();
  server.addService(definition, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, close: () => server.forceShutdown() };
}
