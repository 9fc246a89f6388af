import { ConnectError } from '../../core/errors.ts';
import type { Register } from '../context.ts';
import { type ReportFlags, reportCommand } from '../flags.ts';
import { showFindings } from '../render/findings.ts';

interface CheckFlags extends ReportFlags {
  readonly level?: string;
}

/** `connect schemas check`: exit 0 when nothing breaks, 3 when something does. */
export const addSchemasCheck: Register = (schemas, context) => {
  reportCommand(
    schemas,
    'check',
    'say what a change of schemas and .proto files breaks, and for whom; exit 3 if it breaks anything',
  )
    .option('--against <ref>', 'compare with a branch, tag or commit of git, for example main, origin/main or v1.2.0')
    .option('-e, --env <name>', 'compare with the registry of this environment of connect.yaml')
    .option(
      '--level <level>',
      'compatibility level (default: BACKWARD_TRANSITIVE, or a stricter one that the registry has)',
    )
    .action(async ({ format, ...flags }: CheckFlags) => {
      if (flags.against === undefined && flags.env === undefined) {
        throw new ConnectError('USAGE', 'schemas check needs something to compare with', {
          hint: 'give --against main for git, -e <environment> for its registry, or both',
        });
      }
      const { checkSchemas } = await import('../../app/schemas-check.ts');
      const { findings, prefix, compared } = await checkSchemas(context, flags);
      const others = `compared with ${compared.join(' and ')}`;
      showFindings(context, findings, { format, title: 'connect schemas check', prefix }, (found, notes) =>
        found === undefined ? `✓ schemas are compatible${notes}; ${others}` : `✗ ${found}${notes}; ${others}`,
      );
    });
};
