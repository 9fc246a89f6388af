import { isReference } from '../core/reference.ts';
import { createScrub, HIDDEN, type Scrub } from '../core/scrub.ts';
import { isSecretOutputKey } from '../core/secret-names.ts';

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
    /** A value as JSON: each string scrubbed, and hidden altogether under a key that names a secret. BigInts become strings. */
    json: (value: unknown): string =>
      JSON.stringify(
        value,
        (key, item) => {
          if (typeof item === 'bigint') return item.toString();
          if (typeof item !== 'string') return item;
          return isSecretOutputKey(key) && !isReference(item) ? HIDDEN : scrub(item);
        },
        2,
      ),
  };
}

/** The stream itself, but that it never writes a secret. */
export function scrubbed(stream: NodeJS.WritableStream, scrub: Scrub): NodeJS.WritableStream {
  const write = (chunk: string | Uint8Array): boolean =>
    stream.write(scrub(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()));
  return new Proxy(stream, {
    get(target, key) {
      if (key === 'write') return write;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

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
