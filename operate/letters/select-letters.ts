import { ConnectError } from '../../core/errors.ts';
import type { Letter } from './letter.ts';
import type { LetterContent } from './letter-content.ts';

/** `FIELD=VALUE`, as it is asked for. */
export interface Condition {
  readonly field: string;
  readonly value: string;
}

/** A letter with what it holds; sealed where that is not asked for. */
export interface OpenLetter {
  readonly letter: Letter;
  readonly content?: LetterContent;
}

/** What a letter can be chosen by besides the fields of its update; a field of the same name is meant after these. */
const LETTER_FIELDS = ['cause', 'stage', 'partition', 'offset', 'key'];

/** Whether the conditions ask for what is in a letter. Reading thousands takes a while, and a registry that answers. */
export const needContent = (conditions: readonly Condition[]): boolean =>
  conditions.some(({ field }) => !LETTER_FIELDS.includes(field));

/** Reads conditions. Errors: USAGE for one without `=`. */
export function parseConditions(words: readonly string[]): Condition[] {
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at > 0) return { field: word.slice(0, at).trim(), value: word.slice(at + 1).trim() };
    throw new ConnectError('USAGE', `--where "${word}" is not FIELD=VALUE`, {
      hint: `FIELD is one of ${LETTER_FIELDS.join(', ')}, or a field of the update: --where owner=4Nd1m…`,
    });
  });
}

/**
 * Whether a letter meets all conditions. A cause is met by a part of it; partition and offset are those of the place it is
 * named by; amounts are equal as numbers (1.5 is 1.500000), all else as text.
 */
export const meets = ({ letter, content }: OpenLetter, conditions: readonly Condition[]): boolean =>
  conditions.every(({ field, value }) => {
    const place = letter.origin ?? letter.own;
    switch (field) {
      case 'cause':
        return letter.cause.toLowerCase().includes(value.toLowerCase());
      case 'stage':
        return letter.stage.toLowerCase() === value.toLowerCase();
      case 'partition':
        return String(place.partition) === value;
      case 'offset':
        return place.offset.toString() === value;
      case 'key':
        return letter.record.key?.toString() === value;
      default:
        return content?.kind === 'update' && equal(content.fields[field], value);
    }
  });

const DECIMAL = /^-?\d+(\.\d+)?$/;

const equal = (found: string | null | undefined, wanted: string): boolean => {
  if (found === null || found === undefined) return false;
  if (found === wanted) return true;
  return DECIMAL.test(found) && DECIMAL.test(wanted) && plain(found) === plain(wanted);
};

/** A decimal without zeros that say nothing. */
const plain = (text: string): string => {
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short.replace(/^(-?)0+(?=\d)/, '$1').replace(/^-0$/, '0');
};

/** Letters of one cause and stage. */
export interface LetterGroup {
  readonly cause: string;
  readonly stage: string;
  readonly count: number;
  readonly replayed: number;
  /** The oldest of them, by name. */
  readonly first: string;
  readonly last: string;
}

/** Groups by cause and stage, the largest first. `replayed` holds the names of the letters that have been replayed. */
export function groupLetters(letters: readonly Letter[], replayed: ReadonlySet<string>): LetterGroup[] {
  const groups = new Map<string, Letter[]>();
  for (const letter of letters) {
    const name = `${letter.cause}\u0000${letter.stage}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [letter]);
    else group.push(letter);
  }
  return [...groups.values()]
    .map((group) => ({
      cause: group[0]?.cause ?? '',
      stage: group[0]?.stage ?? '',
      count: group.length,
      replayed: group.filter(({ sameAs }) => replayed.has(sameAs)).length,
      first: group[0]?.id ?? '',
      last: group.at(-1)?.id ?? '',
    }))
    .sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1));
}
