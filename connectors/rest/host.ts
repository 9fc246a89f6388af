import type { SinkHost } from '../host.ts';
import type { SinkGroups } from '../sink-group.ts';
import { withFirstAnswer, withRetry } from '../wait/retry-policy.ts';
import type { RestApi } from './api.ts';
import { deploySink } from './deploy.ts';
import { observeAll, observeSink } from './observe.ts';
import { restOffsets } from './offsets.ts';
import { planRestSink } from './plan.ts';
import { removeIfThere } from './write-change.ts';

/** Sinks take seconds to start on workers that run. */
const TIMEOUT_MS = 120_000;

/** A Kafka Connect cluster as a host of sinks. `groups`: the consumer groups of its sinks, the proof that tasks are at work. */
export function createRestHost(api: RestApi, groups: SinkGroups): SinkHost {
  const cluster = { api, groups };
  return {
    label: api.label,
    defaultTimeoutMs: TIMEOUT_MS,
    list: () => api.list(),
    observe: (name, options) => observeSink(api, name, options),
    observeAll: () => observeAll(api),
    async plan(desired) {
      const live = await withFirstAnswer(() => observeSink(api, desired.stream.sink.name));
      const positions = live === undefined ? await groups.positions(desired.stream) : [];
      return planRestSink(desired, live, positions, api.scrub);
    },
    deploy: (desired, agreed, wait) => deploySink(cluster, desired, agreed, wait, { until: 'it runs' }),
    submit: (desired, agreed, wait) => deploySink(cluster, desired, agreed, wait, { until: 'it is taken' }),
    pause: (name, { signal }) => withRetry(() => api.pause(name), signal),
    resume: (name, { signal }) => withRetry(() => api.resume(name), signal),
    stop: (name, { signal }) => withRetry(() => api.stop(name), signal),
    restart: (name, options, { signal }) => withRetry(() => api.restart(name, options), signal),
    remove: (name, { signal }) => withRetry(() => removeIfThere(api, name), signal),
    offsets: restOffsets(api),
    validate: (config) => api.validate(config),
    plugins: () => api.plugins(),
    worker: () => api.worker(),
  };
}
