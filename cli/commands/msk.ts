import { type Command, Option } from 'commander';
import type { CliContext } from '../context.ts';

interface PolicyFlags {
  readonly env?: string;
  readonly role?: 'worker' | 'deployer';
  readonly output: 'text' | 'json';
}

/** `connect msk iam-policy`. */
export function registerMsk(program: Command, context: CliContext): void {
  const msk = program.command('msk').description('what an AWS account needs for MSK Connect');
  msk
    .command('iam-policy')
    .description("print the least IAM policies for an environment's workers and for whoever deploys; asks no server")
    .option('-e, --env <name>', 'environment of connect.yaml')
    .addOption(new Option('--role <role>', 'only those of one').choices(['worker', 'deployer']))
    .option('-o, --output <format>', 'text or json; both are JSON, for the aws command line', 'text')
    .action(async (flags: PolicyFlags) => {
      const { iamPolicies } = await import('../iam-policies.ts');
      const { notes, ...policies } = await iamPolicies(context, flags.env);
      for (const note of notes) context.note(`! ${note}`);
      context.json(flags.role === undefined ? policies : policies[flags.role]);
    });
}
