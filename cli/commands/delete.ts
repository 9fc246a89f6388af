import type { Command } from 'commander';
import type { DeletedSink } from '../../operate/delete-sink.ts';
import type { CliContext } from '../context.ts';
import { type SinkFlags, withSinkFlags } from '../flags.ts';
import { selectSinks } from '../sink-action.ts';

interface DeleteFlags extends SinkFlags {
  readonly offsets?: boolean;
  readonly yes?: boolean;
}

/** `connect delete`: the sinks go; table and topics stay, and offsets unless they are to go as well. */
export function registerDelete(program: Command, context: CliContext): void {
  withSinkFlags(
    program
      .command('delete')
      .description('delete the sinks; tables, topics and offsets stay, so a later deploy resumes'),
  )
    .option('--offsets', 'delete the committed offsets as well: a later deploy reads the topic from its oldest record')
    .option('--yes', 'do it without asking')
    .action(async (flags: DeleteFlags) => {
      const [{ deleteSink }, { confirm }] = await Promise.all([
        import('../../operate/delete-sink.ts'),
        import('../confirm.ts'),
      ]);
      const withOffsets = flags.offsets === true;
      const { environment, actions } = await selectSinks(context, flags);
      const names = actions.map(({ stream }) => stream.sink.name).join(', ');
      const kept = withOffsets ? 'tables and topics stay' : 'tables, topics and offsets stay';
      const what = `delete ${names}${withOffsets ? ' and their offsets' : ''} on ${environment.name} (${kept})`;
      await confirm(context, what, flags.yes === true);
      const deleted: DeletedSink[] = [];
      for (const action of actions) {
        const one = await deleteSink(action, { withOffsets });
        deleted.push(one);
        if (flags.output === 'text')
          for (const line of deletedLines(one, action.stream.topic.name)) context.print(line);
        context.note(one.outcome === 'deleted' ? `${one.connector} deleted` : `${one.connector} was not deployed`);
      }
      if (flags.output === 'json') context.json({ environment: environment.name, streams: deleted });
    });
}

function deletedLines(sink: DeletedSink, topic: string): string[] {
  const places = sink.committed.map(({ partition, committed }) => `${topic}-${partition}@${committed}`).join(', ');
  const offsets = {
    kept: `= offsets  kept while Kafka remembers them (7 days unless set): a later deploy resumes at ${places}`,
    deleted: '- offsets  deleted: a later deploy reads the topic from its oldest record',
    none: '= offsets  there are none: a later deploy reads the topic from its oldest record',
  };
  return [
    sink.outcome === 'deleted'
      ? `- connector ${sink.connector}  deleted`
      : `= connector ${sink.connector}  is not deployed`,
    offsets[sink.offsets],
    `= table ${sink.table}  kept`,
    ...(sink.topics.length === 0 ? [] : [`= topics ${sink.topics.join(', ')}  kept`]),
  ];
}
