import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { parseProperties } from '../core/properties.ts';
import { parseReference } from '../core/reference.ts';
import type { SecretReference } from './types.ts';

/** Where references are resolved: the project's folder and the process environment. */
export interface SecretSources {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * The value behind `${env:NAME}` or `${file:path:key}` (a properties file; the path is relative to the project).
 * Errors name the reference, never a value: USAGE when it has no value, INVALID_DEFINITION when it is no such reference.
 */
export function resolveSecret(reference: SecretReference, { root, env }: SecretSources): string {
  const { provider, path, key = '' } = parseReference(reference) ?? {};
  if (provider === 'env') {
    const value = env[key];
    if (value !== undefined && value !== '') return value;
    throw missing(reference, `the environment variable ${key} is not set`, `set ${key} and run again`);
  }
  if (provider === 'file' && path !== undefined) return fromFile(reference, root, path, key);
  throw new ConnectError('INVALID_DEFINITION', `a secret must be a reference \${env:NAME} or \${file:path:key}`);
}

function fromFile(reference: string, root: string, path: string, key: string): string {
  let text: string;
  try {
    text = readFileSync(resolve(root, path), 'utf8');
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

const missing = (reference: string, why: string, hint: string): ConnectError =>
  new ConnectError('USAGE', `secret ${reference} cannot be resolved: ${why}`, { hint, details: { reference } });
