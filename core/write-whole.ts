import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file beside its place and renames it, so that whoever reads it has the old one or the whole new one. Makes its folder.
 * Errors: those of the file system.
 */
export function writeWhole(path: string, content: string | Uint8Array, mode?: number): void {
  const fresh = `${path}.${process.pid}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(fresh, { force: true });
    // What another user may have put in its place is not written through.
    writeFileSync(fresh, content, { mode, flag: 'wx' });
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { force: true });
  }
}
