import { readFileSync, statSync } from 'node:fs';
import { ConnectError, messageOf } from '../../../core/errors.ts';
import { createDescriptorFiles, type FileDescriptor } from './descriptor.ts';

const MOST_BYTES = 16 * 2 ** 20;

/** The files of a descriptor set that protoc or buf has written. Errors: USAGE for a file that cannot be read, REFUSED for what is none. */
export function describedFiles(path: string): ReadonlyMap<string, FileDescriptor> {
  const found = createDescriptorFiles(path);
  found.addSet(bytesOf(path));
  return found.files;
}

function bytesOf(path: string): Uint8Array {
  try {
    if (statSync(path).size <= MOST_BYTES) return readFileSync(path);
  } catch (error) {
    throw new ConnectError('USAGE', `--descriptor-set: ${path} cannot be read: ${messageOf(error)}`);
  }
  throw new ConnectError('USAGE', `--descriptor-set: ${path} is larger than ${MOST_BYTES / 2 ** 20} MiB`);
}
