import { valuePatterns } from './secret-forms.ts';
import { isSecretKey } from './secret-names.ts';

/** Replaces secrets in a text. Takes time in proportion to its length, whatever it holds. */
export type Scrub = (text: string) => string;

/** What stands where a secret stood. */
export const HIDDEN = '(secret)';

/**
 * `key=`, `key: ` and `"key": `, as in JDBC URLs, JAAS entries and echoed configs. A key is a whole word: without that, each letter of a
 * long word would be tried as the beginning of one. A reference is passed over whole. An ARN and an action of AWS have colons without
 * quotes or space: secretsmanager:GetSecretValue.
 */
const KEY = /\$\{[^{}]+\}|(?<![\w.-])([\w.-]+)(?:\\*["']\s*[=:]\s*|\s*=\s*|\s*:\s+)/g;
/** What is assigned: in quotes, which may be escaped ones, or up to the end of a word. The scheme of a header is a word of its own. */
const VALUE =
  /\\+"[^"]*"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:(?:basic|bearer|digest|negotiate) +)?(?:\$\{[^{}]*\}|[^\s,;&"'})\]])+/iy;
/** Cookies have semicolons between them. */
const COOKIES = /[^\n"']+/y;
/** One reference, at most behind a scheme or a user name (see `isByReference`): it is shown as it is. */
const REFERENCE = /^\\*["']?(?:bearer +|[\w.@-]+:)?\$\{[^{}]+\}\\*["']?$/i;

const URL_LOGIN = /(:\/\/)[^/?#\s@]+@/g;

/**
 * Hides the given secret values, in whatever form (see `valuePatterns`) and whatever stands around them, and whatever
 * looks like an assigned secret or a login in a URL. A value shorter than 4 characters is only found in assignments. `coins`: names of
 * fields that are no secrets, although they are called so.
 */
export function createScrub(secrets: Iterable<string> = [], coins?: ReadonlySet<string>): Scrub {
  // One for each: a pattern of all would be too large for the engine to optimise.
  const values = valuePatterns(secrets).map((pattern) => new RegExp(pattern, 'g'));
  return (text) => {
    const known = values.reduce((left, value) => left.replaceAll(value, HIDDEN), text);
    return hideAssigned(known, coins).replaceAll(URL_LOGIN, `$1${HIDDEN}@`);
  };
}

function hideAssigned(text: string, coins: ReadonlySet<string> | undefined): string {
  let shown = '';
  let from = 0;
  KEY.lastIndex = 0;
  for (let found = KEY.exec(text); found !== null; found = KEY.exec(text)) {
    const [, key] = found;
    if (key === undefined || !namesSecret(key, text[found.index - 1], coins)) continue;
    const value = valueAt(KEY.lastIndex, text, key);
    if (value === undefined) continue;
    if (!REFERENCE.test(value)) {
      shown += text.slice(from, KEY.lastIndex) + hiddenLike(value);
      from = KEY.lastIndex + value.length;
    }
    KEY.lastIndex += value.length;
  }
  return shown + text.slice(from);
}

function valueAt(from: number, text: string, key: string): string | undefined {
  const value = /cookie$/i.test(key) && !/^\\*["']/.test(text.slice(from, from + 32)) ? COOKIES : VALUE;
  value.lastIndex = from;
  return value.exec(text)?.[0];
}

/** A coin's name is only that of a secret where a URL carries it. */
const namesSecret = (key: string, before: string | undefined, coins: ReadonlySet<string> | undefined): boolean =>
  isSecretKey(key, coins) || (/^token/i.test(key) && (before === '?' || before === '&'));

/** Quotes stay, so that JSON stays JSON. */
const hiddenLike = (value: string): string => {
  const quote = /^(?:\\*"|')/.exec(value)?.[0] ?? '';
  return quote + HIDDEN + quote;
};
