// The account as the program stores it: kind (8 bytes), market (u16), side (u8), size (u64), collateral (i128), time (i64), little-endian.
const KIND = Buffer.from('margin\0\0', 'latin1');
const LENGTH = 43;

/** The columns that an account's bytes hold. Errors: Error for bytes of another kind or length. */
export function readMarginAccount(data) {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (bytes.length !== LENGTH || !bytes.subarray(0, KIND.length).equals(KIND))
    throw new Error(`${bytes.length} bytes are no margin account`);
  return {
    market: bytes.readUInt16LE(8),
    side: ['long', 'short'][bytes.readUInt8(10)],
    size: amount(bytes.readBigUInt64LE(11), 9),
    collateral: amount((bytes.readBigInt64LE(27) << 64n) | bytes.readBigUInt64LE(19), 6),
    updated_at: Number(bytes.readBigInt64LE(35)) * 1_000,
  };
}

// Money is never a float.
function amount(whole, scale) {
  const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, '0');
  return `${whole < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
