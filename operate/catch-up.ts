import type { SinkHost } from '../connectors/host.ts';
import { type OffsetReader, positionsIn } from '../connectors/sink-group.ts';
import { requireNotFailed } from '../connectors/wait/wait-until-running.ts';
import { withAdmin } from '../core/kafka.ts';
import { type WaitOptions, waitFor } from '../core/retry.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { StreamSource } from './read-records.ts';

export interface CatchUpSource extends StreamSource {
  readonly host: Pick<SinkHost, 'observe'>;
}

export type CatchUpOptions = Omit<WaitOptions, 'what'>;

/**
 * Waits until the sink has committed everything that was in the topic when it was asked: only then are its rows sure to be in
 * the table. Records that arrive meanwhile are not waited for. Returns where each partition ended.
 * Errors: REFUSED with the cause when a task has failed, TIMEOUT, UNREACHABLE.
 */
export const waitUntilCaughtUp = (
  { kafka, host, stream }: CatchUpSource,
  options: CatchUpOptions,
): Promise<ReadonlyMap<number, bigint>> =>
  withAdmin(kafka, 'perps-connect-catch-up', (admin) => waitUntilCommitted({ admin, host, stream }, options));

/** As `waitUntilCaughtUp`, on a connection to Kafka. */
export async function waitUntilCommitted(
  { admin, host, stream }: Pick<CatchUpSource, 'host'> & { admin: OffsetReader; stream: StreamDefinition },
  { everyMs = 500, ...options }: CatchUpOptions,
): Promise<ReadonlyMap<number, bigint>> {
  const ends = new Map((await admin.ranges(stream.topic.name))?.map(({ partition, high }) => [partition, high]));
  await waitFor(
    async () => {
      await requireNotFailed(host, stream);
      const positions = (await positionsIn(admin, stream)) ?? [];
      return positions.every(({ partition, low, end, committed }) => {
        const wanted = ends.get(partition) ?? low;
        // An offset beyond the end is one of an earlier topic of this name.
        return wanted <= low || (committed !== undefined && committed >= wanted && committed <= end);
      });
    },
    { what: `${stream.sink.name} to catch up`, everyMs, ...options },
  );
  return ends;
}
