import type { RequestedState, StateChange } from '../../app/change-state.ts';
import type { Register } from '../context.ts';
import { ACCEPT_GAP, sinkCommand } from '../flags.ts';
import { duration } from '../format.ts';
import { type SinkFlags, sinkOptions, stateWords } from '../render/sinks.ts';

const COMMANDS = [
  ['pause', 'PAUSED', 'pause the sinks: tasks keep their partitions and write nothing until `resume`'],
  ['resume', 'RUNNING', 'start paused or stopped sinks again and wait until every task runs'],
  [
    'stop',
    'STOPPED',
    'stop the sinks: no tasks, no database connections; offsets stay, and `resume` starts them again (on MSK Connect by a new connector)',
  ],
] as const;

/** `connect pause`, `connect resume`, `connect stop`: sinks are brought to a state and are really there. */
export const registerChangeState: Register = (program, context) => {
  for (const [name, wanted, description] of COMMANDS) {
    const command = sinkCommand(program, name).description(description);
    if (wanted === 'RUNNING') command.option(...ACCEPT_GAP);
    command.action(async (flags: SinkFlags & Parameters<typeof context.session>[0]) => {
      const { changeStates } = await import('../../app/change-state.ts');
      const session = await context.session(flags);
      const streams = await changeStates(session, wanted, {
        ...sinkOptions(context, flags),
        onDone: (change) => {
          context.printText([changeLine(change)]);
          context.note(...changeNotes(change, wanted));
        },
      });
      context.answer(session, { streams });
    });
  }
};

const changeLine = (change: StateChange): string =>
  change.outcome === 'unchanged'
    ? `= connector ${change.connector}  ${stateWords(change)}`
    : `~ connector ${change.connector}  ${change.before} → ${stateWords(change)}`;

const changeNotes = ({ connector, outcome, durationMs, tasks }: StateChange, wanted: RequestedState): string[] => [
  outcome === 'unchanged'
    ? `${connector} is ${wanted} already; nothing to change`
    : `${connector} is ${wanted} after ${duration(durationMs)}`,
  ...(wanted !== 'RUNNING' && tasks.some(({ state }) => state === 'FAILED')
    ? [`${connector} has FAILED tasks; after \`connect resume\` run \`connect restart --failed\``]
    : []),
];
