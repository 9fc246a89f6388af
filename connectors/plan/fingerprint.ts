import { hash as digest } from 'node:crypto';
import { requestedState } from '../run-state.ts';
import type { DesiredSink, ObservedSink } from '../sink-config.ts';
import type { SinkPosition } from '../sink-group.ts';
import { withoutSecrets } from './compare-configs.ts';
import type { PlannedChange } from './entry.ts';

/**
 * Fingerprints of what `connect deploy` acts on. Two equal plans can come from different worlds, because a plan only tells
 * differences; equal fingerprints cannot. Secrets are left out before hashing: a hash of a short password gives it away.
 */

/** What one thing was made from, as hashes: what the files said and what was seen. */
export interface Fingerprint {
  readonly desired: string;
  readonly observed: string;
}

/** Of any plain value; the order of keys does not count, an undefined member is as good as missing. */
export function hash(value: unknown): string {
  const sorted = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
  return digest('sha256', sorted).slice(0, 32);
}

/** Of a sink that is there (`live`), or of one that is not and the offsets that it would resume at. */
export function sinkFingerprint(
  { stream, config, from }: DesiredSink,
  live: ObservedSink | undefined,
  offsets: readonly SinkPosition[],
  changes: readonly (readonly PlannedChange[])[] = [],
): Fingerprint {
  return {
    desired: hash([withoutSecrets(config), stream.sink.state, from]),
    observed: hash(
      live === undefined
        ? offsets.map(({ partition, committed }) => [partition, committed?.toString()])
        : [withoutSecrets(comparable(live)), requestedState(live.state), ...changes],
    ),
  };
}

function comparable({ config, decidedByHost }: ObservedSink): ObservedSink['config'] {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !decidedByHost.includes(key)));
}
