import { resolve } from 'node:path';
import type { Register } from '../context.ts';
import { outputCommand } from '../flags.ts';
import { withStackProgress } from '../render/stack.ts';

/** `connect plugin build`. */
export const registerPlugin: Register = (program, context) => {
  const plugin = program
    .command('plugin')
    .description("build the sink's jars for workers that this package does not run");
  outputCommand(plugin, 'build')
    .description('write sink, converter and your jars as one zip; the same jars give the same bytes')
    .option('-e, --env <name>', 'environment of connect.yaml; it decides which Java and which converter')
    .option('--out <file>', 'where to write it (default: .connect/plugin-<env>.zip)')
    .option('--jar <file...>', 'add these jars or zips of jars, for example a config provider or a converter')
    .action(async ({ out, jar = [], ...flags }) => {
      const { buildPlugin } = await import('../../app/plugin-build.ts');
      const session = await context.session(flags);
      const files = {
        out: out === undefined ? undefined : resolve(context.cwd, out),
        jars: jar.map((file) => resolve(context.cwd, file)),
      };
      const built = await withStackProgress(context, (onEvent) => buildPlugin(session, { ...files, onEvent }));
      context.note(...built.notes.map((note) => `! ${note}`));
      const names = ['path', 'size', 'sha256', 'md5'] as const;
      context.show(built, () => names.map((name) => `${name.padEnd(8)}${built[name]}`));
      context.note(`${built.manifest.jars.length} jars for Java ${built.manifest.java} or newer`);
    });
};
