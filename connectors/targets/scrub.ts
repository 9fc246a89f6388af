/** Replaces secrets in a text that comes from outside. */
export type Scrub = (text: string) => string;

const HIDDEN = '(secret)';

// key=value, key: value and key="value" for keys that name a secret, as in JDBC URLs, JAAS entries and echoed configs.
const ASSIGNED =
  /((?:[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|api[-_.]?key)[\w.-]*)["']?\s*[=:]\s*)(?!\$\{)("[^"]*"|'[^']*'|[^\s,;&"'})\]]+)/gi;
const URL_LOGIN = /(:\/\/)[^/?#\s@]+@/g;

/**
 * Hides the given secret values, whatever stands around them, and whatever looks like an assigned secret.
 * Values shorter than 4 characters are only found in assignments: they would tear words apart.
 */
export function createScrub(secrets: readonly string[] = []): Scrub {
  const forms = new Set(
    secrets.filter((secret) => secret.length >= 4).flatMap((secret) => [secret, encodeURIComponent(secret)]),
  );
  // The longest first, so that a secret which contains another leaves nothing behind.
  const values = [...forms].sort((a, b) => b.length - a.length);
  return (text) => {
    let result = text;
    for (const value of values) result = result.replaceAll(value, HIDDEN);
    return result.replaceAll(ASSIGNED, `$1${HIDDEN}`).replaceAll(URL_LOGIN, `$1${HIDDEN}@`);
  };
}
