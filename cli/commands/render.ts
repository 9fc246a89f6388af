import type { Register } from '../context.ts';
import { streamCommand } from '../flags.ts';
import { renderedDocument, renderedLines } from '../render/render.ts';

/** `connect render`: the sink configurations that `connect deploy` would send. */
export const registerRender: Register = (program, context) => {
  streamCommand(program, 'render')
    .description('print the sink configuration that deploy would send; asks no server')
    .option('--explain', 'add the reason for each setting')
    .action(async ({ explain = false, ...flags }) => {
      const { renderSinks } = await import('../../app/render.ts');
      const session = await context.session(flags);
      const sinks = renderSinks(session);
      context.answer(session, renderedDocument(sinks, explain), () =>
        renderedLines(session.environment.name, sinks, explain),
      );
    });
};
