import { parseDecimal, toTwosComplement } from '../../schemas/decimal.ts';

/** Zigzag varint of a whole number within ±2^52. */
export function writeNumber(value: number, target: Buffer, at: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let position = at;
  while (rest > 0x7fffffff) {
    target[position] = (rest % 128) | 128;
    position += 1;
    rest = Math.floor(rest / 128);
  }
  while (rest > 127) {
    target[position] = (rest & 127) | 128;
    position += 1;
    rest >>>= 7;
  }
  target[position] = rest;
  return position + 1;
}

const EXACT = 2n ** 52n;

export function writeLong(value: bigint, target: Buffer, at: number): number {
  if (value < EXACT && value > -EXACT) return writeNumber(Number(value), target, at);
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  let position = at;
  while (rest > 127n) {
    target[position] = Number(rest & 127n) | 128;
    position += 1;
    rest >>= 7n;
  }
  target[position] = Number(rest);
  return position + 1;
}

export function writeText(text: string, target: Buffer, at: number): number {
  // As if each character were one byte, which is true of nearly all text here; if not, it is written again.
  const start = writeNumber(text.length, target, at);
  const bytes = target.write(text, start);
  if (bytes === text.length) return start + bytes;
  return writeNumber(bytes, target, at) + target.write(text, writeNumber(bytes, target, at));
}

export function writeBytes(bytes: Uint8Array, target: Buffer, at: number): number {
  const start = writeNumber(bytes.length, target, at);
  target.set(bytes, start);
  return start + bytes.length;
}

/** Up to 15 digits are exact in a double, whatever they are. */
const EXACT_DIGITS = 15;

/** Canonical text ("-12.500000", exactly `scale` fraction digits) as a length and big-endian two's complement. */
export function writeDecimal(
  text: string,
  shape: { readonly precision: number; readonly scale: number },
  target: Buffer,
  at: number,
): number {
  if (text.length > EXACT_DIGITS) return writeBytes(toTwosComplement(parseDecimal(text, shape)), target, at);
  let unscaled = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    // The point and the minus lie below "0".
    if (digit >= 0) unscaled = unscaled * 10 + digit;
  }
  const negative = text.charCodeAt(0) === 45;
  // The complement of a negative number has the same bytes with every bit turned, and is never negative itself.
  let magnitude = negative && unscaled > 0 ? unscaled - 1 : unscaled;
  const flip = negative && unscaled > 0 ? 0xff : 0;
  let length = 1;
  for (let limit = 128; magnitude >= limit; limit *= 256) length += 1;
  target[at] = length * 2;
  for (let position = at + length; position > at; position -= 1) {
    target[position] = (magnitude & 0xff) ^ flip;
    magnitude = Math.floor(magnitude / 256);
  }
  return at + 1 + length;
}
