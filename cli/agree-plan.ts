import { isDeploys, type Plan, type PlanEntry, pendingEntries } from '../connectors/plan/plan.ts';
import { type MadePlan, type SavedPlan, whatMoved } from '../connectors/plan/plan-file.ts';
import { ConnectError } from '../core/errors.ts';
import { confirm } from './confirm.ts';
import type { CliContext } from './context.ts';
import { planLines } from './render/plan.ts';

/**
 * Shows what will change and has it agreed to; where nothing will, nobody is asked. A saved plan was agreed to when it was saved.
 * Errors: REFUSED when the plan holds what only a person can decide; those of `confirm`.
 */
export async function agree(context: CliContext, plan: Plan, agreed: boolean): Promise<void> {
  const pending = pendingEntries(plan);
  const ours = pending.filter(isDeploys);
  refuseBlocked(ours);
  for (const { kind, name, summary, by } of pending.filter((entry) => !isDeploys(entry))) {
    context.note(`${`${kind} ${name}`.trimEnd()}: ${summary}; not part of a deploy, run \`${by}\``);
  }
  if (ours.length === 0) return;
  for (const line of planLines({ ...plan, entries: ours })) context.note(line);
  await confirm(context, `deploy this to ${plan.environment}`, agreed);
}

/** Errors: UNSAFE with a line for each thing that is no longer as it was when the plan was saved. */
export function requireUnmoved(saved: SavedPlan, now: MadePlan): void {
  const moved = whatMoved(saved, now);
  if (moved.length === 0) return;
  throw new ConnectError('UNSAFE', ['the plan is out of date; nothing was changed', ...moved].join('\n  '), {
    details: { moved },
    hint: 'plan again, review it, and deploy that',
  });
}

function refuseBlocked(entries: readonly PlanEntry[]): void {
  const blocked = entries.filter(({ action }) => action === 'blocked');
  if (blocked.length === 0) return;
  const lines = blocked.map(({ kind, name, summary }) => `${kind} ${name} ${summary}`);
  throw new ConnectError('REFUSED', [...lines, 'nothing was changed'].join('\n  '), {
    details: { blocked: blocked.map(({ kind, name, summary }) => ({ kind, name, summary })) },
    hint: '`connect plan` shows everything else that is pending',
  });
}
