import { ConnectError } from '../core/errors.ts';
import { type Gap, type GapMark, gapMarks, gapText, openGaps, readAcceptedGaps, unreadGaps } from './gaps.ts';
import type { Marks } from './marks.ts';
import type { SinkAction } from './sink-action.ts';

/** What has to be known of a sink before it is started, or before its offsets are changed. */
export type StartedSink = Pick<SinkAction, 'stream' | 'groups' | 'kafka' | 'signal' | 'acceptGap' | 'onEvent'>;

/**
 * The one place that decides whether a sink may go on behind records that Kafka deleted before it read them. Whoever accepts
 * such a gap leaves a mark, because the sink's offsets show nothing of it from then on.
 * Errors: UNSAFE with the records; UNREACHABLE, REFUSED when Kafka does not answer or does not take the mark.
 */
export async function requireNoGap(sink: StartedSink, marks: Marks<GapMark> = gapMarks(sink)): Promise<void> {
  const { stream, acceptGap, onEvent } = sink;
  const gaps = await findOpenGaps(sink, marks);
  if (gaps.length === 0) return;
  if (!acceptGap) throw gapError(sink, gaps);
  const at = new Date().toISOString();
  const accepted = gaps.map(({ partition, from, to }) => {
    const mark = { partition, from: from.toString(), to: to.toString(), at };
    return [`${partition}/${from}`, mark] as const;
  });
  await marks.write(new Map(accepted));
  onEvent?.({ kind: 'note', text: `goes on without ${gaps.map((gap) => gapText(stream, gap)).join(', ')}; recorded` });
}

/** What the sink would jump over, and nobody has accepted. Errors: UNREACHABLE. */
export async function findOpenGaps(
  sink: Pick<StartedSink, 'stream' | 'groups' | 'kafka' | 'signal'>,
  marks?: Pick<Marks<GapMark>, 'read'>,
): Promise<Gap[]> {
  const gaps = unreadGaps(await sink.groups.positions(sink.stream));
  return gaps.length === 0 ? [] : openGaps(gaps, await readAcceptedGaps(sink, marks));
}

/** The error for a sink that would jump over records in silence. */
export function gapError({ stream }: Pick<StartedSink, 'stream'>, gaps: readonly Gap[]): ConnectError {
  const { name } = stream.sink;
  const lines = gaps.map((gap) => `${gapText(stream, gap)} were deleted before ${name} read them`);
  return new ConnectError('UNSAFE', [`${name} would jump over records; nothing was changed`, ...lines].join('\n  '), {
    details: { connector: name, gaps: gaps.map(({ partition, from, to }) => ({ partition, from, to })) },
    hint: 'go on without them by --accept-gap, which records the gap; `connect produce --from-slot` publishes them again',
  });
}
