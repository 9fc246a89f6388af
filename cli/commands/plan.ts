import { resolve } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { START_FROM } from '../../app/choices.ts';
import type { MadePlan, PlanOptions } from '../../app/plan.ts';
import type { CliContext, Register } from '../context.ts';
import { streamCommand } from '../flags.ts';
import { planLines } from '../render/plan.ts';

/** `connect plan`: what a deploy would change. Changes nothing itself. */
export const registerPlan: Register = (program, context) => {
  streamCommand(program, 'plan')
    .description('show what deploy would change, and which migrations and schemas are still missing')
    .alias('diff')
    .option('--check', 'end with exit code 2 if anything is pending')
    .option('--out <file>', 'save the plan; `connect deploy --plan FILE` applies exactly that, or refuses')
    .option(
      '--grow-topics',
      'plan to add partitions to topics that have fewer than defined; keys then move to other partitions',
    )
    .option('--prune', 'plan to delete sinks that this project has deployed and no longer defines')
    .addOption(startOption())
    .action(async (flags) => {
      const { pendingEntries, plan } = await import('../../app/plan.ts');
      const made = await plan(await context.session(flags), planOptions(flags));
      const digest = flags.out === undefined ? undefined : await savePlan(context, flags.out, made);
      context.show({ ...made.plan, digest }, () => planLines(made.plan));
      if (digest !== undefined)
        context.note(`plan saved; apply it with \`connect deploy --plan ${flags.out} --digest ${digest}\``);
      if (flags.check === true && pendingEntries(made.plan).length > 0) context.setExitCode(2);
    });
};

async function savePlan(context: CliContext, out: string, made: MadePlan): Promise<string> {
  const { savePlan } = await import('../../app/saved-plan.ts');
  return savePlan(resolve(context.cwd, out), made, context.hide);
}

/** `--from`, of plan and deploy alike. */
export const startOption = () =>
  new Option(
    '--from <place>',
    'where a new sink begins: where an earlier sink of its name stopped, at the oldest record, or at the next record',
  )
    .choices(START_FROM)
    .default('resume');

/** What a plan is about, by the flags that plan and deploy share. */
export const planOptions = ({
  only,
  growTopics = false,
  prune = false,
  from,
}: Pick<PlanOptions, 'from'> & Partial<PlanOptions>): PlanOptions => ({ only, growTopics, prune, from });
