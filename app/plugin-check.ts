import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { SinkPlan } from '../connectors/host.ts';
import type { PlanEntry } from '../connectors/plan/entry.ts';
import { isClassName, namedClasses } from '../connectors/settings/named-classes.ts';
import { ConnectError, messageOf } from '../core/errors.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { type FoundClass, findClasses, howToAdd } from '../stack/plugin/find-classes.ts';
import { type PluginWorker, pluginFile, pluginWorker } from './choose-host.ts';
import type { Session } from './session.ts';

/** What a sink's plugin has against what its configuration names. */
export interface PluginFindings {
  /** Why the workers could not load it, a line each. */
  readonly faults: readonly string[];
  /** What nobody can tell. */
  readonly notes: readonly string[];
}

const NOTHING: PluginFindings = { faults: [], notes: [] };

/**
 * Looks whether the plugin ZIP holds the classes that the sinks' configurations name, for the Java of their workers: a service
 * that validates nothing finds out minutes later, and does not say which. Reads files of this machine only.
 * Errors: USAGE when the ZIP is none.
 */
export async function checkPlugin(session: Session): Promise<(stream: StreamDefinition) => PluginFindings> {
  const { project, environment, streams } = session;
  const workers = new Map<StreamDefinition, PluginWorker>();
  for (const stream of streams) {
    const worker = await pluginWorker(environment, session.desiredSink(stream));
    if (worker !== undefined) workers.set(stream, worker);
  }
  if (workers.size === 0) return () => NOTHING;
  const path = pluginFile(project.root, environment.name);
  // That it is not there is the host's to say.
  const zip = [...workers.values()].some(({ isBuiltHere }) => isBuiltHere)
    ? await readFile(path).catch(() => undefined)
    : undefined;
  const names = [...workers.values()].flatMap(({ config, properties }) => namedClasses(config, properties));
  const place = { file: relative(project.root, path), buildCommand: `connect plugin build -e ${environment.name}` };
  const found = zip && (await findClasses(zip, names.map(({ name }) => name).filter(isClassName)).catch(noZip(place)));
  return (stream) => {
    const worker = workers.get(stream);
    return worker === undefined ? NOTHING : judge(worker, found, place);
  };
}

/** A sink whose workers could not load their plugin is not deployed. */
export function withPlugin({ entries, fingerprint }: SinkPlan, { faults, notes }: PluginFindings): SinkPlan {
  const judged = entries.map((one): PlanEntry => {
    if (one.kind !== 'connector') return one;
    if (faults.length === 0) return { ...one, notes: [...one.notes, ...notes] };
    if (one.action === 'unchanged') return { ...one, notes: [...one.notes, ...faults, ...notes] };
    const summary = `its workers could not load the plugin: ${faults.join('; ')}`;
    return { ...one, action: 'blocked', summary, notes: [...one.notes, ...notes] };
  });
  return { entries: judged.filter(({ kind }) => kind === 'connector' || faults.length === 0), fingerprint };
}

interface Place {
  readonly file: string;
  readonly buildCommand: string;
}

const noZip =
  ({ file, buildCommand }: Place) =>
  (cause: unknown) => {
    throw new ConnectError('USAGE', `${file} is no plugin: ${messageOf(cause)}`, {
      cause,
      hint: `build it anew: \`${buildCommand}\``,
    });
  };

function judge(
  { config, properties, java, isBuiltHere }: PluginWorker,
  found: ReadonlyMap<string, FoundClass> | undefined,
  { file, buildCommand }: Place,
): PluginFindings {
  const named = namedClasses(config, properties);
  if (!isBuiltHere) {
    const list = [...new Set(named.map(({ name }) => name))].join(', ');
    return { faults: [], notes: [`the plugin is given by its ARN, so nobody has looked whether it holds ${list}`] };
  }
  if (found === undefined) return NOTHING;
  const faults = named
    .filter(({ name }) => isClassName(name))
    .flatMap(({ name, setting }) => {
      const at = found.get(name);
      const what = `${name}, which ${setting} names,`;
      if (at === undefined) return [`${what} is not in ${file}: ${howToAdd(name, buildCommand)}`];
      if (at.java <= java) return [];
      return [`${what} is built for Java ${at.java} (${at.jar} in ${file}), and the workers run Java ${java}`];
    });
  const notes = named
    .filter(({ name }) => !isClassName(name))
    .map(({ name, setting }) => `whether the plugin has what ${setting} means by "${name}" is not known`);
  return { faults, notes };
}
