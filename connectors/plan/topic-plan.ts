import { type ObservedTopic, type TopicSpec, topicDifferences } from '../topics.ts';
import { NOTHING_ELSE, type PlanEntry } from './entry.ts';
import { type Fingerprint, hash } from './fingerprint.ts';

export interface TopicPlanOptions {
  readonly replicationFactor: number;
  /** Give it more partitions where the definition says more. */
  readonly grow: boolean;
  /** How it was seen. */
  readonly notes?: readonly string[] | undefined;
}

const MOVES_KEYS =
  'most keys move to another partition: updates of one key before and after the change may be written in another order; current states follow slot and ordinal, whatever the order';

/** Missing topics are created, partitions never taken away, and only added on request. Settings are reported, not changed. */
export function planTopic(spec: TopicSpec, live: ObservedTopic | undefined, options: TopicPlanOptions): PlanEntry {
  const seen = options.notes ?? [];
  const rest = { ...NOTHING_ELSE, kind: 'topic', name: spec.name, notes: seen } as const;
  if (live === undefined) {
    const copies = options.replicationFactor === 1 ? '1 copy' : `${options.replicationFactor} copies`;
    return { ...rest, action: 'create', summary: `${partitions(spec.partitions)}, ${copies}` };
  }
  const differences = topicDifferences(spec, live, options.replicationFactor);
  const notes = [...differences.map((text) => `${text}; left as it is`), ...seen];
  const differs = `has ${partitions(live.partitions)}, the definition says ${spec.partitions}`;
  const keep = `set topic.partitions to ${live.partitions}`;
  if (live.partitions > spec.partitions) {
    return { ...rest, notes, action: 'blocked', summary: `${differs}: Kafka cannot take partitions away; ${keep}` };
  }
  if (live.partitions === spec.partitions) {
    return { ...rest, notes, action: 'unchanged', summary: partitions(live.partitions) };
  }
  if (spec.keyed && !options.grow) {
    const summary = `${differs}: more would break the order of keys; ${keep}, or say --grow-topics`;
    return { ...rest, notes, action: 'blocked', summary };
  }
  return {
    ...rest,
    notes,
    action: 'update',
    summary: 'more partitions',
    changes: [{ key: 'partitions', before: String(live.partitions), after: String(spec.partitions), secret: false }],
    effects: spec.keyed ? [MOVES_KEYS] : [],
  };
}

export const unknownTopic = ({ name }: TopicSpec, why: string): PlanEntry => ({
  ...NOTHING_ELSE,
  kind: 'topic',
  name,
  action: 'unknown',
  summary: `unknown, because ${why}`,
});

const partitions = (count: number): string => `${count} partition${count === 1 ? '' : 's'}`;

export function topicFingerprint(
  spec: TopicSpec,
  live: ObservedTopic | undefined,
  replicationFactor: number,
): Fingerprint {
  const settings = Object.keys(spec.config).map((key) => [key, live?.config[key]]);
  return {
    desired: hash([spec, replicationFactor]),
    observed: hash([live?.partitions, live?.replicas, settings]),
  };
}
