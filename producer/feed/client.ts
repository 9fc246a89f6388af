import { type ChannelCredentials, Client, type ClientOptions, credentials, Metadata } from '@grpc/grpc-js';
import { ConnectError } from '../../core/errors.ts';
import { isLoopback } from '../../core/loopback.ts';
import { readTls } from '../../core/tls.ts';
import type { FeedConnection } from '../../pipeline/connections.ts';
import { FEED_TLS, type FeedCall, feedError, feedTlsFailure } from './errors.ts';
import type { Commitment, FeedEvent } from './event.ts';
import type { FeedService } from './protocol.ts';
import type { ReplayWindow } from './resume.ts';

/** The token is sent as `authorization: Bearer …`. */
interface FeedOptions extends FeedConnection {
  readonly service: FeedService;
}

export interface SubscribeOptions {
  readonly fromSlot: bigint;
  readonly commitment: Commitment;
  /** Ends the subscription without an error. */
  readonly signal: AbortSignal;
  /** Takes one event. If it returns a promise, the feed is not read until that promise has resolved. */
  readonly onEvent: (event: FeedEvent) => Promise<void> | undefined;
}

/** One connection to a feed. */
export type FeedClient = ReturnType<typeof openFeed>;

const REPLY_TIMEOUT_MS = 10_000;
/** A connection is tried again and again meanwhile. */
const REACH_MS = 3_000;
/** A larger message ends the run with an error instead of filling the memory. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** One stream of a feed, as bytes. */
interface StreamedCall {
  readonly path: string;
  readonly request: Buffer;
  readonly readEvent: (bytes: Buffer) => FeedEvent;
}

interface ReadOptions extends Pick<SubscribeOptions, 'signal' | 'onEvent'> {
  /** For messages. */
  readonly call: Omit<FeedCall, 'address' | 'tls' | 'hasToken'>;
}

/** A connection to a feed. It connects with the first call. */
export type FeedChannel = ReturnType<typeof openChannel>;

/** Errors: USAGE for a file of TLS that cannot be read, REFUSED for one that cannot be used. */
export function openChannel(connection: FeedConnection) {
  const { address, tls, token } = connection;
  const client = new Client(address, channelCredentials(address, tls), channelOptions(connection));
  const side = { address, tls, hasToken: token !== undefined };
  const metadata = metadataOf(connection);
  return {
    address,
    side,
    client,
    metadata,
    /**
     * Reads a stream until the feed ends it normally or the signal aborts. Errors: UNREACHABLE when the stream breaks, REFUSED, UNSAFE
     * when the feed no longer has what is asked for, and whatever `onEvent` fails with.
     */
    read({ path, request, readEvent }: StreamedCall, { call, signal, onEvent }: ReadOptions): Promise<void> {
      const stream = client.makeServerStreamRequest(path, (bytes: Buffer) => bytes, readEvent, request, metadata);
      return new Promise((resolve, reject) => {
        const finish = (error?: unknown) => {
          // The call may still deliver what it holds already.
          stream.off('data', take);
          stream.cancel();
          signal.removeEventListener('abort', stop);
          if (error === undefined) resolve();
          else reject(error);
        };
        const stop = () => finish();
        // Events of the stream and not its iterator: with decoding, mapping and encoding, the iterator was measured to read a
        // tenth fewer updates a second.
        const take = (event: FeedEvent) => {
          try {
            const room = onEvent(event);
            if (room === undefined) return;
            stream.pause();
            room.then(() => stream.resume(), finish);
          } catch (error) {
            finish(error);
          }
        };
        stream.on('data', take);
        stream.on('error', (error) => finish(feedError(error, { ...side, ...call })));
        stream.on('end', stop);
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      });
    },
    /** Whether somebody takes connections there. Errors: UNREACHABLE. */
    reach: (): Promise<void> =>
      new Promise((resolve, reject) => {
        client.waitForReady(Date.now() + REACH_MS, (error) => {
          if (!error) return resolve();
          const hint = 'check feed.address and feed.tls in connect.yaml, and ask whoever runs the feed';
          reject(
            new ConnectError('UNREACHABLE', `feed at ${address} takes no connection within ${REACH_MS / 1_000} s`, {
              hint,
            }),
          );
        });
      }),
    /** Asks once. Errors: UNREACHABLE, TIMEOUT, REFUSED; UNREACHABLE, too, once the signal has aborted. */
    ask(
      { path, request }: Pick<StreamedCall, 'path' | 'request'>,
      { call, signal }: Omit<ReadOptions, 'onEvent'>,
    ): Promise<Buffer> {
      return new Promise((resolve, reject) => {
        const asIs = (bytes: Buffer) => bytes;
        const deadline = Date.now() + REPLY_TIMEOUT_MS;
        const asked = client.makeUnaryRequest(path, asIs, asIs, request, metadata, { deadline }, (error, answer) => {
          signal.removeEventListener('abort', stop);
          if (error === null && answer !== undefined) resolve(answer);
          else reject(feedError(error, { ...side, ...call }));
        });
        const stop = () => asked.cancel();
        if (signal.aborted) stop();
        else signal.addEventListener('abort', stop, { once: true });
      });
    },
    close: () => client.close(),
  };
}

