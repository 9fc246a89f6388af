import { compareConfigs, needsReplacement, type SettingLookup } from '../plan/connector-plan.ts';
import type { IgnoredSetting, PlannedChange } from '../plan/plan.ts';
import type { MskConnector } from './api.ts';
import type { DesiredMskSink } from './desired.ts';
import { capacityFacts, fixedFacts } from './facts.ts';
import { parseProperties } from './properties.ts';

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
export interface MskComparison {
  /** By one update of the connector's configuration. */
  readonly config: readonly PlannedChange[];
  /** By one update of worker settings. */
  readonly capacity: readonly PlannedChange[];
  readonly plugin: readonly PlannedChange[];
  readonly workerConfiguration: readonly PlannedChange[];
  /** By tagging; tags that the files do not name are left alone, because others tag as well. */
  readonly tags: readonly PlannedChange[];
  /** Only by another connector under the same name. */
  readonly replacing: readonly PlannedChange[];
  readonly ignored: readonly IgnoredSetting[];
}

/** `pluginName` is the wanted plugin's. Without `settings` every difference in the text counts. */
export function compareMskSink(
  desired: DesiredMskSink,
  pluginName: string,
  observed: ObservedMskSink,
  settings: SettingLookup,
): MskComparison {
  const { connector } = observed;
  const isAutoscaled = 'autoscaled' in desired.capacity;
  const { changes, ignored } = compareConfigs(connector.config, desired.config, settings);
  const config = isAutoscaled ? changes.filter(({ key }) => key !== TASKS) : changes;
  const autoscaling = changes.length === config.length ? [] : [{ key: TASKS, reason: 'autoscaled capacity decides' }];
  const fixed = differences(fixedFacts(connector.fixed), fixedFacts(desired.fixed));
  return {
    config: config.filter((change) => !needsReplacement([change])),
    capacity: capacityDifferences(connector, desired),
    plugin: differences(named('plugin', observed.pluginName), named('plugin', pluginName)),
    workerConfiguration: workerDifferences(observed, desired),
    tags: differences(prefixed('tags.', observed.tags), prefixed('tags.', { ...observed.tags, ...desired.tags })),
    replacing: [...fixed, ...config.filter((change) => needsReplacement([change]))],
    ignored: [...ignored, ...autoscaling],
  };
}

const TASKS = 'tasks.max';

/** Every change, in the order of the comparison. */
export const allChanges = (one: MskComparison): PlannedChange[] => [
  ...one.replacing,
  ...one.config,
  ...one.capacity,
  ...one.plugin,
  ...one.workerConfiguration,
  ...one.tags,
];

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
  const changes = compareConfigs(live, workerConfiguration.properties, () => undefined).changes;
  return changes.map((change) => ({ ...change, key: `worker ${change.key}` }));
}

const differences = (
  live: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): PlannedChange[] => compareConfigs(live, wanted, () => undefined).changes.map((change) => ({ ...change }));

const named = (key: string, value: string | undefined): Record<string, string> =>
  value === undefined ? {} : { [key]: value };

const prefixed = (prefix: string, values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}${key}`, value]));
