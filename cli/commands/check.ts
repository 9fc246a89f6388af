import { ConnectError } from '../../core/errors.ts';
import type { Register } from '../context.ts';
import { reportCommand } from '../flags.ts';
import { showFindings } from '../render/findings.ts';

/** `connect check`: exit 0 when all layers agree, 3 when something does not. */
export const registerCheck: Register = (program, context) => {
  reportCommand(program, 'check')
    .description('check that feed, Avro schema, connector and table agree before you deploy; exit 3 if they do not')
    .option(
      '--against <ref>',
      'also check what the changes since this branch, tag or commit break, for example main or origin/main',
    )
    .option('--live', 'also compare with what runs: registry, database and sinks of the environment')
    .option('-e, --env <name>', 'environment of connect.yaml, for --live')
    .action(async ({ live = false, ...flags }) => {
      if (flags.env !== undefined && !live) {
        throw new ConnectError('USAGE', '-e names an environment to look at, but nothing live was asked for', {
          hint: 'add --live, or leave -e out: without --live every environment of connect.yaml is checked',
        });
      }
      const { check } = await import('../../app/check.ts');
      const { findings, prefix, subject } = await check(context, { live, ...flags });
      showFindings(context, findings, { title: 'connect check', prefix }, (found, notes) =>
        found === undefined ? `✓ ${subject}: all layers agree${notes}` : `✗ ${subject}: ${found}${notes}`,
      );
    });
};