/** The calls of a feed of our own shape. Errors: those of `openChannel`. */
export function openFeed({ service, ...connection }: FeedOptions) {
  const channel = openChannel(connection);
  const { address, client, metadata, side } = channel;
  return {
    address,
    /** What the feed can replay. Errors: UNREACHABLE, TIMEOUT, REFUSED. */
    replayInfo(): Promise<ReplayWindow> {
      const call = { ...side, service: service.name, method: 'GetReplayInfo' };
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest<null, ReplayWindow>(
          service.replayInfoPath,
          service.encodeReplayInfoRequest,
          service.decodeReplayInfo,
          null,
          metadata,
          { deadline: Date.now() + REPLY_TIMEOUT_MS },
          (error, window) => (error === null && window ? resolve(window) : reject(feedError(error, call))),
        );
      });
    },
    /**
     * Reads the feed until the feed ends the stream normally or the signal aborts. Errors: UNREACHABLE when the stream breaks,
     * REFUSED, UNSAFE when `fromSlot` is no longer replayable, and whatever `onEvent` fails with.
     */
    subscribe({ fromSlot, commitment, signal, onEvent }: SubscribeOptions): Promise<void> {
      const call = { service: service.name, method: 'Subscribe', fromSlot };
      return channel.read(
        {
          path: service.subscribePath,
          request: service.encodeSubscribe({ fromSlot, commitment }),
          readEvent: service.readEvent,
        },
        { call, signal, onEvent },
      );
    },
    close: channel.close,
  };
}

function channelCredentials(address: string, tls: FeedConnection['tls']): ChannelCredentials {
  if (tls === false) return credentials.createInsecure();
  if (tls === true) return credentials.createSsl();
  const { ca, cert, key } = readTls(tls, FEED_TLS);
  const bytes = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  try {
    return credentials.createSsl(bytes(ca), bytes(key), bytes(cert));
  } catch (error) {
    const failure = feedTlsFailure(error, tls);
    if (failure === undefined) throw error;
    throw new ConnectError('REFUSED', `no TLS connection to feed at ${address}: ${failure.says}`, failure);
  }
}

/** Errors: USAGE for a value that no header takes, without the value. */
function metadataOf({ token, metadata: given = {} }: FeedConnection): Metadata {
  const metadata = new Metadata();
  const entries = token === undefined ? given : { ...given, authorization: `Bearer ${token}` };
  for (const [name, value] of Object.entries(entries)) {
    try {
      metadata.set(name, value);
    } catch {
      const setting = name === 'authorization' && token !== undefined ? 'feed.token' : `feed.metadata ${name}`;
      throw new ConnectError('USAGE', `the value of ${setting} cannot be sent: a header takes printable ASCII alone`, {
        hint: 'look at the value behind its reference for line breaks and letters beyond ASCII',
      });
    }
  }
  return metadata;
}

const KEEPALIVE_S = 30;

function channelOptions({ address, keepaliveSeconds = KEEPALIVE_S }: FeedConnection): ClientOptions {
  return {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    // Pings find a peer that vanished without closing. The operating system would take hours.
    ...(keepaliveSeconds === 0 ? {} : { 'grpc.keepalive_time_ms': keepaliveSeconds * 1_000 }),
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 5_000,
    // Proxy variables are for other machines. A feed on this machine is never behind the proxy.
    'grpc.enable_http_proxy': isLoopback(address) ? 0 : 1,
    // Each client has a connection of its own, so that closing it never touches another's streams.
    'grpc.use_local_subchannel_pool': 1,
  };
}
