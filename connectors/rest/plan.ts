import type { Scrub } from '../../core/scrub.ts';
import type { SinkPlan } from '../host.ts';
import { compareConfigs, REPLACING_KEY } from '../plan/compare-configs.ts';
import { hideSecrets, NOTHING_ELSE, type PlanEntry, type PlannedChange, STATE_KEY } from '../plan/entry.ts';
import { sinkFingerprint } from '../plan/fingerprint.ts';
import { startEffects } from '../plan/start-plan.ts';
import { type DeclaredState, type RequestedState, requestedBy, requestedState } from '../run-state.ts';
import type { DesiredSink, ObservedSink } from '../sink-config.ts';
import type { SinkPosition } from '../sink-group.ts';

/** What becomes of a sink on a Connect cluster. `positions`: of the group of a sink that is not there. Pure. */
export const planRestSink = (
  desired: DesiredSink,
  live: ObservedSink | undefined,
  positions: readonly SinkPosition[],
  scrub: Scrub,
): SinkPlan => ({
  entries: hideSecrets([planConnector(desired, live, positions)], scrub),
  fingerprint: sinkFingerprint(desired, live, positions),
});

/** A difference that makes none to the worker is no change, so a plan after a deploy is empty. */
function planConnector(
  desired: DesiredSink,
  live: ObservedSink | undefined,
  offsets: readonly SinkPosition[],
): PlanEntry {
  const { name, state } = desired.stream.sink;
  const rest = { ...NOTHING_ELSE, kind: 'connector', name } as const;
  if (live === undefined) return { ...rest, ...planCreation(desired, offsets) };
  const { changes: settingChanges, ignored } = compareConfigs(live.config, desired.config, live);
  const now = requestedState(live.state);
  if (state === undefined && now !== 'RUNNING') {
    const summary = `is ${now}: someone holds it back on purpose; \`connect resume\` first, or declare sink.state`;
    return { ...rest, action: 'blocked', summary, changes: settingChanges, ignored };
  }
  const stateChange = planState(state, now);
  const changes = [...settingChanges, ...stateChange];
  const held = state === 'paused' || state === 'stopped' ? state : undefined;
  if (changes.length === 0) {
    const summary = held === undefined ? 'in sync' : `in sync, ${held} as declared`;
    return { ...rest, action: 'unchanged', summary, changes, ignored };
  }
  const effects = updateEffects(settingChanges.length > 0, stateChange.length > 0, state);
  if (settingChanges.some(({ key }) => key === REPLACING_KEY)) {
    const summary = 'delete and create again, under the same name';
    const stays = `offsets stay in group connect-${name}: the new connector goes on where the old one stopped`;
    return { ...rest, action: 'replace', summary, changes, effects: [stays, ...(held ? effects : [])], ignored };
  }
  const inPlace = `update in place${held === undefined ? ', tasks restart' : ''}`;
  const summary = settingChanges.length === 0 ? 'run state' : inPlace;
  return { ...rest, action: 'update', summary, changes, effects, ignored };
}

function planCreation(
  { stream, config, from }: DesiredSink,
  offsets: readonly SinkPosition[],
): Pick<PlanEntry, 'action' | 'summary' | 'effects'> {
  const { state } = stream.sink;
  const tasks = config['tasks.max'] ?? '1';
  const held = state === undefined || state === 'running' ? '' : `, ${state} from the start`;
  return {
    action: 'create',
    summary: `${tasks} ${tasks === '1' ? 'task' : 'tasks'} at most${held}`,
    effects: startEffects(stream, from, offsets),
  };
}

/** As far as the definition says anything. */
function planState(declared: DeclaredState | undefined, now: RequestedState): PlannedChange[] {
  if (declared === undefined || requestedBy(declared) === now) return [];
  return [{ key: STATE_KEY, before: now.toLowerCase(), after: declared, secret: false }];
}

const STATE_EFFECTS: Readonly<Record<DeclaredState, string>> = {
  running: 'goes on at its committed offsets',
  paused: 'keeps its tasks and writes nothing',
  stopped: 'gives up its tasks; offsets stay',
};

/** A sink that is held back does not try its configuration; one that runs does so first. */
function updateEffects(config: boolean, state: boolean, declared: DeclaredState = 'running'): string[] {
  const ofState = state ? [STATE_EFFECTS[declared]] : [];
  if (declared === 'running') return [...(config ? ['every task restarts; offsets stay'] : []), ...ofState];
  const later = 'the configuration is tried when the sink runs again: until then nobody knows whether it does';
  return [...ofState, ...(config ? [later] : [])];
}
