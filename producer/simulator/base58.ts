import type { Random } from './prng.ts';

const ALPHABET = Buffer.from('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz', 'latin1');

// Text is drawn digit by digit instead of encoding random bytes (a 512-bit division for each signature would cost
// more than the rest of an update). The ranges of the leading digit keep the number within exactly 32 or 64 bytes:
// 4·58^42 > 2^248, 17·58^43 < 2^256, 2·58^86 > 2^504, 5·58^87 < 2^512.
const KEY_44 = { length: 44, firstFrom: 1, firstTo: 16 };
const KEY_43 = { length: 43, firstFrom: 4, firstTo: 57 };
const SIGNATURE_88 = { length: 88, firstFrom: 1, firstTo: 4 };
const SIGNATURE_87 = { length: 87, firstFrom: 2, firstTo: 57 };

/** Random base58 characters that encode nothing in particular. */
export const base58Digits = (random: Random, length: number): string =>
  length === 0 ? '' : digits(random, { length, firstFrom: 0, firstTo: 57 }, '');

/** A whole number as base58 digits, the most significant first, filled up to `length`. */
export function base58Number(number: number, length: number): string {
  const text = Buffer.alloc(length, ALPHABET[0]);
  let rest = number;
  for (let at = length - 1; at >= 0 && rest > 0; at -= 1) {
    text[at] = ALPHABET[rest % 58] as number;
    rest = Math.floor(rest / 58);
  }
  return text.toString('latin1');
}

interface Shape {
  readonly length: number;
  readonly firstFrom: number;
  readonly firstTo: number;
}

/** A public key or account address: 32 bytes in base58, 43 or 44 characters. */
export const publicKey = (random: Random): string => digits(random, random.oneIn(17) ? KEY_43 : KEY_44, '');

/** A transaction signature: 64 bytes in base58, 87 or 88 characters. */
export const signature = (random: Random): string => digits(random, random.oneIn(5) ? SIGNATURE_87 : SIGNATURE_88, '');

/** A signature that begins with `prefix` (base58 characters, the first at least '3'): 87 characters. */
export const markedSignature = (random: Random, prefix: string): string => digits(random, SIGNATURE_87, prefix);

function digits(random: Random, { length, firstFrom, firstTo }: Shape, prefix: string): string {
  const text = Buffer.allocUnsafe(length);
  // One word holds five digits: 58^5 < 2^32.
  for (let at = 0; at < length; ) {
    let word = random.next();
    for (const end = Math.min(at + 5, length); at < end; at += 1) {
      text[at] = ALPHABET[word % 58] as number;
      word = (word / 58) >>> 0;
    }
  }
  if (prefix === '') text[0] = ALPHABET[firstFrom + random.below(firstTo - firstFrom + 1)] as number;
  else text.write(prefix, 0, 'latin1');
  return text.toString('latin1');
}
