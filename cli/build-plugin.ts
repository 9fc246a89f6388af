import { join, resolve } from 'node:path';
import { selectEnvironment } from '../pipeline/load.ts';
import { WORKER_JAVA } from '../pipeline/msk-connect.ts';
import { REQUIRED_JAVA } from '../stack/java.ts';
import { type BuiltPlugin, buildPlugin } from '../stack/plugin/build-plugin.ts';
import type { CliContext } from './context.ts';
import { createStackProgress } from './stack-progress.ts';

export interface PluginFlags {
  readonly env?: string;
  readonly out?: string;
  readonly jar?: readonly string[];
}

/** The plugin for an environment's workers. Files of the flags are relative to the folder the command runs in. */
export async function buildPluginOf(context: CliContext, flags: PluginFlags): Promise<BuiltPlugin> {
  const project = await context.loadProject();
  const { name, connect, worker } = selectEnvironment(project, flags.env);
  const progress = await createStackProgress(context);
  try {
    return await buildPlugin({
      out:
        flags.out === undefined
          ? join(project.root, '.connect', `plugin-${name}.zip`)
          : resolve(context.cwd, flags.out),
      java: connect.target === 'msk' ? WORKER_JAVA[connect.version] : REQUIRED_JAVA,
      converter: worker.converter,
      jars: (flags.jar ?? []).map((file) => resolve(context.cwd, file)),
      env: context.env,
      signal: context.signal,
      onProgress: (doneBytes, totalBytes) => progress.onEvent({ kind: 'download', doneBytes, totalBytes }),
    });
  } finally {
    progress.close();
  }
}
