import { isByReference } from '../core/reference.ts';
import { createScrub, HIDDEN, type Scrub } from '../core/scrub.ts';
import { isSecretKey, isSecretName } from '../core/secret-names.ts';
import { visibleJson } from '../core/visible.ts';

/**
 * What a command must not print, and the last gate of everything it prints. Knows at first what the process environment holds
 * of secrets: logins in URLs, and what has the name of a secret. `spell` writes the commands in advice as they are run here.
 */
export function createRedaction(env: NodeJS.ProcessEnv, spell: (text: string) => string = (text) => text) {
  const known = new Set(environmentSecrets(env));
  const coins = new Set<string>();
  let current: Scrub | undefined;
  const scrub: Scrub = (text) => {
    current ??= createScrub(known, coins);
    return current(text);
  };
  const hide = (value: unknown): unknown => hideIn(value, scrub, coins);
  return {
    /** Hides these values from now on. `fields`: of records; none is a secret because it is called a token. */
    learn(values: Iterable<string>, fields: Iterable<string> = []): void {
      const before = known.size;
      for (const value of values) known.add(value);
      for (const field of fields) coins.add(field);
      if (known.size > before) current = undefined;
    },
    scrub,
    /** A copy of what JSON has of a value: each string and name scrubbed, and hidden altogether under a key that names a secret. */
    hide,
    /** The same as JSON. BigInts become strings. Only advice is ours to spell: the rest is data. */
    json: (value: unknown, indent?: number): string => {
      const advise = (key: string, item: unknown): unknown =>
        typeof item === 'string' && ADVICE.has(key) ? spell(item) : item;
      return visibleJson(JSON.stringify(hide(value), advise, indent));
    },
  };
}

/** Keys of documents that say what to do next. */
const ADVICE = new Set(['hint', 'remedy']);

/** A copy without secrets, of what JSON.stringify would write. */
function hideIn(value: unknown, scrub: Scrub, coins: ReadonlySet<string>): unknown {
  const hide = (item: unknown): unknown => hideIn(item, scrub, coins);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return scrub(value);
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return hide(value.toJSON());
  if (Array.isArray(value)) return value.map(hide);
  const shown = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) {
    const isSecret = typeof item === 'string' && isSecretKey(key, coins) && !isByReference(item);
    shown[freeName(shown, scrub(key))] = isSecret ? HIDDEN : hide(item);
  }
  return shown;
}

/** Two names may be one when they are scrubbed. */
const freeName = (shown: object, name: string): string =>
  Object.hasOwn(shown, name) ? freeName(shown, `${name} `) : name;

/** As long as this a value is hidden without tearing words apart; so is not what is one word (PGPASSWORD=postgres), or a path. */
const HIDEABLE = /^(?!\/|[A-Za-z]:\\|[a-z]{1,11}$|\d{1,11}$).{8}/is;
/** Of variables these are the name of a folder. */
const FOLDERS = /^(?:OLD)?PWD$/;

function environmentSecrets(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (/_(proxy|url)$/i.test(name)) return loginOf(value);
    return isSecretName(name) && HIDEABLE.test(value) && !FOLDERS.test(name) ? [value] : [];
  });
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
