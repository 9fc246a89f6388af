import { createHash } from 'node:crypto';

/** A short hash of settings, to see whether a running part has the ones wanted now. */
export function fingerprint(...settings: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
}
