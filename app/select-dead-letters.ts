import { meetsConditions, needContent, parseConditions } from '../operate/dead-letters/conditions.ts';
import type { SourceTopic } from '../operate/dead-letters/dead-letter.ts';
import { type LetterSource, letterSource } from '../operate/dead-letters/letter-source.ts';
import { type ContentReaders, readContent } from '../operate/dead-letters/record-content.ts';
import type { SinkAction } from '../operate/sink-action.ts';
import { feedServiceOf } from '../producer/feed/feed-service.ts';
import type { Session } from './session.ts';
import { type EachSinkOptions, eachSink, type FailedSink } from './sinks.ts';

/** Which records: those of one kind of topic that meet all conditions (`FIELD=VALUE`). */
export interface DeadLetterRequest<T> extends EachSinkOptions<T> {
  readonly source: SourceTopic;
  readonly where?: readonly string[] | undefined;
}

/** Acts on the chosen records of each stream, one stream after the other. */
export async function eachSource<T>(
  session: Session,
  request: DeadLetterRequest<T>,
  act: (action: SinkAction, readers: ContentReaders, letters: LetterSource) => Promise<T>,
): Promise<(T | FailedSink)[]> {
  const decoder = await session.decoder();
  return eachSink(session, request, async (action) => {
    const { stream } = action;
    // Dead letters need no feed; rejected updates are messages of one.
    const service = request.source === 'dlq' ? undefined : feedServiceOf(session.project.root, stream);
    const readers = { decoder: decoder.of(session.schema(stream).name), service };
    return act(action, readers, selectedLetters(action, request, readers));
  });
}

/** The records that meet the conditions; read only where a condition asks for their content. */
function selectedLetters(
  action: SinkAction,
  { source, where = [] }: Pick<DeadLetterRequest<never>, 'source' | 'where'>,
  readers: ContentReaders,
): LetterSource {
  const conditions = parseConditions(where);
  if (conditions.length === 0) return letterSource(action, source);
  const isRead = needContent(conditions);
  return letterSource(action, source, async (letter) =>
    meetsConditions(letter, conditions, isRead ? await readContent(readers, letter) : undefined),
  );
}
