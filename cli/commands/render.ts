import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type StreamFlags, withStreamFlags } from '../flags.ts';
import { renderedDocument, renderedLines } from '../render/render.ts';

interface RenderFlags extends StreamFlags {
  readonly explain?: boolean;
}

/** `connect render`: the sink configurations that `connect deploy` would send. */
export function registerRender(program: Command, context: CliContext): void {
  withStreamFlags(
    program.command('render').description('print the sink configuration that deploy would send; asks no server'),
  )
    .option('--explain', 'with the reason of each setting')
    .action(async ({ explain = false, ...flags }: RenderFlags) => {
      const { renderSinks } = await import('../../app/render.ts');
      const session = await context.session(flags);
      const sinks = renderSinks(session);
      const { name } = session.environment;
      context.show(flags.output, renderedDocument(name, sinks, explain), () => renderedLines(name, sinks, explain));
    });
}
