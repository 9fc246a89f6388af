import { type Command, Option } from 'commander';
import type { CliContext } from '../context.ts';

interface PlanFlags {
  readonly env?: string;
  readonly only?: string[];
  readonly check?: boolean;
  readonly growTopics?: boolean;
  readonly output: 'text' | 'json';
}

/** `connect plan`: what a deploy would change. Changes nothing itself. */
export function registerPlan(program: Command, context: CliContext): void {
  program
    .command('plan')
    .alias('diff')
    .description('show what deploy would change, and what migrate and schemas register have still to do')
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option('--only <stream...>', 'these streams only')
    .option('--check', 'exit code 2 when anything is pending')
    .option('--grow-topics', 'plan to add partitions where a definition has more; keys move to other partitions')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(async (flags: PlanFlags) => {
      const [{ planStreams }, { planLines }, { pendingEntries }, { selectEnvironment, selectStreams }] =
        await Promise.all([
          import('../plan-streams.ts'),
          import('../render-plan.ts'),
          import('../../connectors/plan/plan.ts'),
          import('../../pipeline/load.ts'),
        ]);
      const project = await context.loadProject();
      const environment = selectEnvironment(project, flags.env);
      const streams = selectStreams(project, flags.only);
      const growTopics = flags.growTopics === true;
      const plan = await planStreams(context, project, environment, streams, { growTopics });
      if (flags.output === 'json') context.json(plan);
      else for (const line of planLines(plan)) context.print(line);
      const pending = pendingEntries(plan).length;
      if (flags.check === true && pending > 0) context.setExitCode(2);
    });
}
