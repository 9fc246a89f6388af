import { type Command, Option } from 'commander';
import type { StartFrom } from '../../connectors/plan/start-plan.ts';
import type { CliContext } from '../context.ts';
import { parseDuration, type StreamFlags, withStreamFlags } from '../flags.ts';
import { planOptions, startOption } from './plan.ts';

interface DeployFlags extends StreamFlags {
  readonly plan?: string;
  readonly timeout: number;
  readonly yes?: boolean;
  readonly rollback: boolean;
  readonly wait: boolean;
  readonly growTopics?: boolean;
  readonly prune?: boolean;
  readonly replace?: boolean;
  readonly preflight?: boolean;
  readonly from: StartFrom;
}

/** `connect deploy`: topics and sink connectors, until every task runs. */
export function registerDeploy(program: Command, context: CliContext): void {
  withStreamFlags(
    program
      .command('deploy')
      .description(
        'check, plan, create topics, create or update the sinks, wait until every task runs; roll back if one does not',
      ),
  )
    .option(
      '--plan <file>',
      'apply this saved plan exactly and without asking, or refuse when anything has moved since',
    )
    .addOption(
      new Option('--timeout <duration>', 'bound of the wait for each sink; on MSK Connect 30m unless given')
        .argParser(parseDuration)
        .default(120_000, '2m'),
    )
    .option('--yes', 'apply the plan without asking; needed where there is no terminal and something would change')
    .option('--wait', 'wait until every sink runs (the default)')
    .option('--no-wait', 'end once the cluster has taken the configuration; nothing can be rolled back then')
    .option('--no-rollback', 'leave what was changed as it is when it does not run')
    .option('--grow-topics', 'add partitions where a definition has more; keys move to other partitions')
    .option('--prune', 'delete sinks that this project has deployed and no longer defines')
    .option('--replace', 'on MSK Connect: delete and create a sink that cannot be changed in place; offsets stay')
    .option('--preflight', 'on MSK Connect: first have a worker of its version on this machine validate the sinks')
    .addOption(startOption())
    .action(async (flags: DeployFlags, command: Command) => {
      const [{ deployStreams }, { isOnMsk, MSK_TIMEOUT_MS }, { selectEnvironment }] = await Promise.all([
        import('../deploy-streams.ts'),
        import('../../app/msk-target.ts'),
        import('../../pipeline/load.ts'),
      ]);
      const saved = flags.plan === undefined ? undefined : await savedPlan(context, flags.plan, flags, command);
      const project = await context.loadProject();
      const environment = selectEnvironment(project, saved?.plan.environment ?? flags.env);
      const isTimeGiven = command.getOptionValueSource('timeout') === 'cli';
      const deployed = await deployStreams(context, project, environment, {
        plan: saved?.options ?? planOptions(flags),
        ...(saved === undefined ? {} : { saved }),
        timeoutMs: isOnMsk(environment) && !isTimeGiven ? MSK_TIMEOUT_MS : flags.timeout,
        replace: flags.replace === true,
        preflight: flags.preflight === true,
        yes: flags.yes === true,
        rollback: flags.rollback,
        wait: flags.wait,
      });
      if (flags.output === 'json') {
        context.json({ environment: environment.name, ...deployed });
        return;
      }
      const { deployLines } = await import('../render/deploy.ts');
      for (const line of deployLines(deployed)) context.print(line);
    });
}

/** What the plan was made for stands in its file. Errors: USAGE. */
async function savedPlan(context: CliContext, file: string, flags: DeployFlags, command: Command) {
  const given = ['only', 'growTopics', 'prune', 'from'].filter((name) => command.getOptionValueSource(name) === 'cli');
  if (given.length > 0) {
    const { ConnectError } = await import('../../core/errors.ts');
    const names = given.map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
    throw new ConnectError('USAGE', `${names.join(', ')}: the plan says that already`, {
      hint: 'give it to `connect plan --out`, or deploy without --plan',
    });
  }
  const { loadPlan } = await import('../saved-plan.ts');
  return loadPlan(context, file, flags.env);
}
