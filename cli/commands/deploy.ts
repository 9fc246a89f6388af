import { resolve } from 'node:path';
import { type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { CHECKED_PARTS, type CheckedPart } from '../../app/choices.ts';
import { ConnectError } from '../../core/errors.ts';
import { confirm } from '../confirm.ts';
import type { CliContext, Register } from '../context.ts';
import { ACCEPT_GAP, parseDuration, streamCommand } from '../flags.ts';
import { deployLines, deployReporter } from '../render/deploy.ts';
import { planLines } from '../render/plan.ts';
import { planOptions, startOption } from './plan.ts';

/** `connect deploy`: topics and sink connectors, until every task runs. */
export const registerDeploy: Register = (program, context) => {
  streamCommand(program, 'deploy')
    .description(
      'check, plan, create topics, create or update the sinks, wait until every task runs; roll back if one does not',
    )
    .option('--plan <file>', 'apply exactly this saved plan, or refuse if anything has changed since')
    .option('--digest <digest>', 'of the plan that was approved: apply it without asking, and no other')
    .option('--timeout <duration>', 'how long to wait for each sink (default: 2m, on MSK Connect 30m)', parseDuration)
    .option('--yes', 'apply the plan without asking; needed where there is no terminal and something would change')
    .option('--wait', 'wait until every sink runs (the default)')
    .option('--no-wait', 'end when the cluster has taken the configuration; nothing can be rolled back then')
    .option('--no-rollback', 'keep what was changed, even if it does not run')
    .option(
      '--grow-topics',
      'add partitions to topics that have fewer than defined; keys then move to other partitions',
    )
    .option('--prune', 'delete sinks that this project has deployed and no longer defines')
    .option('--replace', 'on MSK Connect: delete and create a sink that cannot be changed in place; offsets stay')
    .option('--preflight', 'on MSK Connect: first validate the sinks on a worker of the same version on this machine')
    .option(...ACCEPT_GAP)
    .addOption(
      new Option(
        '--unchecked <parts>',
        'deploy although these parts cannot be reached from here, without what they would show: brokers, database, or both with a comma',
      ).argParser(parseParts),
    )
    .addOption(startOption())
    .action(async (flags, command) => {
      const { deploy } = await import('../../app/deploy.ts');
      const saved = flags.plan === undefined ? undefined : await savedPlan(context, flags.plan, flags, command);
      if (saved === undefined && flags.digest !== undefined)
        throw new ConnectError('USAGE', '--digest is about a saved plan', { hint: 'name it: --plan FILE' });
      const options = saved?.options ?? planOptions(flags);
      const { timeout: timeoutMs, wait = true, replace, preflight, rollback, acceptGap, unchecked } = flags;
      const session = await context.session({
        env: saved?.plan.environment ?? flags.env,
        only: options.only,
        timeout: timeoutMs,
      });
      const deployed = await deploy(session, {
        plan: options,
        saved,
        hide: context.hide,
        timeoutMs,
        replace,
        preflight,
        rollback,
        wait,
        acceptGap,
        unchecked,
        agree: async (plan, entries) => {
          context.note(...planLines({ ...plan, entries }, replace === true ? ['--replace'] : []));
          const isAgreed = flags.yes === true || flags.digest !== undefined;
          await confirm(context, `deploy this to ${plan.environment}`, isAgreed, saved && DIGEST_OR_YES);
        },
        ...deployReporter(context, wait),
      });
      context.answer(session, deployed, () => deployLines(deployed));
    });
};

/** Some of the parts that a deploy may go without. */
function parseParts(text: string): CheckedPart[] {
  return text.split(',').map((word) => {
    const part = CHECKED_PARTS.find((one) => one === word.trim());
    if (part === undefined)
      throw new InvalidArgumentError(`some of ${CHECKED_PARTS.join(', ')}, with a comma between.`);
    return part;
  });
}

const DIGEST_OR_YES =
  'there is no terminal to ask on; give --digest, which `connect plan --out` has printed, or --yes where nobody else can have written the file';

/** What the plan was made for stands in its file. Errors: USAGE, UNSAFE. */
async function savedPlan(
  context: CliContext,
  file: string,
  { env, digest }: { readonly env?: string | undefined; readonly digest?: string | undefined },
  command: CommandUnknownOpts,
) {
  const given = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .flatMap(({ long }) => (['--only', '--grow-topics', '--prune', '--from'].includes(long ?? '') ? [long] : []));
  if (given.length > 0) {
    throw new ConnectError('USAGE', `${given.join(', ')}: the saved plan already says that`, {
      hint: 'give it to `connect plan --out`, or deploy without --plan',
    });
  }
  const { loadPlan } = await import('../../app/saved-plan.ts');
  return loadPlan(resolve(context.cwd, file), env, digest);
}
