/**
 * The word that a proto enum's value stands for: the allowed word with the same letters and digits as the value's name
 * without its enum's prefix. `SIDE_LONG` of enum `Side` → "Long", `EVENT_TYPE_PNL_UPDATE` of `EventType` → "PNL_UPDATE".
 * Undefined for a value that means none of them, as `…_UNSPECIFIED` does.
 */
export function enumWord(enumName: string, valueName: string, allowed: readonly string[]): string | undefined {
  const wanted = letters(stemOf(enumName, valueName));
  return allowed.find((word) => letters(word) === wanted);
}

/** A value's name without its enum's prefix: `SIDE_LONG` of enum `Side` → `LONG`. */
export function stemOf(enumName: string, valueName: string): string {
  const prefix = upperSnake(enumName);
  return valueName.startsWith(`${prefix}_`) ? valueName.slice(prefix.length + 1) : valueName;
}

/** Every value of a proto enum with its word, for look-ups by the value's name. */
export function enumWords(
  enumName: string,
  valueNames: readonly string[],
  allowed: readonly string[],
): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const valueName of valueNames) {
    const word = enumWord(enumName, valueName, allowed);
    if (word !== undefined) words.set(valueName, word);
  }
  return words;
}

/** `PositionStatus` → `POSITION_STATUS`: the prefix that protobuf's style guide asks for. */
const upperSnake = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toUpperCase();

const letters = (word: string): string => word.replace(/[^a-z0-9]/gi, '').toUpperCase();
