import type { SinkConfig } from '../render/render-sink.ts';
import type { RunState } from '../targets/target.ts';
import { type DeclaredState, orderedState, wantedState } from '../wait/run-state.ts';
import { compareConfigs, type SettingLookup } from './compare-configs.ts';
import type { PlanEntry, PlannedChange } from './plan.ts';
import { type ObservedOffset, type StartFrom, startEffects } from './start-plan.ts';

export interface DesiredConnector {
  readonly name: string;
  readonly config: SinkConfig;
  /** Undefined: a new one runs, and one that is held back by hand is left alone. */
  readonly state?: DeclaredState | undefined;
  /** Where one begins that has to be created. Default: where its group has stopped, else at the oldest record. */
  readonly from?: StartFrom;
}

export interface ObservedConnector {
  readonly config: SinkConfig;
  /** Undefined while the cluster has not said. */
  readonly state: RunState | undefined;
}

/** Another class is another connector under the same name. */
const REPLACING_KEY = 'connector.class';
/** The run state among the changes, as the definition spells it; no connector setting has this name. */
export const STATE_KEY = 'sink.state';

/**
 * What becomes of a sink. A difference that makes none to the worker is no change, so a plan after a deploy is empty.
 * `offsets`: what the group of a connector that is not there has left behind.
 */
export function planConnector(
  desired: DesiredConnector,
  live: ObservedConnector | undefined,
  settings: SettingLookup,
  offsets: readonly ObservedOffset[] = [],
): PlanEntry {
  const rest = { kind: 'connector', name: desired.name, notes: [] } as const;
  if (live === undefined) return { ...rest, ...planCreation(desired, offsets) };
  const { changes: settingChanges, ignored } = compareConfigs(live.config, desired.config, settings);
  const now = orderedState(live.state);
  if (desired.state === undefined && now !== undefined && now !== 'RUNNING') {
    const summary = `is ${now}: someone holds it back on purpose; \`connect resume\` first, or declare sink.state`;
    return { ...rest, action: 'blocked', summary, changes: settingChanges, effects: [], ignored };
  }
  const stateChange = planState(desired.state, live.state);
  const changes = [...settingChanges, ...stateChange];
  const held = desired.state === 'paused' || desired.state === 'stopped' ? desired.state : undefined;
  if (changes.length === 0) {
    const summary = held === undefined ? 'in sync' : `in sync, ${held} as declared`;
    return { ...rest, action: 'unchanged', summary, changes, effects: [], ignored };
  }
  if (settingChanges.some(({ key }) => key === REPLACING_KEY)) {
    return {
      ...rest,
      action: 'replace',
      summary: 'delete and create again, under the same name',
      changes,
      effects: [
        `offsets stay in group connect-${desired.name}: the new connector goes on where the old one stopped`,
        ...(held === undefined ? [] : updateEffects(true, stateChange.length > 0, desired.state)),
      ],
      ignored,
    };
  }
  return {
    ...rest,
    action: 'update',
    summary:
      settingChanges.length === 0 ? 'run state' : `update in place${held === undefined ? ', tasks restart' : ''}`,
    changes,
    effects: updateEffects(settingChanges.length > 0, stateChange.length > 0, desired.state),
    ignored,
  };
}

function planCreation(
  { name, config, state, from }: DesiredConnector,
  offsets: readonly ObservedOffset[],
): Pick<PlanEntry, 'action' | 'summary' | 'changes' | 'effects' | 'ignored'> {
  const tasks = config['tasks.max'] ?? '1';
  const held = state === undefined || state === 'running' ? '' : `, ${state} from the start`;
  return {
    action: 'create',
    summary: `${tasks} ${tasks === '1' ? 'task' : 'tasks'} at most${held}`,
    changes: [],
    effects: startEffects(name, from ?? 'resume', offsets),
    ignored: [],
  };
}

/** As far as the definition says anything; a state that the cluster has not told yet is taken for RUNNING. */
function planState(declared: DeclaredState | undefined, live: RunState | undefined): PlannedChange[] {
  const now = orderedState(live) ?? 'RUNNING';
  if (declared === undefined || wantedState(declared) === now) return [];
  return [{ key: STATE_KEY, before: now.toLowerCase(), after: declared, secret: false }];
}

function updateEffects(config: boolean, state: boolean, declared: DeclaredState | undefined): string[] {
  switch (declared) {
    case 'paused':
    case 'stopped': {
      const gives = declared === 'paused' ? 'keeps its tasks and writes nothing' : 'gives up its tasks; offsets stay';
      const later = 'the configuration is tried when the sink runs again: until then nobody knows whether it does';
      return [...(state ? [gives] : []), ...(config ? [later] : [])];
    }
    default:
      return [
        ...(config ? ['every task restarts; offsets stay'] : []),
        ...(state ? ['goes on at its committed offsets'] : []),
      ];
  }
}
