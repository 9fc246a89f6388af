import { readFileSync, statSync } from 'node:fs';
import { ConnectError } from './errors.ts';

const MAX_MIB = 4;

/** The text of a file that people write. Errors: INVALID_DEFINITION for one that is too long to have been; those of the file system. */
export function readLimited(path: string): string {
  const mib = Math.ceil(statSync(path).size / 2 ** 20);
  if (mib > MAX_MIB) throw new ConnectError('INVALID_DEFINITION', `${path} has ${mib} MiB, more than ${MAX_MIB} MiB`);
  return readFileSync(path, 'utf8');
}
