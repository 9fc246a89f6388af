import { whenStopped } from '../connectors/rest/start-offsets.ts';
import { withAdmin } from '../core/kafka.ts';
import { waitFor } from '../core/retry.ts';
import { sinkGroup, streamTopics } from '../pipeline/names.ts';
import { CLIENT_ID, type Position, readPositions } from './offset-positions.ts';
import { findStatus, patiently, type SinkAction, sinkMembers } from './settle-sink.ts';
import { bringTo } from './sink-state.ts';
import { requireOffsetApi } from './while-stopped.ts';

export interface DeletedSink {
  readonly connector: string;
  /** `unchanged`: it was not deployed. */
  readonly outcome: 'deleted' | 'unchanged';
  /** `kept`: a later deploy under the same name resumes at them. */
  readonly offsets: 'kept' | 'deleted' | 'none';
  /** Partitions with a committed offset that is kept. */
  readonly committed: readonly Pick<Position, 'partition' | 'committed'>[];
  readonly table: string;
  /** Topics of the stream that are there, and stay. */
  readonly topics: readonly string[];
}

/**
 * Deletes a sink and waits until it and its consumers are gone. Table and topics stay; offsets as well unless they are to go.
 * Errors: REFUSED, TIMEOUT, what the target throws.
 */
export async function deleteSink(
  action: SinkAction,
  { withOffsets }: { readonly withOffsets: boolean },
): Promise<DeletedSink> {
  const { target, stream, kafka, timeoutMs, signal } = action;
  const name = stream.sink.name;
  const status = await findStatus(action);
  if (status !== undefined) {
    if (withOffsets && target.managed !== true) {
      await requireOffsetApi(action);
      await bringTo(action, 'STOPPED', status);
      await whenStopped(() => target.resetOffsets(name));
    }
    // The answer to a first try may have been lost: what is gone by then was deleted.
    await patiently(action, async () => {
      if ((await target.config(name)) !== undefined) await target.remove(name);
    });
    await waitFor(
      async () => {
        const isGone = (await target.config(name)) === undefined && (await target.status(name)) === undefined;
        return isGone && ((await sinkMembers(action))?.size ?? 0) === 0 ? true : undefined;
      },
      { what: `${name} to be gone`, timeoutMs, ...(signal === undefined ? {} : { signal }) },
    );
  }
  const topics = await withAdmin(kafka, CLIENT_ID, async (admin) => {
    const present = await admin.listTopics();
    return Object.values(streamTopics(stream)).filter((topic) => present.includes(topic));
  });
  const readCommitted = async (): Promise<Position[]> =>
    topics.includes(stream.topic.name)
      ? (await readPositions(action)).filter(({ committed }) => committed !== undefined)
      : [];
  let left = await readCommitted();
  // A sink deleted before has left its offsets in a group that nobody owns.
  if (withOffsets && (status === undefined || target.managed === true) && left.length > 0) {
    await withAdmin(kafka, CLIENT_ID, (admin) => admin.deleteGroups([sinkGroup(stream)]));
    left = await readCommitted();
    return { ...result(status === undefined ? 'unchanged' : 'deleted'), offsets: 'deleted' };
  }
  if (withOffsets && status !== undefined) return { ...result('deleted'), offsets: 'deleted' };
  return { ...result(status === undefined ? 'unchanged' : 'deleted'), offsets: left.length > 0 ? 'kept' : 'none' };

  function result(outcome: DeletedSink['outcome']): Omit<DeletedSink, 'offsets'> {
    const committed = left.map((position) => ({ partition: position.partition, committed: position.committed }));
    return { connector: name, outcome, committed, table: stream.table.name, topics };
  }
}
