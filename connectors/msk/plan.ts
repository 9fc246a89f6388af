import { NOTHING_ELSE, type PlanEntry } from '../plan/entry.ts';
import { committedPlaces } from '../plan/start-plan.ts';
import type { SinkPosition } from '../sink-group.ts';
import { allChanges, compareMskSink, isHeldBack, type ObservedMskSink } from './compare.ts';
import type { WantedPlugin } from './deployment.ts';
import type { DesiredMskSink } from './desired.ts';
import { reasonText } from './follow.ts';

/** What MSK Connect has of a sink, and where its group stands in the topic. */
export interface MskSinkSeen {
  readonly sink: ObservedMskSink | undefined;
  readonly hasPlugin: boolean;
  readonly hasWorkerConfiguration: boolean;
  readonly positions: readonly SinkPosition[];
}

/** What becomes of a sink on MSK Connect: its plugin, its worker configuration and the connector, in this order. Pure. */
export function planMskSink(desired: DesiredMskSink, plugin: WantedPlugin, seen: MskSinkSeen): PlanEntry[] {
  const connector = planConnector(desired, plugin, seen);
  const isBlocked = connector.action === 'blocked';
  const needs = (keys: (key: string) => boolean): boolean =>
    seen.sink === undefined || connector.action === 'replace' || connector.changes.some(({ key }) => keys(key));
  return [
    ...(!isBlocked && !seen.hasPlugin && needs((key) => key === 'plugin') ? [planPlugin(plugin)] : []),
    ...(!isBlocked && !seen.hasWorkerConfiguration && needs((key) => key.startsWith('worker '))
      ? [planWorkerConfiguration(desired)]
      : []),
    connector,
  ];
}

function planPlugin(plugin: WantedPlugin): PlanEntry {
  const size = plugin.kind === 'built' ? `${Math.ceil(plugin.built.size / 1e6)} MB to s3://${plugin.bucket}/` : '';
  return {
    ...NOTHING_ELSE,
    kind: 'plugin',
    name: plugin.name,
    action: 'create',
    summary: `upload ${size}, then create`,
  };
}

function planWorkerConfiguration({ workerConfiguration }: DesiredMskSink): PlanEntry {
  const number = Object.keys(workerConfiguration.properties).length;
  return {
    ...NOTHING_ELSE,
    kind: 'worker configuration',
    name: workerConfiguration.name,
    action: 'create',
    summary: `${number} properties; named by its contents, because MSK Connect cannot change one`,
  };
}

function planConnector(desired: DesiredMskSink, plugin: WantedPlugin, { sink, positions }: MskSinkSeen): PlanEntry {
  const rest = { ...NOTHING_ELSE, kind: 'connector', name: desired.name } as const;
  const effects = resumeEffects(desired, positions);
  if (sink === undefined) return { ...rest, action: 'create', summary: size(desired), effects };
  const comparison = compareMskSink(desired, plugin.name, sink);
  const changes = allChanges(comparison);
  const { ignored } = comparison;
  const { state, reason } = sink.connector;
  const notes = state === 'FAILED' && reason !== undefined ? [`it is FAILED: ${reasonText(reason)}`] : rest.notes;
  if (isHeldBack(sink.connector, desired, comparison)) {
    const summary =
      'is PAUSED: someone holds it back on purpose; `connect resume` first, or declare sink.state: running';
    return { ...rest, action: 'blocked', summary, changes, ignored };
  }
  if (state === 'FAILED' || comparison.replacing.length > 0) {
    const why = comparison.replacing.map(({ key }) => key).join(', ') || 'it is FAILED';
    const summary = `delete and create again, because of ${why}; only with --replace`;
    return { ...rest, action: 'replace', needs: '--replace', summary, changes, effects, ignored, notes };
  }
  const inSync = desired.state === 'paused' ? 'in sync, paused as declared' : 'in sync';
  if (changes.length === 0) return { ...rest, action: 'unchanged', summary: inSync, ignored };
  const { capacity, workerConfiguration, config, tags, state: runState } = comparison;
  const groups = Object.entries({
    'worker settings': [...capacity, ...comparison.plugin, ...workerConfiguration],
    configuration: config,
    tags,
    'run state': runState,
  }).flatMap(([group, found]) => (found.length > 0 ? [group] : []));
  const summary = `update in place: ${groups.join(', then ')}`;
  const restarts = groups.some((group) => group === 'configuration' || group === 'worker settings');
  return {
    ...rest,
    action: 'update',
    summary,
    changes,
    effects: restarts ? ['every task restarts; offsets stay'] : [],
    ignored,
  };
}

/** Offsets outlive a connector; the next one of its name resumes at them. */
function resumeEffects({ name, topic }: DesiredMskSink, positions: readonly SinkPosition[]): string[] {
  const places = committedPlaces(topic, positions);
  if (places === '') return [];
  const lag = positions.filter(({ committed }) => committed !== undefined).reduce((sum, one) => sum + one.lag, 0n);
  return [`its group connect-${name} is at ${places}, lag ${lag}: it goes on there`];
}

function size({ capacity, config }: DesiredMskSink): string {
  if ('autoscaled' in capacity) {
    const { mcuCount, minWorkers, maxWorkers } = capacity.autoscaled;
    return `${minWorkers} to ${maxWorkers} workers of ${mcuCount} MCU`;
  }
  const { mcuCount, workerCount } = capacity.provisioned;
  return `${config['tasks.max']} tasks at most on ${workerCount} worker(s) of ${mcuCount} MCU`;
}
