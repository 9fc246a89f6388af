/** A value shorter than this would be found all over any text, and tear its words apart. */
const MIN_LENGTH = 4;
/** A word or a number this short is only hidden where it stands alone. */
const WORD = /^(?:[A-Za-z]{4,11}|\d{4,11})$/;
const MIN_BASE64 = 8;

/**
 * Regular expressions, the longest value first, that find secrets as they are and as texts carry them: percent-encoded,
 * escaped for JSON, Java, SQL or HTML, in any mix; as base64 alone or inside a longer text (`user:password`); as hexadecimal digits;
 * without the space around them; each of several lines.
 */
export function valuePatterns(secrets: Iterable<string>): string[] {
  const values = new Set([...secrets].flatMap(partsOf));
  return [...values]
    .filter((value) => value.length >= MIN_LENGTH)
    .sort((a, b) => b.length - a.length)
    .map((value) => [anyForm(value), ...base64Forms(value).map(escaped), hexForm(value)].join('|'));
}

/** The value itself, trimmed, and its lines: a trace may repeat one line of a key file. */
function partsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  return [value, value.trim(), ...lines];
}

/** JSON five times inside JSON. A form is not tried at each backslash of a row of them, but at the first. */
const SLASHES = '\\\\{1,31}';
const FIRST_SLASHES = '(?<!\\\\)\\\\{1,31}';

function anyForm(value: string): string {
  // Backslashes in a row are one: each could stand for any number of them. It takes those that escape what follows it as well.
  const characters = [...value.replaceAll(/\\+/g, '\\')];
  const slashesAt = (index: number) => (index === 0 ? FIRST_SLASHES : characters[index - 1] === '\\' ? '' : SLASHES);
  const form = characters.map((character, index) => anyFormOf(character, slashesAt(index))).join('');
  if (!WORD.test(value)) return form;
  // What an escape ends with (%20, \n, a colour) is no part of a word.
  return `(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\\\[nrt])|(?<=\u001b\\[[\\d;]{0,20}[A-Za-z]))${form}(?![A-Za-z0-9])`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;|&#34;',
  "'": '&#0?39;|&apos;|&#x27;',
};
const CONTROLS: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' };

/** One character as it is or escaped, also more than once: JSON inside JSON doubles the backslashes. `slashes` matches those. */
function anyFormOf(character: string, slashes: string): string {
  // One at a time, however each of them is written.
  if (character === '\\') return `${slashes.replace(SLASHES, '')}(?:\\\\|%5[cC]|u005[cC]){1,31}`;
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  const forms = [percentOf(character), units.map((unit) => `${slashes}u${hex(unit, 4)}`).join('')];
  const control = CONTROLS[character];
  if (control !== undefined) forms.push(`${slashes}${control}`, escaped(character));
  else if (/[A-Za-z0-9]/.test(character) || character.length > 1) forms.push(escaped(character));
  else forms.push(`(?:${slashes})?${character === "'" ? "'{1,2}" : escaped(character)}`);
  if (character === ' ') forms.push('\\+');
  const entity = ENTITIES[character];
  if (entity !== undefined) forms.push(entity);
  return `(?:${forms.join('|')})`;
}

const percentOf = (character: string): string => [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join('');

/** As a dump of bytes shows it. */
const hexForm = (value: string): string => [...Buffer.from(value)].map((byte) => hex(byte, 2)).join('');

/** Hexadecimal digits in either case. */
const hex = (value: number, digits: number): string =>
  value
    .toString(16)
    .padStart(digits, '0')
    .replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/**
 * Base64 of a text that holds the value depends on where in a group of three bytes the value begins: of each of the
 * three, the digits that come from the value alone.
 */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  const inside = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const start = Math.ceil((offset * 8) / 6);
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    return text.slice(start, end);
  });
  const alone = bytes.toString('base64').replaceAll('=', '');
  const standard = [...inside.filter((text) => text.length >= MIN_BASE64), alone];
  const forms = standard.flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}
