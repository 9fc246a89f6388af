import { createHash } from 'node:crypto';
import { orderedState } from '../wait/run-state.ts';
import { withoutSecrets } from './compare-configs.ts';
import type { PlanInput } from './plan.ts';

/** What one thing was made from, as hashes: what the files said and what was seen. */
export interface Fingerprint {
  readonly desired: string;
  readonly observed: string;
}

/**
 * Of everything that `connect deploy` acts on, by the kind and name of its entry. Two equal plans can come from different
 * worlds, because a plan only tells differences; equal fingerprints cannot. Secrets are left out before hashing: a hash of a
 * short password gives it away.
 */
export function fingerprints(input: PlanInput): Readonly<Record<string, Fingerprint>> {
  const entries: [string, Fingerprint][] = input.streams.flatMap(({ desired, observed, connector: planned }) => {
    const { name, config, state, from } = desired.connector;
    const safe = (one: typeof config) => withoutSecrets(one, (key) => input.settings(one, key));
    const live = observed.connector;
    const topics = desired.topics.map(({ keyed: _, ...spec }): [string, Fingerprint] => {
      const seen = observed.topics[spec.name];
      const settings = Object.keys(spec.config).map((key) => [key, seen?.config[key]]);
      return [
        `topic ${spec.name}`,
        {
          desired: hash([spec, desired.replicationFactor]),
          observed: hash([seen?.partitions, seen?.replicas, settings]),
        },
      ];
    });
    const connector = {
      desired: hash([safe(config), state, from]),
      observed: hash(
        live === undefined
          ? observed.offsets.map(({ partition, committed }) => [partition, committed?.toString()])
          : [safe(live.config), orderedState(live.state), ...(planned ?? []).map(({ changes }) => changes)],
      ),
    };
    return [...topics, [`connector ${name}`, connector]];
  });
  const orphans = input.orphans.map(({ name, topics }): [string, Fingerprint] => [
    `connector ${name}`,
    { desired: hash('gone'), observed: hash(topics) },
  ]);
  return Object.fromEntries([...entries, ...orphans]);
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
