import { ConnectError } from '../../core/errors.ts';
import type { DeployResult } from '../host.ts';
import { requestedBy } from '../run-state.ts';
import { type DesiredSink, withoutTraces } from '../sink-config.ts';
import type { DeployOutcome } from '../wait/wait.ts';
import type { ReachedSink } from '../wait/wait-until-running.ts';
import { connectorEntry, isSameEntry, type PlanEntry, titleOf } from './entry.ts';

const OUTCOMES = { create: 'created', update: 'updated', replace: 'replaced', unchanged: 'unchanged' } as const;

/** A connector's entry that a deploy carries out. */
export interface AgreedEntry extends PlanEntry {
  readonly action: keyof typeof OUTCOMES;
  readonly outcome: DeployOutcome;
}

/**
 * Holds what a deploy would do now against what was agreed to; returns the connector's entry.
 * Errors: REFUSED when only a person can decide, UNSAFE when it would do something else than agreed.
 */
export function requireAgreed(connector: string, agreed: readonly PlanEntry[], now: readonly PlanEntry[]): AgreedEntry {
  const entry = connectorEntry(now);
  const planned = new Map(agreed.map((one) => [titleOf(one), one]));
  const { action = 'unchanged', summary = '', changes = [] } = entry ?? {};
  if (entry === undefined || action === 'blocked' || action === 'delete' || action === 'unknown') {
    throw new ConnectError('REFUSED', `${connector} ${summary}; nothing was changed`, {
      details: { connector },
      hint: 'run `connect resume` first, or declare sink.state in the definition',
    });
  }
  const isAsAgreed = (one: PlanEntry): boolean => {
    // Somebody has done meanwhile what was agreed to.
    if (one.action === 'unchanged') return true;
    const then = planned.get(titleOf(one));
    return then !== undefined && isSameEntry(then, one);
  };
  // What has to be there first may be there by now: the sink before this one has brought the plugin that both use.
  if (now.every(isAsAgreed)) return { ...entry, action, outcome: OUTCOMES[action] };
  const keys = changes.map(({ key }) => key).join(', ');
  throw new ConnectError('UNSAFE', `${connector} is no longer as planned; nothing of it was changed`, {
    details: { connector, planned: connectorEntry(agreed)?.action, now: action, changes },
    hint: `somebody changed it meanwhile (now: ${action}${keys === '' ? '' : ` of ${keys}`}); plan again`,
  });
}

/** What a deploy came to that began at `startedAt`. `reached` undefined: nobody has waited for the sink. */
export const deployResult = (
  { sink }: DesiredSink['stream'],
  entry: AgreedEntry,
  reached: ReachedSink | undefined,
  startedAt: number,
): DeployResult => ({
  connector: sink.name,
  outcome: entry.outcome,
  changes: entry.changes.map(({ key, before, after }) => ({ key, before, after })),
  state: reached && requestedBy(sink.state),
  tasks: reached === undefined ? [] : withoutTraces(reached.sink).tasks,
  restarts: reached?.restarts ?? 0,
  durationMs: Date.now() - startedAt,
});
