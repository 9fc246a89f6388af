import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { parseDuration, type StreamFlags, withStreamFlags } from '../flags.ts';

interface DoctorFlags extends StreamFlags {
  readonly timeout: number;
}

/** `connect doctor`: exit 0 when nothing is broken, 3 when something is. Changes nothing. */
export function registerDoctor(program: Command, context: CliContext): void {
  withStreamFlags(
    program
      .command('doctor')
      .description('look at every part an environment needs and say what is wrong and what to do; exit 3 if broken'),
  )
    .option('--timeout <duration>', 'bound of each check', parseDuration, 15_000)
    .action(async (flags: DoctorFlags) => {
      const [{ runDoctor }, { doctorLines, doctorSummary }] = await Promise.all([
        import('../run-doctor.ts'),
        import('../render-doctor.ts'),
      ]);
      const { environment, diagnosis } = await runDoctor(context, flags);
      if (flags.output === 'json') context.json({ environment, ...diagnosis });
      else for (const line of doctorLines(diagnosis)) context.print(line);
      context.note(doctorSummary(environment, diagnosis));
      if (diagnosis.counts.broken > 0) context.setExitCode(3);
    });
}
