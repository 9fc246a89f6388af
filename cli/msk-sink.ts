import { join } from 'node:path';
import type { Admin } from 'kafkajs';
import type { MskEnvironment } from '../app/msk-target.ts';
import type { MskApi } from '../connectors/msk/api.ts';
import { readBuiltPlugin } from '../connectors/msk/built-plugin.ts';
import { type DesiredMskSink, desiredMskSink } from '../connectors/msk/desired.ts';
import { observeMskSink } from '../connectors/msk/observe.ts';
import { type MskSinkSeen, planMskSink } from '../connectors/msk/plan.ts';
import { builtPlugin, type WantedPlugin } from '../connectors/msk/resources.ts';
import type { SettingLookup } from '../connectors/plan/compare-configs.ts';
import type { ObservedStream, PlanEntry } from '../connectors/plan/plan.ts';
import type { SinkFields } from '../connectors/render/render-sink.ts';
import { ConnectError } from '../core/errors.ts';
import { positionsIn } from '../operate/offset-positions.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';

/** What all sinks of an environment on MSK Connect have in common. */
export interface MskParts {
  readonly project: Project;
  readonly environment: MskEnvironment;
  readonly api: MskApi;
  readonly plugin: WantedPlugin;
  readonly brokers: readonly string[];
}

/** Looks up the brokers and the plugin. Errors: USAGE when the plugin is not built yet, NOT_FOUND, what the service throws. */
export async function mskParts(project: Project, environment: MskEnvironment, api: MskApi): Promise<MskParts> {
  const { connect } = environment;
  const [plugin, brokers] = await Promise.all([
    wantedPlugin(project, environment, api),
    connect.cluster === undefined ? [...(connect.brokers ?? [])] : api.brokers(connect.cluster, connect),
  ]);
  return { project, environment, api, plugin, brokers };
}

async function wantedPlugin(project: Project, { name, connect }: MskEnvironment, api: MskApi): Promise<WantedPlugin> {
  const { plugin } = connect;
  if ('bucket' in plugin) {
    const path = join(project.root, '.connect', `plugin-${name}.zip`);
    return builtPlugin(await readBuiltPlugin(path, `connect plugin build -e ${name}`), plugin);
  }
  const found = await api.pluginName(plugin.arn);
  if (found !== undefined) return { kind: 'existing', name: found, revision: plugin };
  throw new ConnectError('NOT_FOUND', `${plugin.arn} is not on ${api.label}`, {
    hint: 'check connect.plugin of the environment',
  });
}

export const desiredSink = (parts: MskParts, stream: StreamDefinition, fields: SinkFields): DesiredMskSink =>
  desiredMskSink(stream, parts.environment, fields, parts.brokers);

/** What becomes of a stream's sink. Changes nothing. */
export async function planMsk(
  parts: MskParts,
  admin: Admin,
  stream: StreamDefinition,
  desired: DesiredMskSink,
  settings: SettingLookup,
): Promise<PlanEntry[]> {
  const { api, plugin } = parts;
  const [connector, isPlugin, configuration, offsets] = await Promise.all([
    api.find(desired.name),
    plugin.kind === 'existing' ? true : api.findPlugin(plugin.name).then((found) => found !== undefined),
    api.findWorkerConfiguration(desired.workerConfiguration.name),
    committed(admin, stream),
  ]);
  const seen: MskSinkSeen = {
    sink: connector === undefined ? undefined : await observeMskSink(api, connector),
    hasPlugin: isPlugin,
    hasWorkerConfiguration: configuration !== undefined,
    offsets,
  };
  return planMskSink(desired, plugin, seen, settings);
}

/** What was seen, without the number of tasks that autoscaled capacity runs just now: it is no change of anything. */
export function withoutTaskCount(observed: ObservedStream): ObservedStream {
  if (observed.connector === undefined) return observed;
  const { 'tasks.max': _count, ...config } = observed.connector.config;
  return { ...observed, connector: { ...observed.connector, config } };
}

async function committed(admin: Admin, stream: StreamDefinition): Promise<string | undefined> {
  const positions = ((await positionsIn(admin, stream)) ?? []).filter((one) => one.committed !== undefined);
  if (positions.length === 0) return undefined;
  const places = positions.map((one) => `${stream.topic.name}-${one.partition}@${one.committed}`);
  const lag = positions.reduce((sum, one) => sum + one.lag, 0n);
  return `${places.join(', ')}, lag ${lag}`;
}
