const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
/** Five digits of base 58 at once: 58^5 × 256 is exact in a double. */
const CHUNK = 58 ** 5;

/** Bytes as base 58, as Solana writes accounts and signatures: a leading zero byte is a "1". */
export function toBase58(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros += 1;
  /** Least significant first. */
  const chunks: number[] = [];
  for (let at = zeros; at < bytes.length; at += 1) {
    let carry = bytes[at] ?? 0;
    for (let place = 0; place < chunks.length; place += 1) {
      carry += (chunks[place] ?? 0) * 256;
      chunks[place] = carry % CHUNK;
      carry = Math.floor(carry / CHUNK);
    }
    if (carry > 0) chunks.push(carry);
  }
  let text = '';
  for (const [place, chunk] of chunks.entries()) {
    let rest = chunk;
    for (let digit = 0; digit < 5 && (rest > 0 || place < chunks.length - 1); digit += 1) {
      text = ALPHABET[rest % 58] + text;
      rest = Math.floor(rest / 58);
    }
  }
  return '1'.repeat(zeros) + text;
}
