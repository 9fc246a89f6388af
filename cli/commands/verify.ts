import { resolve } from 'node:path';
import type { Register } from '../context.ts';
import { parseDuration, streamCommand } from '../flags.ts';
import { verifyLines } from '../render/verify.ts';

/** `connect verify`: exit 0 when every stream is exact, 3 when anything differs. */
export const registerVerify: Register = (program, context) => {
  streamCommand(program, 'verify')
    .description('prove that every record of the topic is in the table, equal to the last digit; exit 3 if one is not')
    .option('--oracle <folder>', 'also compare with the files that `simulate --oracle` wrote into this folder')
    .option(
      '--wait <duration>',
      'first wait until the sinks have written what is in the topics now, at most this long; only that is compared',
      parseDuration,
    )
    .option('--show-values', 'show keys and values of the rows that differ; without it nothing of a row is printed')
    .action(async ({ oracle, wait, showValues = false, ...flags }) => {
      const { verify } = await import('../../app/verify.ts');
      const session = await context.session(flags);
      const oracleFolder = oracle === undefined ? undefined : resolve(context.cwd, oracle);
      const streams = await verify(session, { oracleFolder, waitMs: wait, showValues });
      context.answer(session, { streams }, () => streams.flatMap(verifyLines));
      if (streams.some(({ differences }) => differences > 0)) context.setExitCode(3);
    });
};
