import { isReference } from '../core/reference.ts';
import { createScrub, HIDDEN, type Scrub } from '../core/scrub.ts';
import { isSecretOutputKey } from '../core/secret-names.ts';
import { visibleJson } from '../core/visible.ts';

/**
 * What a command must not print, and the last gate of everything it prints. Knows at first what the process environment holds
 * of secrets: logins in URLs, and AWS's own.
 */
export function createRedaction(env: NodeJS.ProcessEnv) {
  const known = new Set(environmentSecrets(env));
  let current: Scrub | undefined;
  const scrub: Scrub = (text) => {
    current ??= createScrub(known);
    return current(text);
  };
  return {
    /** Hides these values from now on. */
    learn(values: Iterable<string>): void {
      const before = known.size;
      for (const value of values) known.add(value);
      if (known.size > before) current = undefined;
    },
    scrub,
    /** A value as JSON: each string and name scrubbed, and hidden altogether under a key that names a secret. BigInts become strings. */
    json: (value: unknown, indent?: number): string =>
      visibleJson(JSON.stringify(hideIn(value, scrub), undefined, indent)),
  };
}

/** A copy without secrets, of what JSON.stringify would write. */
function hideIn(value: unknown, scrub: Scrub): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return scrub(value);
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return hideIn(value.toJSON(), scrub);
  if (Array.isArray(value)) return value.map((item) => hideIn(item, scrub));
  const shown = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) {
    const isSecret = typeof item === 'string' && isSecretOutputKey(key) && !isReference(item);
    shown[freeName(shown, scrub(key))] = isSecret ? HIDDEN : hideIn(item, scrub);
  }
  return shown;
}

/** Two names may be one when they are scrubbed. */
const freeName = (shown: object, name: string): string =>
  Object.hasOwn(shown, name) ? freeName(shown, `${name} `) : name;

const AWS_SECRETS = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

function environmentSecrets(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([name, value = '']) =>
    AWS_SECRETS.includes(name) ? [value] : /_(proxy|url)$/i.test(name) ? loginOf(value) : [],
  );
}

/** User and password of a URL, also one that is malformed by them; as written and as meant. */
function loginOf(url: string): string[] {
  const [, login] = /^[a-z][a-z\d+.-]*:\/\/(.+)@/is.exec(url) ?? [];
  if (login === undefined) return [];
  const password = login.slice(login.indexOf(':') + 1);
  return [login, password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
