import type { Register } from '../context.ts';
import { wholeNumber } from '../flags.ts';
import { unsimulatedLines } from '../render/left-out.ts';
import { startReporter } from '../render/start.ts';

const NUMBER = wholeNumber(1, 999_999_999);

/** `connect start`: the whole pipeline once, from nothing to proven rows. Exit code 3 when verify finds a difference. */
export const registerStart: Register = (program, context) => {
  program
    .command('start')
    .description(
      'run everything once: start the stack, migrate, register, deploy, simulate, produce, verify; then show the tables',
    )
    .option('-e, --env <name>', 'environment of connect.yaml; it must have a local stack')
    .option(
      '--updates <number>',
      'how many updates each simulated feed sends; a start after this one sends as many more',
      NUMBER,
      50_000,
    )
    .option('--seed <number>', 'which simulated market; the same number gives the same market', NUMBER, 42)
    .option('--fresh', 'delete the local data first')
    .option('--stay', 'stay up until Ctrl-C (the default on a terminal)')
    .option('--no-stay', 'at the end, stop what was started (the default elsewhere)')
    .action(async ({ updates, seed, fresh = false, stay = context.isAttended ?? false, ...flags }) => {
      const { start } = await import('../../app/start.ts');
      const { findPsql } = await import('../../app/psql.ts');
      const { createLogger } = await import('../../core/log.ts');
      const session = await context.session(flags);
      context.note(...unsimulatedLines(session.streams));
      const reports = await start(session, {
        updates,
        seed,
        fresh,
        stay,
        logger: createLogger({ level: 'warn', stream: context.stderr }),
        listener: startReporter(context, session.environment, {
          updates,
          seed,
          hasPsql: findPsql(context.env) !== undefined,
          streams: session.streams.filter(({ feed }) => feed !== undefined).map(({ name }) => name),
        }),
      });
      if (reports.some(({ differences }) => differences > 0)) context.setExitCode(3);
    });
};
