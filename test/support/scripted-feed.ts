import { once } from 'node:events';
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { feedMessage, positionIncludes, positionProto, positionService } from './position-feed.ts';

/** One subscription, as a test plays it. */
export interface ScriptedCall {
  readonly fromSlot: bigint | undefined;
  readonly commitment: string | undefined;
  readonly token: string | undefined;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
  /** Sends the bytes of a message as they are; false when the client does not read as fast. */
  send(bytes: Buffer): boolean;
  slot(slot: bigint): boolean;
  ping(): boolean;
  /** Resolves when the client has read what was sent. */
  drained(): Promise<void>;
  end(): void;
  fail(code: status, details: string): void;
  /** Cuts the connection of every client. */
  cut(): void;
}

export interface ScriptedFeed {
  readonly address: string;
  readonly port: number;
  /** Every subscription so far. */
  readonly calls: readonly ScriptedCall[];
  close(): void;
}

/** A real gRPC server of the position feed that does what a test tells it, faults included. */
export async function startScriptedFeed(script: {
  readonly window?: () => { earliest: bigint; latest: bigint };
  /** Plays one subscription; `index` counts from 0. */
  readonly play: (call: ScriptedCall, index: number) => void | Promise<void>;
  readonly port?: number;
  /** Default: plain text. */
  readonly credentials?: ServerCredentials;
  /** Why a caller with this token, or without one, is not let in; undefined for one that is. */
  readonly refuses?: (authorization: string | undefined) => string | undefined;
}): Promise<ScriptedFeed> {
  const definition = loadSync(positionProto, {
    keepCase: true,
    longs: String,
    enums: String,
    includeDirs: positionIncludes,
  })[positionService] as unknown as Record<string, object>;
  const server = new Server({ 'grpc.max_send_message_length': -1 });
  const calls: ScriptedCall[] = [];
  const cut = () => server.drain(address, 0);
  const raw = { ...definition, Subscribe: { ...definition.Subscribe, responseSerialize: (bytes: Buffer) => bytes } };
  server.addService(raw as never, {
    GetReplayInfo({ metadata }: { metadata: Metadata }, reply: sendUnaryData<object>) {
      const details = script.refuses?.(metadata.get('authorization')[0]?.toString());
      if (details !== undefined) return reply({ code: status.UNAUTHENTICATED, details });
      const { earliest, latest } = script.window?.() ?? { earliest: 1n, latest: 1n };
      reply(null, { earliest_slot: earliest.toString(), latest_slot: latest.toString() });
    },
    Subscribe(stream: Stream) {
      const call = scriptedCall(stream, cut);
      calls.push(call);
      void script.play(call, calls.length - 1);
    },
  });
  let address = '';
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      `127.0.0.1:${script.port ?? 0}`,
      script.credentials ?? ServerCredentials.createInsecure(),
      (error, bound) => (error === null ? resolve(bound) : reject(error)),
    );
  });
  address = `127.0.0.1:${port}`;
  return { address, port, calls, close: () => server.forceShutdown() };
}

type Stream = ServerWritableStream<{ from_slot?: string; commitment?: string }, Buffer>;

function scriptedCall(stream: Stream, cut: () => void): ScriptedCall {
  const gone = new AbortController();
  stream.on('cancelled', () => gone.abort());
  stream.on('close', () => gone.abort());
  stream.on('error', () => gone.abort());
  const { from_slot, commitment } = stream.request;
  const send = (bytes: Buffer) => !gone.signal.aborted && stream.write(bytes);
  return {
    fromSlot: from_slot === undefined ? undefined : BigInt(from_slot),
    commitment,
    token: stream.metadata.get('authorization')[0]?.toString(),
    gone: gone.signal,
    send,
    slot: (slot) => send(feedMessage({ slot: { slot: slot.toString() } })),
    ping: () => send(feedMessage({ ping: { id: 1 } })),
    async drained() {
      if (stream.writableNeedDrain) await once(stream, 'drain', { signal: gone.signal }).catch(() => {});
    },
    end: () => stream.end(),
    fail: (code, details) => void stream.emit('error', { code, details }),
    cut,
  };
}
