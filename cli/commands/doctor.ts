import { Option } from '@commander-js/extra-typings';
import type { Register } from '../context.ts';
import { parseDuration, streamCommand } from '../flags.ts';
import { doctorLines, doctorSummary } from '../render/doctor.ts';

/** `connect doctor`: exit 0 when nothing is broken, 3 when something is. Changes nothing. */
export const registerDoctor: Register = (program, context) => {
  streamCommand(program, 'doctor')
    .description(
      'look at every part of an environment, say what is wrong and what to do; exit 3 if something is broken',
    )
    .addOption(
      new Option('--timeout <duration>', 'how long each check may take')
        .argParser(parseDuration)
        .default(15_000, '15s'),
    )
    .action(async ({ timeout, ...flags }) => {
      const { doctor } = await import('../../app/doctor.ts');
      const session = await context.session({ ...flags, timeout });
      const diagnosis = await doctor(session, { timeoutMs: timeout, nodeVersion: process.version });
      context.answer(session, diagnosis, () => doctorLines(diagnosis));
      context.note(doctorSummary(session.environment.name, diagnosis));
      if (diagnosis.counts.broken > 0) context.setExitCode(3);
    });
};
