import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metadata, type ServerWritableStream } from '@grpc/grpc-js';
import { createFeedProtocol, type SubscribeRequest } from '../../producer/simulator/feed-protocol.ts';
import { listen } from '../../producer/simulator/grpc-server.ts';
import { loadAvroSchema } from '../../schemas/avro-schema.ts';
import { createForeignFeed } from '../foreign-feed.ts';
import { slots, type Workload } from '../workload.ts';

/**
 * A feed that has encoded everything before anybody subscribes, so that making updates costs nothing while it is measured:
 * the simulator would take as much of the processor as the producer does.
 */
export interface FeedSettings {
  readonly workload: Workload;
  readonly protoPath: string;
  readonly service: string;
  /** The method of a feed of another shape, for the same columns. */
  readonly method?: string | undefined;
  readonly schemaPath: string;
  /** Updates a second; left out: as fast as they are read. */
  readonly ratePerSecond?: number | undefined;
}

/** What it tells its parent: where it listens, then, once all is sent, when each update went out (ms since the epoch). */
export type FeedMessage =
  | { readonly kind: 'listening'; readonly address: string }
  | { readonly kind: 'sent'; readonly times: Float64Array };

const tell = (message: FeedMessage) => process.send?.(message);
const now = () => performance.timeOrigin + performance.now();

process.once('message', async (settings: FeedSettings) => {
  const { workload, ratePerSecond, schemaPath, method, service } = settings;
  const schema = loadAvroSchema(schemaPath);
  const foreign = method === undefined ? undefined : createForeignFeed(schema);
  const protocol = foreign === undefined ? createFeedProtocol({ ...settings, schema }) : undefined;
  const encode = foreign?.encode ?? protocol?.update;
  const messages: { readonly bytes: Buffer; readonly update: boolean }[] = [];
  let first: bigint | undefined;
  let last = 0n;
  for (const records of slots(workload)) {
    last = records[0]?.slot as bigint;
    first ??= last;
    for (const record of records) messages.push({ bytes: encode?.(record) as Buffer, update: true });
    if (protocol !== undefined) messages.push({ bytes: protocol.slot(last), update: false });
  }
  const window = { earliest: first ?? 0n, latest: last };

  const stream = async (call: ServerWritableStream<unknown, Buffer>): Promise<void> => {
    const times = new Float64Array(workload.updates);
    const started = performance.now();
    let sent = 0;
    for (const { bytes, update } of messages) {
      if (update) {
        const aheadMs =
          ratePerSecond === undefined ? 0 : (sent / ratePerSecond) * 1_000 - (performance.now() - started);
        if (aheadMs > 0) await sleep(aheadMs);
        times[sent] = now();
        sent += 1;
      }
      if (!call.write(bytes)) await once(call, 'drain');
    }
    call.end();
    tell({ kind: 'sent', times });
  };

  const ours = {
    Subscribe: (call: ServerWritableStream<SubscribeRequest, Buffer>) => {
      const metadata = new Metadata();
      metadata.set('commitment', call.request.commitment);
      call.sendMetadata(metadata);
      void stream(call);
    },
    GetReplayInfo: (_call: unknown, reply: (error: null, range: typeof window) => void) => reply(null, window),
  };
  const theirs = { [method ?? '']: (call: ServerWritableStream<unknown, Buffer>) => void stream(call) };
  const server = await listen('127.0.0.1', 0, [
    protocol === undefined
      ? { definition: streamOf(service, method ?? ''), handlers: theirs }
      : { definition: protocol.service, handlers: ours },
  ]);
  tell({ kind: 'listening', address: `127.0.0.1:${server.port}` });
});
const bytes = (value: Buffer): Buffer => value;

const streamOf = (service: string, method: string) => ({
  [method]: {
    path: `/${service}/${method}`,
    requestStream: false,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  },
});

process.once('disconnect', () => process.exit(0));
