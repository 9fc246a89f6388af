import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConnectError } from '../../core/errors.ts';
import type { NewFile } from '../../pipeline/new-stream.ts';

/** Writes files that are not there yet. Errors: USAGE with those that are; then nothing is written. */
export function writeNewFiles(root: string, files: readonly NewFile[], hint: string): void {
  const taken = files.filter(({ path }) => existsSync(join(root, path)));
  if (taken.length > 0) {
    const list = taken.map(({ path }) => path).join(', ');
    throw new ConnectError('USAGE', `${list} exist${taken.length === 1 ? 's' : ''} already; nothing was written`, {
      hint,
    });
  }
  for (const { path, text } of files) writeFile(root, path, text, 'wx');
}

/** Writes one file and the folders above it. */
export function writeFile(root: string, path: string, text: string, flag: 'w' | 'wx' = 'w'): void {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text, { flag });
}
