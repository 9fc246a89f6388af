import { messageOf } from '../../core/errors.ts';
import type { AvroSchema } from '../../schemas/avro-schema.ts';
import type { FeedEvent, SentMessage } from '../feed/event.ts';
import type { Update } from './feed.ts';

/** How an update of a module is kept when it is rejected. */
const AS_JSON = 'application/json';

/** A feed that a module reads: what stands for its messages. */
export type AdapterService = ReturnType<typeof createAdapterService>;

/** `module`: its path, for messages. */
export function createAdapterService(module: string, schema: AvroSchema) {
  const micros = new Set(schema.fields.filter(({ kind }) => kind === 'timestamp-micros').map(({ name }) => name));
  /** Dates as the numbers, and bytes as the buffers, that the readers of fields take. */
  const natural = (name: string, value: unknown): unknown => {
    if (value instanceof Date) {
      const millis = value.getTime();
      return micros.has(name) && Number.isInteger(millis) ? BigInt(millis) * 1_000n : millis;
    }
    if (value instanceof Uint8Array && !Buffer.isBuffer(value)) return Buffer.from(value);
    return Array.isArray(value) ? value.map((one) => natural(name, one)) : value;
  };
  return {
    kind: 'adapter' as const,
    name: module,
    messageName: AS_JSON,
    updateName: AS_JSON,
    update: undefined,
    mapping: { fields: {}, constants: {} },
    /** An update as the mapper takes it. */
    toSent: (update: Update): SentMessage =>
      Object.fromEntries(Object.entries(update).map(([name, value]) => [name, natural(name, value)])),
    /** JSON; what it lacks has a name: `{"$bigint": …}`, `{"$number": …}` (NaN, the infinities, -0), `{"$base64": …}`. */
    encodeUpdate: (update: SentMessage): Buffer => Buffer.from(JSON.stringify(update, asJson)),
    readEvent,
    /** The bytes of a rejected update. */
    readRejected: readEvent,
  };
}

function readEvent(bytes: Buffer): FeedEvent {
  try {
    return { kind: 'update', bytes, update: JSON.parse(bytes.toString('utf8'), fromJson) as SentMessage };
  } catch (error) {
    return { kind: 'undecodable', bytes, reason: messageOf(error) };
  }
}

/** A Buffer comes here as what its own toJSON makes of it. */
function asJson(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() };
  if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
  if (Object.is(value, -0)) return { $number: '-0' };
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
  return type === 'Buffer' && Array.isArray(data)
    ? { $base64: Buffer.from(data as number[]).toString('base64') }
    : value;
}

function fromJson(_name: string, value: unknown): unknown {
  const { $bigint, $number, $base64 } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof $bigint === 'string' && /^-?\d+$/.test($bigint)) return BigInt($bigint);
  if (typeof $number === 'string') return Number($number);
  return typeof $base64 === 'string' ? Buffer.from($base64, 'base64') : value;
}
