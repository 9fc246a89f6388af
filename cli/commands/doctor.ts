import { type Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { parseDuration } from '../duration-flag.ts';

interface DoctorFlags {
  readonly env?: string;
  readonly only?: string[];
  readonly timeout: number;
  readonly output: 'text' | 'json';
}

/** `connect doctor`: exit 0 when nothing is broken, 3 when something is. Changes nothing. */
export function registerDoctor(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('look at every part an environment needs and say what is wrong and what to do; exit 3 if broken')
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option('--only <stream...>', 'these streams only')
    .option('--timeout <duration>', 'bound of each check', parseDuration, 15_000)
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
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
