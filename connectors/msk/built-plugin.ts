import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConnectError } from '../../core/errors.ts';

/** A plugin ZIP on this machine, as `connect plugin build` writes it: the same jars make the same bytes. */
export interface BuiltPlugin {
  /** Absolute path. */
  readonly path: string;
  /** Hexadecimal; names the plugin on MSK Connect. */
  readonly sha256: string;
  /** Hexadecimal, as MSK Connect reports it. */
  readonly md5: string;
  readonly size: number;
}

/** Reads a ZIP and its identity. Errors: USAGE when it is not there, with `buildCommand` as what to do. */
export async function readBuiltPlugin(
  path: string,
  buildCommand: string,
): Promise<BuiltPlugin & { readonly bytes: Buffer }> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new ConnectError('USAGE', `the plugin ${path} cannot be read (${error.code ?? String(error)})`, {
      cause: error,
      hint: `run \`${buildCommand}\` first`,
    });
  });
  const digest = (algorithm: string): string => createHash(algorithm).update(bytes).digest('hex');
  return { path, sha256: digest('sha256'), md5: digest('md5'), size: bytes.length, bytes };
}
