import { hash } from 'node:crypto';
import { propertiesText } from '../../core/properties.ts';
import { isReference } from '../../core/reference.ts';
import type { MskConnect } from '../../pipeline/msk-connect.ts';
import { workerPropertyOf } from '../../pipeline/msk-worker-properties.ts';
import type { DesiredSink, SinkConfig } from '../sink-config.ts';
import { factsOf } from './facts.ts';

/** A sink as the files want it on MSK Connect. */
export type DesiredMskSink = ReturnType<typeof desiredMskSink>;

const HASH_DIGITS = 12;

/** The first digits of a SHA-256: what plugins and worker configurations are named by. */
export const shortHash = (sha256: string): string => sha256.slice(0, HASH_DIGITS);

/** Of a sink on MSK Connect; `brokers` are those the workers use. */
export function desiredMskSink(
  { stream, config: rendered, from }: DesiredSink,
  connect: MskConnect,
  brokers: readonly string[],
) {
  const { config, workerProperties } = splitConfig(rendered);
  // By key, so that the same properties make the same text, whatever their order.
  const properties = Object.fromEntries(
    Object.entries({ ...WORKER_DEFAULTS, ...workerProperties, ...factsOf(connect.workerConfiguration) }).sort(
      ([a], [b]) => (a < b ? -1 : 1),
    ),
  );
  const text = propertiesText(properties);
  const { capacity, authentication, encryption, role, version, networkType, logs, tags } = connect;
  const { state } = stream.sink;
  return {
    name: stream.sink.name,
    stream,
    /** Where it begins when it has to be created. */
    from,
    /** Whether `fixed.brokers` were looked up by the cluster's name. */
    namesCluster: connect.cluster !== undefined,
    config,
    capacity,
    /** Under a name made from its properties: MSK Connect cannot change a worker configuration, so another is another. */
    workerConfiguration: { name: `${stream.sink.name}-${shortHash(hash('sha256', text))}`, properties, text },
    fixed: {
      brokers: brokers.toSorted(),
      authentication,
      encryption,
      role,
      subnets: connect.subnets.toSorted(),
      securityGroups: connect.securityGroups.toSorted(),
      version,
      networkType,
      logs,
    },
    tags,
    // Undefined: it runs, and one that is paused by hand is left alone. `stopped` was refused when the project was loaded: the service knows no such state.
    state: state === 'stopped' ? undefined : state,
  };
}

/**
 * The connector's own settings, and those of its clients as worker properties: the same sink behaviour, by another place.
 * The name is the connector's on MSK Connect, not a setting of it.
 */
function splitConfig(rendered: SinkConfig): { config: SinkConfig; workerProperties: Record<string, string> } {
  const config: Record<string, string> = {};
  const workerProperties: Record<string, string> = {};
  for (const [key, value] of Object.entries(rendered)) {
    const property = workerPropertyOf(key);
    if (property !== undefined) workerProperties[property] = value;
    else if (key !== 'name') config[key] = value;
  }
  // MSK Connect restarts a connector whenever a provider's value expires, also when it is still the same.
  if (Object.values(config).some(isReference)) config['config.action.reload'] ??= 'none';
  return { config, workerProperties };
}

/** Both converters are required. Each connector names its own; a guess here would hide a missing setting. */
const WORKER_DEFAULTS = {
  'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  'value.converter': 'org.apache.kafka.connect.converters.ByteArrayConverter',
};
