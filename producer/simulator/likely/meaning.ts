/** The words of a name: `markPrice`, `mark_price` → mark, price. */
export const wordsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_');

/**
 * What the name of a field says, by a dictionary of meaning → words. The whole name counts first, then its words from the
 * last on: a `fee_currency` is a currency, a `price_usd` a price.
 */
export function readerOf<Meaning extends string>(
  dictionary: Readonly<Record<Meaning, string>>,
): (name: string) => Meaning | undefined {
  const entries = (Object.entries(dictionary) as [Meaning, string][]).flatMap(([meaning, words]) =>
    words.split(' ').map((word) => [word, meaning] as const),
  );
  const meanings = new Map<string, Meaning>(entries);
  return (name) => {
    const words = wordsOf(name);
    for (const word of [words.join('_'), ...words.toReversed()]) {
      const found = meanings.get(word) ?? meanings.get(word.replace(/s$/, ''));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** Names of times, in texts and in numbers. */
export const TIME_WORDS = 'ts time timestamp at date datetime';
