import type { DeletedSink } from '../../app/delete.ts';

/** What went and what stays of one sink. */
export function deletedLines(sink: DeletedSink, topic: string): string[] {
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
