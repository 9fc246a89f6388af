import { Client, type ClientOptions, credentials, Metadata } from '@grpc/grpc-js';
import { isLoopback } from '../../core/loopback.ts';
import { feedError } from './errors.ts';
import type { Commitment, FeedEvent } from './event.ts';
import { createEventQueue, type QueueLimits } from './event-queue.ts';
import type { FeedService } from './protocol.ts';
import type { ReplayWindow } from './resume.ts';

export interface FeedOptions {
  /** `host:port`. */
  readonly address: string;
  readonly tls?: boolean;
  /** Sent as `authorization: Bearer …`. */
  readonly token?: string;
  readonly service: FeedService;
  /** A larger message ends the run with an error instead of filling the memory. Default 4 MiB. */
  readonly maxMessageBytes?: number;
  /** How much may wait between the socket and the reader before the socket is left alone. */
  readonly queue?: QueueLimits;
}

export interface SubscribeOptions {
  readonly fromSlot?: bigint;
  readonly commitment: Commitment;
  /** Ends the subscription; the iteration then ends without an error. */
  readonly signal: AbortSignal;
}

/** One connection to a feed. */
export interface FeedClient {
  readonly address: string;
  /** What the feed can replay. Errors: UNREACHABLE, TIMEOUT, REFUSED. */
  replayInfo(): Promise<ReplayWindow>;
  /**
   * Reads the feed; the iteration ends when the feed ends the stream normally. While nobody reads, the feed is not read
   * either. Errors: UNREACHABLE when the stream breaks, REFUSED, UNSAFE when `fromSlot` is no longer replayable.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<FeedEvent>;
  close(): void;
}

const REPLY_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
const DEFAULT_QUEUE: QueueLimits = { items: 1_024, bytes: 4 * 1024 * 1024 };

/** Prepares a connection; nothing is dialled before the first call. */
export function openFeed(options: FeedOptions): FeedClient {
  const { address, service, token } = options;
  const security = options.tls === true ? credentials.createSsl() : credentials.createInsecure();
  const client = new Client(address, security, channelOptions(options));
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);

  return {
    address,
    replayInfo() {
      const call = { address, service: service.name, method: 'GetReplayInfo' };
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
    subscribe({ signal, ...request }) {
      const call = { address, service: service.name, method: 'Subscribe', fromSlot: request.fromSlot };
      const stream = client.makeServerStreamRequest(
        service.subscribePath,
        service.encodeSubscribe,
        service.readEvent,
        request,
        metadata,
      );
      const cancel = () => stream.cancel();
      const queue = createEventQueue<FeedEvent>({
        limits: options.queue ?? DEFAULT_QUEUE,
        pause: () => stream.pause(),
        resume: () => stream.resume(),
        onReturn: cancel,
      });
      const onAbort = () => {
        queue.end();
        cancel();
      };
      const finish = (error?: unknown) => {
        signal.removeEventListener('abort', onAbort);
        queue.end(error === undefined ? undefined : feedError(error, call));
      };
      stream.on('data', (event: FeedEvent) => queue.push(event, 'bytes' in event ? event.bytes.length : 0));
      stream.on('error', finish);
      stream.on('end', () => finish());
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      return queue;
    },
    close: () => client.close(),
  };
}

function channelOptions(options: FeedOptions): ClientOptions {
  return {
    'grpc.max_receive_message_length': options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
    // A peer that vanished without closing is found by pings, not by the operating system's hours.
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 5_000,
    // Proxy variables mean the outer world; a feed on this machine is never behind the proxy.
    'grpc.enable_http_proxy': isLoopback(options.address) ? 0 : 1,
    // Each connection of ours is its own, so that closing one never touches another's streams.
    'grpc.use_local_subchannel_pool': 1,
  };
}
