import { confirm } from '../confirm.ts';
import type { Register } from '../context.ts';
import { ACCEPT_GAP, sinkCommand, YES } from '../flags.ts';
import { deletedLines } from '../render/delete.ts';
import { sinkOptions } from '../render/sinks.ts';

/** `connect delete`: the sinks go; table and topics stay, and offsets unless they are to go as well. */
export const registerDelete: Register = (program, context) => {
  sinkCommand(program, 'delete')
    .description('delete the sinks; tables, topics and offsets stay, so a later deploy resumes')
    .option('--offsets', 'delete the committed offsets as well: a later deploy reads the topic from its oldest record')
    .option(...ACCEPT_GAP)
    .option(...YES)
    .action(async ({ offsets = false, yes, ...flags }) => {
      const { deleteSinks } = await import('../../app/delete.ts');
      const session = await context.session(flags);
      const environment = session.environment.name;
      const kept = offsets ? 'tables and topics stay' : 'tables, topics and offsets stay';
      const streams = await deleteSinks(session, {
        ...sinkOptions(context, flags),
        withOffsets: offsets,
        agree: (names) =>
          confirm(
            context,
            `delete ${names.join(', ')}${offsets ? ' and their offsets' : ''} on ${environment} (${kept})`,
            yes,
          ),
        onDeleted: (deleted, topic) => {
          context.printText(deletedLines(deleted, topic));
          const { connector, outcome } = deleted;
          context.note(outcome === 'deleted' ? `${connector} deleted` : `${connector} was not deployed`);
        },
      });
      context.answer(session, { streams });
    });
};
