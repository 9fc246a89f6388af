import { NOTHING_ELSE, type PlanEntry, STATE_KEY } from '../plan/entry.ts';
import { committedPlaces, startEffects } from '../plan/start-plan.ts';
import type { SinkPosition } from '../sink-group.ts';
import type { MskPlugin } from './api.ts';
import { allChanges, compareMskSink, isHeldBack, type ObservedMskSink, restartsTasks } from './compare.ts';
import type { WantedPlugin } from './deployment.ts';
import type { DesiredMskSink } from './desired.ts';
import { reasonText } from './follow.ts';
import type { MaybeStopped } from './snapshot.ts';

/** What MSK Connect has of a sink, and where its group stands in the topic. */
export interface MskSinkSeen {
  readonly sink: ObservedMskSink | undefined;
  /** The wanted plugin; undefined: it is not there. */
  readonly plugin: Pick<MskPlugin, 'state' | 'reason'> | undefined;
  readonly hasWorkerConfiguration: boolean;
  readonly positions: readonly SinkPosition[];
  readonly stopped: MaybeStopped;
}

/** What becomes of a sink on MSK Connect: its plugin, its worker configuration and the connector, in this order. Pure. */
export function planMskSink(desired: DesiredMskSink, plugin: WantedPlugin, seen: MskSinkSeen): PlanEntry[] {
  const connector = planConnector(desired, plugin, seen);
  const isBlocked = connector.action === 'blocked';
  const needs = (keys: (key: string) => boolean): boolean =>
    seen.sink === undefined || connector.action === 'replace' || connector.changes.some(({ key }) => keys(key));
  const hasPlugin = seen.plugin !== undefined && !isFailed(seen.plugin);
  return [
    ...(!isBlocked && !hasPlugin && needs((key) => key === 'plugin') ? [planPlugin(plugin, seen.plugin)] : []),
    ...(!isBlocked && !seen.hasWorkerConfiguration && needs((key) => key.startsWith('worker '))
      ? [planWorkerConfiguration(desired)]
      : []),
    connector,
  ];
}

/** A plugin that the service could not read stays so for ever. */
export const isFailed = ({ state }: Pick<MskPlugin, 'state'>): boolean => state.endsWith('FAILED');

function planPlugin(plugin: WantedPlugin, failed: MskSinkSeen['plugin']): PlanEntry {
  const size = plugin.kind === 'built' ? `${Math.ceil(plugin.built.size / 1e6)} MB to s3://${plugin.bucket}/` : '';
  const rest = { ...NOTHING_ELSE, kind: 'plugin', name: plugin.name } as const;
  const summary = `upload ${size}, then create`;
  if (failed === undefined) return { ...rest, action: 'create', summary };
  const why = `it is ${failed.state}: ${reasonText(failed.reason)}`;
  return { ...rest, action: 'replace', summary: `delete, ${summary} again`, notes: [why] };
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

function planConnector(
  desired: DesiredMskSink,
  plugin: WantedPlugin,
  { sink, positions, stopped }: MskSinkSeen,
): PlanEntry {
  const rest = { ...NOTHING_ELSE, kind: 'connector', name: desired.name } as const;
  if (sink === undefined) return { ...rest, ...planCreation(desired, positions, stopped) };
  const comparison = compareMskSink(desired, plugin.name, sink);
  const changes = allChanges(comparison);
  const { ignored } = comparison;
  const { state, reason } = sink.connector;
  const notes = state === 'FAILED' && reason !== undefined ? [`it is FAILED: ${reasonText(reason)}`] : rest.notes;
  if (isHeldBack(sink.connector, desired)) {
    const summary =
      'is PAUSED: someone holds it back on purpose; `connect resume` first, or declare sink.state: running';
    return { ...rest, action: 'blocked', summary, changes, ignored };
  }
  if (state === 'FAILED' || comparison.replacing.length > 0) {
    if (desired.state === 'paused') {
      return { ...rest, action: 'blocked', summary: CANNOT_BEGIN_PAUSED, changes, ignored, notes };
    }
    const keys = comparison.replacing.map(({ key }) => key).join(', ');
    const why = keys === '' ? 'because it is FAILED' : `because of ${keys}`;
    const summary = `delete and create again, ${why}`;
    const effects = resumeEffects(desired, positions);
    return { ...rest, action: 'replace', needs: '--replace', summary, changes, effects, ignored, notes };
  }
  const inSync = desired.state === 'paused' ? 'in sync, paused as declared' : 'in sync';
  if (changes.length === 0) return { ...rest, action: 'unchanged', summary: inSync, ignored };
  const { capacity, workerConfiguration, config, tags, state: runState } = comparison;
  const groups = Object.entries({
    tags,
    'worker settings': [...capacity, ...comparison.plugin, ...workerConfiguration],
    configuration: config,
    'run state': runState,
  }).flatMap(([group, found]) => (found.length > 0 ? [group] : []));
  const summary = `update in place: ${groups.join(', then ')}`;
  const effects = updateEffects(restartsTasks(comparison), desired);
  return { ...rest, action: 'update', summary, changes, effects, ignored };
}

const CANNOT_BEGIN_PAUSED =
  'cannot begin paused: MSK Connect creates a connector that runs, and it would write until it is held back; declare sink.state: running, deploy, then declare it paused';

/** A sink that is held back does not try its configuration. */
function updateEffects(restarts: boolean, { state }: DesiredMskSink): string[] {
  if (!restarts) return [];
  return state === 'paused'
    ? ['the configuration is tried when the sink runs again: until then nobody knows whether it does']
    : ['every task restarts; offsets stay'];
}

/** A stopped sink is left alone unless the definition says that it runs; then it is created from the files. */
function planCreation(
  desired: DesiredMskSink,
  positions: readonly SinkPosition[],
  stopped: MaybeStopped,
): Pick<PlanEntry, 'action' | 'summary' | 'effects' | 'changes'> {
  const blocked = { action: 'blocked', effects: [], changes: [] } as const;
  const isStopped = stopped !== undefined && stopped !== 'unknown';
  if (isStopped && desired.state !== 'running') return { ...blocked, summary: HELD_STOPPED };
  if (desired.state === 'paused') return { ...blocked, summary: CANNOT_BEGIN_PAUSED };
  const effects = startEffects(desired.stream, desired.from, positions);
  const unknown = 'whether somebody has stopped it is unknown, because that stands in Kafka';
  return {
    action: 'create',
    summary: size(desired),
    effects: stopped === 'unknown' ? [...effects, unknown] : effects,
    changes: isStopped ? [{ key: STATE_KEY, before: 'stopped', after: 'running', secret: false }] : [],
  };
}

const HELD_STOPPED =
  'is STOPPED: someone holds it back on purpose; `connect resume` first, or declare sink.state: running';

/** Offsets outlive a connector; the next one of its name resumes at them. */
function resumeEffects({ name, stream: { topic } }: DesiredMskSink, positions: readonly SinkPosition[]): string[] {
  const places = committedPlaces(topic.name, positions);
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
