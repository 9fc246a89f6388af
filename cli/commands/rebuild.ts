import type { Register } from '../context.ts';
import { streamCommand } from '../flags.ts';
import { rebuildReporter } from '../render/rebuild.ts';

/** `connect rebuild`: derived tables become what their history gives, while sinks go on. */
export const registerRebuild: Register = (program, context) => {
  streamCommand(program, 'rebuild')
    .description('recompute the derived tables (`table.fold`) from the history while the sinks keep writing')
    .action(async (flags) => {
      const { rebuild } = await import('../../app/rebuild.ts');
      const session = await context.session(flags);
      const streams = await rebuild(session, rebuildReporter(context));
      context.answer(session, { streams });
    });
};
