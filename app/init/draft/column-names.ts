import { isSqlWord } from '../../../pipeline/stream-name.ts';

/** Columns that every table has. */
const TAKEN = ['id', 'created_at', 'corrected_at', 'kafka_partition', 'kafka_offset'];
/** PostgreSQL cuts names behind this. */
const LONGEST = 63;

/** Gives each field of an update a column's name: lower case, no word that SQL keeps for itself, and of its own. */
export function createColumnNames(fields: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(TAKEN);
  const names = new Map<string, string>();
  for (const field of fields) {
    const plain = snakeCase(field).slice(0, LONGEST - 5);
    const isUsable = !taken.has(plain) && !isSqlWord(plain);
    const wanted = isUsable ? plain : `feed_${plain}`;
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted.slice(0, LONGEST - 5)}_${number}`;
    taken.add(name);
    names.set(field, name);
  }
  return names;
}

/** `isMaker` → `is_maker`, `txID` → `tx_id`. */
const snakeCase = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/^_+(?=.)/, '')
    .replace(/^(?=\d)/, '_');
