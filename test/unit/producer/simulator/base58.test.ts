import { describe, expect, it } from 'vitest';
import { markedSignature, publicKey, signature } from '../../../../producer/simulator/base58.ts';
import { Random } from '../../../../producer/simulator/prng.ts';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function bytesOf(text: string): number {
  let value = 0n;
  for (const digit of text) value = value * 58n + BigInt(ALPHABET.indexOf(digit));
  return Math.ceil(value.toString(16).length / 2);
}

const many = (make: (random: Random) => string): string[] => {
  const random = Random.of(11);
  return Array.from({ length: 5_000 }, () => make(random));
};

describe('base58 text', () => {
  it.each([
    ['a public key', publicKey, 32, [43, 44]],
    ['a signature', signature, 64, [87, 88]],
    ['a marked signature', (random: Random) => markedSignature(random, 'PNL'), 64, [87]],
  ])('%s decodes to exactly its number of bytes', (_what, make, bytes, lengths) => {
    const texts = many(make);
    expect(texts.filter((text) => !/^[1-9A-HJ-NP-Za-km-z]+$/.test(text))).toEqual([]);
    expect(new Set(texts.map(bytesOf))).toEqual(new Set([bytes]));
    expect(new Set(texts.map(({ length }) => length))).toEqual(new Set(lengths));
  });

  it('is never the same twice', () => {
    expect(new Set(many(publicKey)).size).toBe(5_000);
    expect(new Set(many(signature)).size).toBe(5_000);
  });
});
