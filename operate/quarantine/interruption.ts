import type { RequestedState } from '../../connectors/run-state.ts';
import type { ObservedSink } from '../../connectors/sink-config.ts';
import { createMarks } from '../marks.ts';
import type { StreamSource } from '../read-records.ts';

interface Interruption {
  /** The state that the sink shall have afterwards. */
  readonly state: RequestedState;
  readonly at: string;
}

/** The mark that stands while a quarantine has the sink stopped. */
export function interruptionOf(source: StreamSource) {
  const { name } = source.stream.sink;
  const marks = createMarks<Interruption>(source, 'quarantine', { state: /^(RUNNING|PAUSED|STOPPED)$/ });
  return {
    read: async () => (await marks.read()).get(name),
    write: (mark: Interruption | undefined) => marks.write(new Map([[name, mark]])),
  };
}

/**
 * The state that a killed quarantine has to restore; undefined when none has left the sink stopped. A sink that is not stopped
 * has been started by somebody since. A stop by somebody has no mark, and is left alone.
 */
export async function readInterrupted(
  source: StreamSource,
  { state }: ObservedSink,
): Promise<RequestedState | undefined> {
  const interruption = interruptionOf(source);
  const mark = await interruption.read();
  if (mark === undefined || state === 'STOPPED') return mark?.state;
  await interruption.write(undefined);
  return undefined;
}
