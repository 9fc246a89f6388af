import { untilAborted } from '../core/abort.ts';
import { healthTexts } from '../operate/partitions/read-health.ts';
import { type FailureLine, isTroubled, readStatus, type StreamStatus } from '../operate/status.ts';
import type { Session } from './session.ts';

export { type FailureLine, healthTexts as partitionTexts, isTroubled };

/** What each stream looked like at one moment. */
export interface EnvironmentStatus {
  readonly environment: string;
  /** `rest` or `msk`. */
  readonly target: string;
  readonly streams: readonly StreamStatus[];
}

/** Looks at the selected streams, each time that the returned function is called. What does not answer is named in the answer. Errors: REFUSED
 * and UNREACHABLE when the sinks' host does not answer; INTERRUPTED. */
export async function openStatus(session: Session): Promise<() => Promise<EnvironmentStatus>> {
  const { environment, streams, kafka, asReader: database, signal } = session;
  const host = await session.host();
  return async () => {
    const look = () => Promise.all(streams.map((stream) => readStatus({ stream, host, kafka, database })));
    const seen = await untilAborted(signal, look);
    return { environment: environment.name, target: environment.connect.target, streams: seen };
  };
}
