import { type Command, Option } from 'commander';
import type { Finding } from '../../schemas/compatibility/finding.ts';
import type { CliContext } from '../context.ts';
import { countFindings, REPORT_FORMATS, type ReportFormat, renderReport } from '../report.ts';

interface CheckFlags {
  readonly against?: string;
  readonly env?: string;
  readonly level?: string;
  readonly only?: string[];
  readonly format: ReportFormat;
}

/** `connect schemas check`: exit 0 when nothing breaks, 3 when something does. */
export function addSchemasCheck(schemas: Command, context: CliContext): void {
  schemas
    .command('check')
    .description('what a change of schemas and .proto files breaks, and for whom; exit 3 if anything')
    .option('--against <ref>', 'compare with a branch, tag or commit of git: main, origin/main, v1.2.0')
    .option('-e, --env <name>', 'compare with the registry of this environment of connect.yaml')
    .option('--level <level>', 'compatibility level; default BACKWARD_TRANSITIVE, or what the registry adds to it')
    .option('--only <stream...>', 'these streams only')
    .addOption(new Option('-o, --format <format>', 'how to report').choices(REPORT_FORMATS).default('text'))
    .action(async (flags: CheckFlags) => {
      const { checkSchemas } = await import('../check-schemas.ts');
      const { findings, prefix, compared } = await checkSchemas(context, flags);
      const report = renderReport(findings, flags.format, { title: 'connect schemas check', prefix });
      if (report !== '') context.print(report);
      context.note(summary(findings, compared));
      if (countFindings(findings).errors > 0) context.setExitCode(3);
    });
}

function summary(findings: readonly Finding[], compared: readonly string[]): string {
  const { errors, notes } = countFindings(findings);
  const with_ = `compared with ${compared.join(' and ')}`;
  const noted = notes === 0 ? '' : `, ${notes} ${notes === 1 ? 'note' : 'notes'}`;
  if (errors === 0) return `✓ schemas are compatible${noted}; ${with_}`;
  return `✗ ${errors} ${errors === 1 ? 'finding' : 'findings'}${noted}; ${with_}`;
}
