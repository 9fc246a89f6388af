import { resolve } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { PROFILE_NAMES } from '../../app/choices.ts';
import type { Register } from '../context.ts';
import { positiveNumber, streamCommand, wholeNumber } from '../flags.ts';
import { unsimulatedLines } from '../render/left-out.ts';
import { simulateReporter } from '../render/simulate.ts';

const NUMBER = wholeNumber(0, 999_999_999_999_999);

/** `connect simulate`: simulated feeds on a real gRPC server, until Ctrl-C. */
export const registerSimulate: Register = (program, context) => {
  streamCommand(program, 'simulate')
    .description('serve simulated feeds over gRPC until Ctrl-C; the same seed gives the same market')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', "port to listen on (default: that of the environment's feed)", NUMBER)
    .option('--seed <number>', 'which market', NUMBER, 42)
    .option('--updates <number>', 'end each feed after this many updates (default: never)', NUMBER)
    .option(
      '--rate <per second>',
      'send this many updates a second, even if nobody reads them (default: as fast as they are read)',
      positiveNumber,
    )
    .option('--faulty <number>', 'make this many of the updates such that the table cannot hold them', NUMBER)
    .addOption(
      new Option(
        '--profile <mix>',
        'market: some of everything; flood: nearly all PNL_UPDATE; worst-case: every update moves an index',
      )
        .choices(PROFILE_NAMES)
        .default('market'),
    )
    .option('--replay-window <slots>', 'how far back a reader may start (default: from the beginning)', NUMBER)
    .option(
      '--oracle <folder>',
      'write what was sent into this folder, one <stream>.ndjson each, for `connect verify --oracle`',
    )
    .action(async (flags) => {
      const { simulate } = await import('../../app/simulate.ts');
      const { host, port, seed, updates, faulty, profile, oracle } = flags;
      const session = await context.session(flags);
      context.note(...unsimulatedLines(session.streams));
      await simulate(session, {
        host,
        port,
        seed,
        updates,
        ratePerSecond: flags.rate,
        faulty,
        profile,
        replayWindowSlots: flags.replayWindow,
        oracleFolder: oracle === undefined ? undefined : resolve(context.cwd, oracle),
        ...simulateReporter(context, flags),
      });
    });
};
