import { type Command, Option } from 'commander';
import type { Finding } from '../../schemas/compatibility/finding.ts';
import type { CliContext } from '../context.ts';
import { countFindings, REPORT_FORMATS, type ReportFormat, renderReport } from '../report.ts';

interface CheckFlags {
  readonly against?: string;
  readonly live?: boolean;
  readonly env?: string;
  readonly only?: string[];
  readonly format: ReportFormat;
}

/** `connect check`: exit 0 when all layers agree, 3 when something does not. */
export function registerCheck(program: Command, context: CliContext): void {
  program
    .command('check')
    .description('prove that feed, Avro schema, connector and table agree, before anything is deployed; exit 3 if not')
    .option('--against <ref>', 'check as well what a change since this branch, tag or commit breaks: main, origin/main')
    .option('--live', 'check as well what really runs: registry, database and Connect worker of the environment')
    .option('-e, --env <name>', 'environment of connect.yaml, for --live')
    .option('--only <stream...>', 'these streams only')
    .addOption(new Option('-o, --format <format>', 'how to report').choices(REPORT_FORMATS).default('text'))
    .action(async (flags: CheckFlags) => {
      const { runCheck } = await import('../run-check.ts');
      const { findings, prefix, subject } = await runCheck(context, flags);
      const report = renderReport(findings, flags.format, { title: 'connect check', prefix });
      if (report !== '') context.print(report);
      context.note(summary(findings, subject));
      if (countFindings(findings).errors > 0) context.setExitCode(3);
    });
}

function summary(findings: readonly Finding[], subject: string): string {
  const { errors, notes } = countFindings(findings);
  const noted = notes === 0 ? '' : `, ${notes} ${notes === 1 ? 'note' : 'notes'}`;
  if (errors === 0) return `✓ ${subject}: all layers agree${noted}`;
  return `✗ ${subject}: ${errors} ${errors === 1 ? 'finding' : 'findings'}${noted}`;
}
