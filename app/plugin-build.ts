import { isClassName, type NamedClass, namedClasses } from '../connectors/settings/named-classes.ts';
import { WORKER_JAVA } from '../pipeline/msk-connect.ts';
import { REQUIRED_JAVA } from '../stack/java.ts';
import { type BuiltPlugin, buildPlugin as build } from '../stack/plugin/build-plugin.ts';
import type { StackEvent } from '../stack/types.ts';
import { pluginFile, pluginWorker } from './choose-host.ts';
import type { Session } from './session.ts';

export interface PluginOptions {
  /** Absolute path of the zip. Default: `.connect/plugin-<environment>.zip` in the project. */
  readonly out?: string | undefined;
  /** Absolute paths of further jars, or of zips of jars. */
  readonly jars: readonly string[];
  readonly onEvent: (event: StackEvent) => void;
}

/** Builds the plugin for an environment's workers: it says which Java and which converter they have, and which classes they load. */
export async function buildPlugin(session: Session, { out, jars, onEvent }: PluginOptions): Promise<BuiltPlugin> {
  const { project, environment, env, signal } = session;
  const { name, connect, worker } = environment;
  return build({
    out: out ?? pluginFile(project.root, name),
    java: connect.version === undefined ? REQUIRED_JAVA : WORKER_JAVA[connect.version],
    converter: worker.converter,
    classes: await loadedClasses(session),
    jars,
    env,
    signal,
    onProgress: (doneBytes, totalBytes) => onEvent({ kind: 'download', doneBytes, totalBytes }),
  });
}

/** What the workers of every stream load out of the plugin, each class once. */
async function loadedClasses(session: Session): Promise<NamedClass[]> {
  const classes = new Map<string, NamedClass>();
  for (const stream of session.project.streams) {
    const worker = await pluginWorker(session.environment, session.desiredSink(stream));
    for (const one of worker === undefined ? [] : namedClasses(worker.config, worker.properties))
      if (isClassName(one.name) && !classes.has(one.name)) classes.set(one.name, one);
  }
  return [...classes.values()];
}
