import { valuePatterns } from './secret-forms.ts';

/** Replaces secrets in a text. */
export type Scrub = (text: string) => string;

/** What stands where a secret stood. */
export const HIDDEN = '(secret)';

// key=value, key: value and key="value" for keys that name a secret, as in JDBC URLs, JAAS entries and echoed configs.
const ASSIGNED = new RegExp(
  [
    // A reference, passed over whole: it is shown as it is.
    String.raw`\$\{[^}]+\}|`,
    // A token may also be a coin: alone it is only a secret where a URL carries it.
    String.raw`((?:[\w.-]*(?:passw(?:or)?d|passphrase|secret|(?:auth|access|bearer|refresh|session|security)[\w.-]*token`,
    String.raw`|(?<=[?&])token|api[-_.]?key)[\w.-]*)`,
    // An ARN and an action of AWS have colons without quotes or space: secretsmanager:GetSecretValue.
    String.raw`(?:\\*["']\s*[=:]\s*|\s*=\s*|\s*:\s+))(?!\\*["']?\$\{)`,
    String.raw`(\\+"[^"]*"|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s,;&"'})\]]+)`,
  ].join(''),
  'gi',
);
const URL_LOGIN = /(:\/\/)[^/?#\s@]+@/g;

/**
 * Hides the given secret values, in whatever form (see `valuePatterns`) and whatever stands around them, and whatever
 * looks like an assigned secret or a login in a URL. A value shorter than 4 characters is only found in assignments.
 */
export function createScrub(secrets: Iterable<string> = []): Scrub {
  const patterns = valuePatterns(secrets);
  const values = patterns.length === 0 ? undefined : new RegExp(patterns.join('|'), 'g');
  return (text) => {
    const known = values === undefined ? text : text.replaceAll(values, HIDDEN);
    return known
      .replaceAll(ASSIGNED, (all, key: string | undefined, value: string) =>
        key === undefined ? all : key + hiddenLike(value),
      )
      .replaceAll(URL_LOGIN, `$1${HIDDEN}@`);
  };
}

/** Quotes stay, so that JSON stays JSON. */
const hiddenLike = (value: string): string => {
  const quote = /^(?:\\*"|')/.exec(value)?.[0] ?? '';
  return quote + HIDDEN + quote;
};
