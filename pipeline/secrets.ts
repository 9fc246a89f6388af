import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { parseProperties } from '../core/properties.ts';
import { parseReference } from '../core/reference.ts';
import { isInside, mayReadFile, mayReadVariable } from './secret-rules.ts';
import type { SecretReference, SecretRules } from './types.ts';

/** Where references are resolved: the project's folder and the process environment. */
export interface SecretSources {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** What the project allows. Left out for a reference that the user has given: it may lead anywhere. */
  readonly rules?: SecretRules | undefined;
}

/** Output hides what is shorter only where it stands alone, or not at all. */
const SHORTEST = 8;
/** A file of passwords is smaller. */
const LARGEST_FILE = 1024 * 1024;

/**
 * The value behind `${env:NAME}` or `${file:path:key}` (a properties file; the path is relative to the project).
 * Errors name the reference, never a value: USAGE when it has no value, one too short to be hidden, or one that the project does not
 * allow; INVALID_DEFINITION when it is no such reference.
 */
export function resolveSecret(reference: SecretReference, sources: SecretSources): string {
  const value = readSecret(reference, sources);
  if (value.length >= SHORTEST) return value;
  throw new ConnectError(
    'USAGE',
    `secret ${reference} has fewer than ${SHORTEST} characters: no output could be kept free of it`,
    { hint: `give it a value of ${SHORTEST} characters or more`, details: { reference } },
  );
}

/** The same for a value that nobody uses and output must hide: also one that is too short. */
export function readSecret(reference: SecretReference, { root, env, rules }: SecretSources): string {
  const { provider, path, key = '' } = parseReference(reference) ?? {};
  if (provider === 'env') {
    if (rules !== undefined && !mayReadVariable(rules, key))
      throw missing(reference, `connect.yaml does not allow ${key}`, `add '${key}' to secrets.environment`);
    const value = env[key];
    if (value !== undefined && value !== '') return value;
    throw missing(reference, `the environment variable ${key} is not set`, `set ${key} and run again`);
  }
  if (provider === 'file' && path !== undefined) {
    if (rules !== undefined) requireAllowedFile(reference, root, path, rules);
    return fromFile(reference, root, path, key);
  }
  throw new ConnectError('INVALID_DEFINITION', `a secret must be a reference \${env:NAME} or \${file:path:key}`);
}

/** A link in the project may lead out of it. Errors: USAGE. */
function requireAllowedFile(reference: string, root: string, path: string, rules: SecretRules): void {
  const refuse = (where: string): never => {
    throw missing(reference, `connect.yaml does not allow ${where}`, `add '${where}' to secrets.files`);
  };
  if (!mayReadFile(rules, path)) refuse(path);
  const file = resolve(root, path);
  if (!existsSync(file) || !isInside(path)) return;
  const real = realpathSync(file);
  if (!isInside(relative(realpathSync(root), real)) && !mayReadFile(rules, real)) refuse(real);
}

function fromFile(reference: string, root: string, path: string, key: string): string {
  let text: string;
  try {
    text = readWhole(resolve(root, path));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const example = existsSync(resolve(root, `${path}.example`));
    const write = example ? `copy ${path}.example to ${path} and fill it in` : `write ${path}`;
    const hint = path.startsWith('.connect/') ? 'the local stack writes this file: run `connect up`' : write;
    throw missing(reference, `${path} cannot be read (${reason})`, hint);
  }
  const value = parseProperties(text)[key];
  if (value !== undefined && value !== '') return value;
  throw missing(reference, `${path} has no value for ${key}`, `add ${key}=… to ${path}`);
}

/** A pipe or a device would never end. */
function readWhole(file: string): string {
  const seen = statSync(file);
  if (!seen.isFile() || seen.size > LARGEST_FILE) throw Object.assign(new Error(), { code: 'no file of properties' });
  return readFileSync(file, 'utf8');
}

const missing = (reference: string, why: string, hint: string): ConnectError =>
  new ConnectError('USAGE', `secret ${reference} cannot be resolved: ${why}`, { hint, details: { reference } });
