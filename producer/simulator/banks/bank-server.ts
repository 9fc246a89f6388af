import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type MethodDefinition, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js';
import type protobuf from 'protobufjs';
import { packageRoot } from '../../../core/package-root.ts';
import { loadRoot } from '../../feed/proto.ts';
import { listen } from '../grpc-server.ts';
import { createOracleWriter } from '../oracle.ts';
import { type BankEvent, type BankScript, type BankScriptOptions, slotOf, writeBankScript } from './bank-script.ts';

export interface BankSimulatorOptions extends BankScriptOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default 127.0.0.1: nobody else can connect. */
  readonly host?: string | undefined;
  /** How long a slot takes, in milliseconds. Default 0: as fast as the client reads. */
  readonly slotMs?: number | undefined;
  /** Receives what must arrive, for `connect verify --oracle`. */
  readonly oraclePath?: string | undefined;
}

export type BankSimulator = Awaited<ReturnType<typeof startBankSimulator>>;

interface Subscribe {
  readonly from_slot?: string;
}
type Subscription = ServerWritableStream<Subscribe, object>;

interface Played {
  readonly events: readonly BankEvent[];
  readonly encode: (event: BankEvent) => Buffer;
  readonly range: ReturnType<typeof rangeOf>;
  readonly slotMs: number;
  readonly signal: AbortSignal;
}

const SERVICE = 'perps.simulator.v1.BankFeed';

/**
 * A gRPC server with a feed of banks (`schemas/bank-feed.proto`): every update of every bank, what becomes of the banks, and replay from a slot.
 * The same seed sends the same. Errors: ENVIRONMENT when the port is taken or the oracle cannot be written.
 */
export async function startBankSimulator({
  port,
  host = '127.0.0.1',
  slotMs = 0,
  oraclePath,
  ...rest
}: BankSimulatorOptions) {
  const script = writeBankScript(rest);
  const range = rangeOf(script.events);
  if (oraclePath !== undefined) await writeOracle(oraclePath, script);
  const { definition, encode } = protocolOf();
  const closing = new AbortController();
  const subscribe = async (call: Subscription) => {
    const gone = new AbortController();
    const stop = () => gone.abort();
    for (const event of ['cancelled', 'close']) call.on(event, stop);
    closing.signal.addEventListener('abort', stop, { once: true });
    try {
      await play(call, { events: script.events, encode, range, slotMs, signal: gone.signal });
    } catch {
      // The client has gone, or the server closes.
    } finally {
      closing.signal.removeEventListener('abort', stop);
      if (!call.destroyed) call.end();
    }
  };
  const handlers = {
    Subscribe: (call: Subscription) => void subscribe(call),
    GetReplayRange: (_call: unknown, reply: sendUnaryData<object>) => reply(null, range),
  };
  const server = await listen(host, port, [{ definition, handlers }]);
  return {
    /** `host:port`. */
    address: `${host}:${server.port}`,
    /** How many updates become final, and how many stand in banks that do not. */
    updates: script.expected.length,
    abandoned: script.abandoned,
    async close(): Promise<void> {
      closing.abort();
      await server.close();
    },
  };
}

/** Sends from the slot that was asked for. Errors: when the signal ends a wait. */
async function play(call: Subscription, { events, encode, range, slotMs, signal }: Played): Promise<void> {
  const from = Number(call.request.from_slot ?? 0);
  const { earliest_slot, latest_slot } = range;
  if (from > 0 && (from < earliest_slot || from > latest_slot)) {
    const details = `slot ${from} is outside the replay window: slots ${earliest_slot} to ${latest_slot}`;
    call.emit('error', { code: status.OUT_OF_RANGE, details });
    return;
  }
  let tip = from;
  for (const event of events) {
    const slot = slotOf(event);
    if (slot < from) continue;
    if (slot > tip && slotMs > 0) await sleep(slotMs, undefined, { signal });
    if (slot > tip) tip = slot;
    if (signal.aborted) return;
    if (!call.write(encode(event))) await once(call, 'drain', { signal });
  }
}

function rangeOf(events: readonly BankEvent[]) {
  const [first] = events;
  const latest_slot = events.reduce((latest, event) => Math.max(latest, slotOf(event)), 0);
  return { earliest_slot: first === undefined ? 0 : slotOf(first), latest_slot };
}

async function writeOracle(path: string, { expected }: BankScript): Promise<void> {
  const oracle = await createOracleWriter(path, () => new Uint8Array());
  for (const [at, record] of expected.entries())
    if (!oracle.append({ seq: at + 1, expect: 'row', record })) await oracle.drained();
  await oracle.close();
}

function protocolOf() {
  const root = loadRoot(join(packageRoot(), 'schemas', 'bank-feed.proto'), []);
  const stages = root.lookupEnum('BankStage').values;
  const message = root.lookupType('BankMessage');
  const clientOnly = () => {
    throw new Error(`${SERVICE} is defined for a server`);
  };
  const definitionOf = (
    { name, responseStream, resolvedRequestType, resolvedResponseType }: protobuf.Method,
    responseSerialize: (reply: object) => Buffer = (reply) => bytesOf(resolvedResponseType as protobuf.Type, reply),
  ): MethodDefinition<object, object> => ({
    path: `/${SERVICE}/${name}`,
    requestStream: false,
    responseStream: responseStream === true,
    requestSerialize: clientOnly,
    responseDeserialize: clientOnly,
    requestDeserialize: (bytes) =>
      resolvedRequestType?.toObject(resolvedRequestType.decode(bytes), { longs: String }) ?? {},
    responseSerialize,
  });
  const { Subscribe, GetReplayRange } = root.lookupService(SERVICE).methods as Record<string, protobuf.Method>;
  return {
    definition: {
      // Its messages are bytes already.
      Subscribe: definitionOf(Subscribe as protobuf.Method, (bytes) => bytes as Buffer),
      GetReplayRange: definitionOf(GetReplayRange as protobuf.Method),
    },
    encode: (event: BankEvent): Buffer =>
      bytesOf(
        message,
        'account' in event ? event : { status: { ...event.status, stage: stages[`BANK_STAGE_${event.status.stage}`] } },
      ),
  };
}

const bytesOf = (type: protobuf.Type, message: object): Buffer => type.encode(message).finish() as Buffer;
