import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type OutputFormat, withOutputFlag } from '../flags.ts';

interface BuildFlags {
  readonly env?: string;
  readonly out?: string;
  readonly jar?: string[];
  readonly output: OutputFormat;
}

/** `connect plugin build`. */
export function registerPlugin(program: Command, context: CliContext): void {
  const plugin = program.command('plugin').description("the sink's jars, for workers that this package does not run");
  withOutputFlag(
    plugin
      .command('build')
      .description('write sink, converter and your jars as one zip; the same jars give the same bytes'),
  )
    .option('-e, --env <name>', 'environment of connect.yaml: it says which Java and which converter')
    .option('--out <file>', 'where to write it (default: .connect/plugin-<env>.zip)')
    .option('--jar <file...>', 'further jars, or zips of jars: config providers, a converter')
    .action(async (flags: BuildFlags) => {
      const { buildPluginOf } = await import('../build-plugin.ts');
      const built = await buildPluginOf(context, flags);
      for (const note of built.notes) context.note(`! ${note}`);
      if (flags.output === 'json') context.json(built);
      else {
        context.print(`path    ${built.path}`);
        context.print(`size    ${built.size}`);
        context.print(`sha256  ${built.sha256}`);
        context.print(`md5     ${built.md5}`);
      }
      context.note(`${built.manifest.jars.length} jars for Java ${built.manifest.java} or newer`);
    });
}
