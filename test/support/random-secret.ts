import type { SeededRandom } from './seeded-random.ts';

const ALPHABETS = [
  'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789',
  '.*+?^{}$()|[]\\/-',
  `"'\`,;:=&<>#%@!~ `,
  'äßçñ漢字кл😀𝔘',
];

/** A secret of 6 to 40 characters, rich in what breaks patterns, quotes, URLs and encodings. One line, no space at its ends. */
export function randomSecret(random: SeededRandom): string {
  const characters = ALPHABETS.map((alphabet) => [...alphabet]);
  const pick = (from: readonly string[]) => from[random.int(from.length)] ?? 'x';
  // A short one may be a word; one of nothing but punctuation could stand in any text.
  const letters = Array.from({ length: 3 + random.int(4) }, () => pick(characters[0] ?? []));
  const others = Array.from({ length: 1 + random.int(30) }, () => pick(characters[random.int(4)] ?? []));
  return [...letters, ...others, pick(characters[0] ?? []), pick(characters[0] ?? [])].join('');
}

/** The words an accident could hold are few, so a short secret is a made-up word. */
export const randomWord = (random: SeededRandom): string =>
  Array.from({ length: 5 }, () => 'bcdfghjkqvwxz'[random.int(13)]).join('');
