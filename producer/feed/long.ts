/** A 64-bit number as protobufjs reads it. */
export interface LongLike {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

export const isLongLike = (value: unknown): value is LongLike =>
  typeof value === 'object' && value !== null && 'low' in value && 'high' in value && 'unsigned' in value;

/** Exact over the whole range of int64 and uint64. */
export function bigintOf({ low, high, unsigned }: LongLike): bigint {
  // Today's slots and times fit a double. Other numbers are put together from their halves.
  if (high >= 0 && high < 0x200000) return BigInt(high * 0x1_0000_0000 + (low >>> 0));
  return (BigInt(unsigned ? high >>> 0 : high) << 32n) | BigInt(low >>> 0);
}

/** A whole number of any protobuf type, or JavaScript's own; undefined for everything else. */
export function wholeOf(raw: unknown): bigint | undefined {
  if (typeof raw === 'bigint') return raw;
  if (isLongLike(raw)) return bigintOf(raw);
  return typeof raw === 'number' && Number.isSafeInteger(raw) ? BigInt(raw) : undefined;
}

/** The same as a number, where a double holds it exactly: that saves a BigInt for each field. */
export function exactNumberOf(raw: unknown): number | undefined {
  if (typeof raw === 'number') return Number.isSafeInteger(raw) ? raw : undefined;
  if (!isLongLike(raw) || (raw.unsigned && raw.high < 0)) return undefined;
  const { low, high } = raw;
  return high >= -0x200000 && high < 0x200000 ? high * 0x1_0000_0000 + (low >>> 0) : undefined;
}

/** A whole number that is written as text; undefined for other texts. */
export const wholeText = (text: unknown): bigint | undefined =>
  typeof text === 'string' && /^-?\d{1,40}$/.test(text) ? BigInt(text) : undefined;
