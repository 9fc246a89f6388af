import { WORKER_JAVA } from '../pipeline/msk-connect.ts';
import { REQUIRED_JAVA } from '../stack/java.ts';
import { type BuiltPlugin, buildPlugin as build } from '../stack/plugin/build-plugin.ts';
import type { StackEvent } from '../stack/types.ts';
import { pluginFile } from './choose-host.ts';
import type { Session } from './session.ts';

export interface PluginOptions {
  /** Absolute path of the zip. Default: `.connect/plugin-<environment>.zip` in the project. */
  readonly out?: string | undefined;
  /** Absolute paths of further jars, or of zips of jars. */
  readonly jars: readonly string[];
  readonly onEvent: (event: StackEvent) => void;
}

/** Builds the plugin for an environment's workers: it says which Java and which converter they have. */
export function buildPlugin(session: Session, { out, jars, onEvent }: PluginOptions): Promise<BuiltPlugin> {
  const { project, environment, env, signal } = session;
  const { name, connect, worker } = environment;
  return build({
    out: out ?? pluginFile(project.root, name),
    java: connect.version === undefined ? REQUIRED_JAVA : WORKER_JAVA[connect.version],
    converter: worker.converter,
    jars,
    env,
    signal,
    onProgress: (doneBytes, totalBytes) => onEvent({ kind: 'download', doneBytes, totalBytes }),
  });
}
