import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { POLICY_ROLES, TEMPLATE_FORMATS } from '../../app/choices.ts';
import { confirm } from '../confirm.ts';
import type { Register } from '../context.ts';
import { environmentCommand, ONLY, outputCommand, wholeNumber, YES } from '../flags.ts';
import { pruneLines, quotaLines, removedLines } from '../render/msk-prune.ts';

/** `connect msk iam-policy`, `alarms` and `prune`. */
export const registerMsk: Register = (program, context) => {
  const msk = program
    .command('msk')
    .description('what an AWS account needs for MSK Connect, and what it can do without');
  outputCommand(msk, 'iam-policy', 'text or json; both are JSON, for the aws command line')
    .description(
      "print the least IAM policies for an environment's workers and for whoever runs commands; asks no server",
    )
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option(...ONLY)
    .addOption(new Option('--role <role>', 'only the policies of this role').choices(POLICY_ROLES))
    .action(async ({ role, ...flags }) => {
      const { iamPolicies } = await import('../../app/iam-policy.ts');
      const { notes, policies } = iamPolicies(await context.session(flags), role === undefined ? undefined : [role]);
      context.note(...notes.map((note) => `! ${note}`));
      context.json(role === undefined ? policies : policies[role]);
    });
  msk
    .command('alarms')
    .description("print CloudWatch alarms for an environment's sinks as a template; asks no server")
    .option('-e, --env <name>', 'environment of connect.yaml')
    .addOption(
      new Option('--format <format>', 'of the template; both are JSON')
        .choices(TEMPLATE_FORMATS)
        .default('cloudformation'),
    )
    .option('--sns <arn>', 'ARN of the SNS topic that hears of them (default: nobody does)', parseTopicArn)
    .option('--watch', 'also on what `connect watch` tells, which the CloudWatch agent has to scrape (docs/msk.md)')
    .action(async ({ env, format, sns, watch = false }) => {
      const { mskAlarms } = await import('../../app/msk-alarms.ts');
      context.json(mskAlarms(await context.session({ env }), { format, sns, watch }));
    });
  environmentCommand(msk, 'prune')
    .description("delete the sinks' plugins and worker configurations that no connector uses any more")
    .option(
      '--keep <number>',
      'how many unused plugins, and worker configurations of each sink, stay for a rollback',
      wholeNumber(0, 100),
      2,
    )
    .option('--dry-run', 'only show what would go, and how much of the quotas is used')
    .option(...YES)
    .action(async ({ keep, dryRun = false, yes, ...flags }) => {
      const { pruneMsk } = await import('../../app/msk-prune.ts');
      const session = await context.session(flags);
      const pruned = await pruneMsk(session, {
        keep,
        dryRun,
        async agree(report) {
          context.note(...pruneLines(report));
          await confirm(context, `delete these on ${session.environment.name}`, yes);
        },
        onRemoved: (removed) => context.tell(removedLines(removed)),
      });
      context.answer(session, pruned, () => (pruned.removed.length === 0 ? pruneLines : quotaLines)(pruned));
    });
};

function parseTopicArn(text: string): string {
  if (/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+$/.test(text)) return text;
  throw new InvalidArgumentError('the ARN of an SNS topic, e.g. arn:aws:sns:eu-central-1:123456789012:alarms.');
}
