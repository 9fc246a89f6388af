import { Option } from '@commander-js/extra-typings';
import type { Register } from '../context.ts';
import { outputCommand } from '../flags.ts';

/** `connect msk iam-policy`. */
export const registerMsk: Register = (program, context) => {
  const msk = program.command('msk').description('print what an AWS account needs for MSK Connect');
  outputCommand(msk, 'iam-policy', 'text or json; both are JSON, for the aws command line')
    .description("print the least IAM policies for an environment's workers and for whoever deploys; asks no server")
    .option('-e, --env <name>', 'environment of connect.yaml')
    .addOption(new Option('--role <role>', 'only the policies of this role').choices(['worker', 'deployer']))
    .action(async ({ env, role }) => {
      const { iamPolicies } = await import('../../app/iam-policy.ts');
      const { notes, ...policies } = iamPolicies(await context.session({ env }));
      context.note(...notes.map((note) => `! ${note}`));
      context.json(role === undefined ? policies : policies[role]);
    });
};
