import type { AvroRecord } from '../../../schemas/avro-schema.ts';
import { formatDecimal } from '../../../schemas/decimal.ts';
import type { Random } from '../prng.ts';

/** An account of the simulated program. Amounts are whole numbers of the smallest unit. */
export interface MarginAccount {
  readonly market: number;
  readonly side: 'long' | 'short';
  /** Times 10^9. */
  readonly size: bigint;
  /** Times 10^6; below zero when the account owes. */
  readonly collateral: bigint;
  /** Seconds since 1970. */
  readonly updatedAt: number;
}

/** The first bytes of each account: the program's name for its kind. */
const KIND = Buffer.from('margin\0\0', 'latin1');
const MASK = (1n << 64n) - 1n;

/** An account as the program stores it: kind (8 bytes), market (u16), side (u8), size (u64), collateral (i128), time (i64), little-endian. */
export function accountData({ market, side, size, collateral, updatedAt }: MarginAccount): Buffer {
  const data = Buffer.alloc(43);
  KIND.copy(data);
  data.writeUInt16LE(market, 8);
  data.writeUInt8(side === 'long' ? 0 : 1, 10);
  data.writeBigUInt64LE(size, 11);
  data.writeBigUInt64LE(collateral & MASK, 19);
  data.writeBigInt64LE(collateral >> 64n, 27);
  data.writeBigInt64LE(BigInt(updatedAt), 35);
  return data;
}

/** An account at random, with values up to the limits of what it stores. */
export const anyAccount = (random: Random, updatedAt: number): MarginAccount => ({
  market: random.below(12),
  side: random.oneIn(2) ? 'long' : 'short',
  size: BigInt(random.next()) * (random.oneIn(50) ? 0xffff_ffffn : 1_000_003n),
  collateral: (random.oneIn(4) ? -1n : 1n) * BigInt(random.next()) * (random.oneIn(50) ? 10n ** 27n : 997n),
  updatedAt,
});

/** The account's columns, for an oracle. */
export const accountColumns = ({ market, side, size, collateral, updatedAt }: MarginAccount): AvroRecord => ({
  market,
  side,
  size: formatDecimal(size, 9),
  collateral: formatDecimal(collateral, 6),
  updated_at: new Date(updatedAt * 1_000),
});
