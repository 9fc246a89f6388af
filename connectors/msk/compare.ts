import { parseProperties } from '../../core/properties.ts';
import { compareConfigs, REPLACING_KEY } from '../plan/compare-configs.ts';
import { type PlannedChange, STATE_KEY } from '../plan/entry.ts';
import { noSettings } from '../settings/connector-keys.ts';
import type { FixedSettings, MskConnector } from './api.ts';
import type { DesiredMskSink } from './desired.ts';
import { capacityFacts, factsOf, fixedFacts } from './facts.ts';

/** A connector and what it refers to, as they are. */
export interface ObservedMskSink {
  readonly connector: MskConnector;
  /** Undefined: it is gone, or the connector has none. */
  readonly pluginName: string | undefined;
  /** Undefined: AWS's default. */
  readonly workerConfiguration: { readonly name: string; readonly text: string } | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** What differs, in the groups that MSK Connect changes apart. */
export type MskComparison = ReturnType<typeof compareMskSink>;

/** `pluginName` is the wanted plugin's. */
export function compareMskSink(desired: DesiredMskSink, pluginName: string, observed: ObservedMskSink) {
  const { connector } = observed;
  const decidedByHost = decidedByMsk(desired);
  const { changes: config, ignored } = compareConfigs(connector.config, desired.config, { decidedByHost });
  const fixed = differences(fixedFacts(connector.fixed), fixedFacts(wantedFixed(desired, connector)));
  return {
    /** Only by another connector under the same name. */
    replacing: [...fixed, ...config.filter(({ key }) => key === REPLACING_KEY)],
    /** By one update of the connector's configuration. */
    config: config.filter(({ key }) => key !== REPLACING_KEY),
    /** By one update of worker settings, like `plugin` and `workerConfiguration`. */
    capacity: capacityDifferences(connector, desired),
    plugin: differences(factsOf({ plugin: observed.pluginName }), { plugin: pluginName }),
    workerConfiguration: workerDifferences(observed, desired),
    /** By tagging; tags that the files do not name are left alone, because others tag as well. */
    tags: differences(factsOf(observed.tags, 'tags.'), factsOf({ ...observed.tags, ...desired.tags }, 'tags.')),
    /** By pausing or resuming, where the definition declares a run state. */
    state: stateChange(connector, desired),
    ignored,
  };
}

/** Autoscaled capacity overwrites the number of tasks that was asked for. */
export const decidedByMsk = ({ capacity }: Pick<DesiredMskSink, 'capacity'>): readonly string[] =>
  'autoscaled' in capacity ? ['tasks.max'] : [];

/** Whether a person holds the connector back: it is PAUSED, and the definition declares no run state. */
export const isHeldBack = ({ state }: MskConnector, desired: DesiredMskSink): boolean =>
  state === 'PAUSED' && desired.state === undefined;

/** Whether an update of what differs starts the tasks again; tags and the run state do not. */
export const restartsTasks = ({ capacity, plugin, workerConfiguration, config }: MskComparison): boolean =>
  [capacity, plugin, workerConfiguration, config].some((changes) => changes.length > 0);

/**
 * What is wanted of the fixed settings. MSK names some brokers of a cluster, not always the same ones: where the environment
 * names the cluster and every live broker is one of it, they are as good as those that it names now.
 */
function wantedFixed({ fixed, namesCluster }: DesiredMskSink, { fixed: live }: MskConnector): FixedSettings {
  const domains = new Set(fixed.brokers.map(domainOf));
  const isSame = namesCluster && live.brokers.length > 0 && live.brokers.every((one) => domains.has(domainOf(one)));
  return isSame ? { ...fixed, brokers: live.brokers } : fixed;
}

/** `b-1.perps.0a1b2c.c2.kafka.eu-central-1.amazonaws.com:9098` without its first label, which is the broker's own. */
const domainOf = (broker: string): string => broker.replace(/^[^.]+\./, '');

/** Every change, in the order of the comparison. */
export const allChanges = ({ ignored: _ignored, ...groups }: MskComparison): PlannedChange[] =>
  Object.values(groups).flat();

/** The service fills in a task limit of its own where none was given. */
function capacityDifferences(connector: MskConnector, desired: DesiredMskSink): PlannedChange[] {
  const wanted = capacityFacts(desired.capacity);
  const live = Object.entries(capacityFacts(connector.capacity));
  const known = live.filter(([key]) => key !== 'capacity.maxTasks' || Object.hasOwn(wanted, key));
  return differences(Object.fromEntries(known), wanted);
}

/** Property by property. Two texts that mean the same have one name here, whoever wrote them. */
function workerDifferences(observed: ObservedMskSink, { workerConfiguration }: DesiredMskSink): PlannedChange[] {
  const live = parseProperties(observed.workerConfiguration?.text ?? '');
  return differences(live, workerConfiguration.properties).map((change) => ({
    ...change,
    key: `worker ${change.key}`,
  }));
}

const differences = (
  live: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): PlannedChange[] => [...compareConfigs(live, wanted, { settings: noSettings }).changes];

/** As the definition spells it; a connector in any other state is on its way to RUNNING. */
function stateChange({ state }: MskConnector, desired: DesiredMskSink): PlannedChange[] {
  const now = state === 'PAUSED' ? 'paused' : 'running';
  if (desired.state === undefined || desired.state === now) return [];
  return [{ key: STATE_KEY, before: now, after: desired.state, secret: false }];
}
