import { parseProperties } from '../../core/properties.ts';
import { compareConfigs, REPLACING_KEY } from '../plan/compare-configs.ts';
import { type PlannedChange, STATE_KEY } from '../plan/entry.ts';
import { noSettings } from '../settings/connector-keys.ts';
import type { MskConnector } from './api.ts';
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
  const fixed = differences(fixedFacts(connector.fixed), fixedFacts(desired.fixed));
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

/**
 * Whether a person holds the connector back: it is PAUSED, and the definition declares neither that it runs nor, where nothing
 * else differs, that it is paused. Under a declared pause a change is not tried: nobody would see whether it runs.
 */
export function isHeldBack({ state }: MskConnector, desired: DesiredMskSink, comparison: MskComparison): boolean {
  if (state !== 'PAUSED' || desired.state === 'running') return false;
  return desired.state === undefined || allChanges(comparison).length > 0;
}

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
