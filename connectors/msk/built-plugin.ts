import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
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

/** Reads a ZIP's identity. Errors: USAGE when it is not there, with `buildCommand` as what to do. */
export async function readBuiltPlugin(path: string, buildCommand: string): Promise<BuiltPlugin> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let size = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      sha256.update(chunk);
      md5.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ConnectError('USAGE', `the plugin ${path} cannot be read (${reason})`, {
      cause: error,
      hint: `run \`${buildCommand}\` first`,
    });
  }
  return { path, sha256: sha256.digest('hex'), md5: md5.digest('hex'), size };
}
