import type { RequestedState } from '../connectors/run-state.ts';
import type { StateChange } from '../operate/sink-state.ts';
import type { CliContext } from './context.ts';
import type { SinkFlags } from './flags.ts';
import { duration } from './format.ts';
import { eachSink, selectSinks, stateWords } from './sink-action.ts';

/** Brings the selected sinks to a state, one after the other, and says of each what became of it. */
export async function changeStates(context: CliContext, wanted: RequestedState, flags: SinkFlags): Promise<void> {
  const { changeState } = await import('../operate/sink-state.ts');
  const { environment, actions } = await selectSinks(context, flags);
  const streams = await eachSink(context, actions, async (action) => {
    const change = await changeState(action, wanted);
    if (flags.output === 'text') context.print(changeLine(change));
    context.note(
      change.outcome === 'unchanged'
        ? `${change.connector} is ${wanted} already; nothing to change`
        : `${change.connector} is ${wanted} after ${duration(change.durationMs)}`,
    );
    if (wanted !== 'RUNNING' && change.tasks.some((task) => task.state === 'FAILED')) {
      context.note(`${change.connector} has FAILED tasks; after \`connect resume\` run \`connect restart --failed\``);
    }
    return change;
  });
  if (flags.output === 'json') context.json({ environment: environment.name, streams });
}

const changeLine = (change: StateChange): string =>
  change.outcome === 'unchanged'
    ? `= connector ${change.connector}  ${stateWords(change)}`
    : `~ connector ${change.connector}  ${change.before} → ${stateWords(change)}`;
