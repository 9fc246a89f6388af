import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { wholeNumber } from '../flags.ts';

export interface StartFlags {
  readonly env?: string;
  readonly updates: number;
  readonly seed: number;
  readonly fresh?: boolean;
  readonly stay?: boolean;
}

/** `connect start`: the whole pipeline once, from nothing to proven rows. */
export function registerStart(program: Command, context: CliContext): void {
  program
    .command('start')
    .description(
      'run it all: up, migrate, register, deploy, simulate and produce, verify; then show what is in the tables',
    )
    .option('-e, --env <name>', 'environment of connect.yaml; one whose parts this package runs')
    .option('--updates <number>', 'how many updates each simulated feed sends', wholeNumber(1, 999_999_999), 50_000)
    .option('--seed <number>', 'which simulated market', wholeNumber(1, 999_999_999), 42)
    .option('--fresh', 'delete the local data first')
    .option('--stay', 'stay up until Ctrl-C (the default on a terminal)')
    .option('--no-stay', 'stop what was started when done (the default elsewhere)')
    .action(async (flags: StartFlags) => {
      const { runStart } = await import('../start/run-start.ts');
      await runStart(context, flags);
    });
}
