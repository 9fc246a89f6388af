import { requestedState } from '../run-state.ts';
import type { DesiredSink, ObservedSink } from '../sink-config.ts';
import type { SinkPosition } from '../sink-group.ts';
import type { ObservedTopic, TopicSpec } from '../topics.ts';
import { withoutSecrets } from './compare-configs.ts';
import type { PlannedChange } from './entry.ts';
import { type Fingerprint, hash } from './hash.ts';
import type { Orphan } from './removal-plan.ts';

/**
 * Fingerprints of what `connect deploy` acts on. Two equal plans can come from different worlds, because a plan only tells
 * differences; equal fingerprints cannot. Secrets are left out before hashing: a hash of a short password gives it away.
 */

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

export const removalFingerprint = ({ topics }: Orphan): Fingerprint => ({
  desired: hash('gone'),
  observed: hash(topics),
});
