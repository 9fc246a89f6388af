import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { parseDuration } from '../duration-flag.ts';

interface DeployFlags {
  readonly env?: string;
  readonly only?: string[];
  readonly timeout: number;
  readonly yes?: boolean;
  readonly rollback: boolean;
  readonly growTopics?: boolean;
  readonly output: 'text' | 'json';
}

/** `connect deploy`: topics and sink connectors, until every task runs. */
export function registerDeploy(program: Command, context: CliContext): void {
  program
    .command('deploy')
    .description('plan, create topics, create or update the sinks, wait until every task runs, or roll back')
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option('--only <stream...>', 'these streams only')
    .option('--timeout <duration>', 'bound of the wait for each sink', parseDuration, 120_000)
    .option('--yes', 'apply the plan without asking; needed where there is no terminal and something would change')
    .option('--no-rollback', 'leave what was changed as it is when it does not run')
    .option('--grow-topics', 'add partitions where a definition has more; keys move to other partitions')
    .option('-o, --output <format>', 'text or json', 'text')
    .action(async (flags: DeployFlags) => {
      const [{ deployStreams }, { selectEnvironment, selectStreams }] = await Promise.all([
        import('../deploy-streams.ts'),
        import('../../pipeline/load.ts'),
      ]);
      const project = await context.loadProject();
      const environment = selectEnvironment(project, flags.env);
      const streams = selectStreams(project, flags.only);
      const deployed = await deployStreams(context, project, environment, streams, {
        timeoutMs: flags.timeout,
        yes: flags.yes === true,
        rollback: flags.rollback,
        growTopics: flags.growTopics === true,
      });
      if (flags.output === 'json') {
        context.json({ environment: environment.name, streams: deployed });
        return;
      }
      const { deployLines } = await import('../render-deploy.ts');
      for (const line of deployed.flatMap(deployLines)) context.print(line);
    });
}
