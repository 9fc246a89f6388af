import { createHash } from 'node:crypto';

/** What one thing was made from, as hashes: what the files said and what was seen. */
export interface Fingerprint {
  readonly desired: string;
  readonly observed: string;
}

/** Of any plain value; the order of keys does not count, undefined is as good as missing. */
export const hash = (value: unknown): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 32);

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, item: unknown) =>
      typeof item === 'object' && item !== null && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item,
    ) ?? 'undefined'
  );
}
