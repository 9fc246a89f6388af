import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type StreamFlags, withStreamFlags } from '../flags.ts';
import { rebuildReporter } from '../render/rebuild.ts';

/** `connect rebuild`: derived tables become what their history gives, while sinks go on. */
export function registerRebuild(program: Command, context: CliContext): void {
  withStreamFlags(
    program
      .command('rebuild')
      .description('recompute the derived tables (`table.fold`) from the history while the sinks keep writing'),
  ).action(async (flags: StreamFlags) => {
    const { rebuild } = await import('../../app/rebuild.ts');
    const session = await context.session(flags);
    const streams = await rebuild(session, rebuildReporter(context, flags.output));
    if (flags.output === 'json') context.json({ environment: session.environment.name, streams });
  });
}
