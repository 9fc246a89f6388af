import type { SinkPosition } from '../connectors/sink-group.ts';
import { withAdmin } from '../core/kafka.ts';
import { waitFor } from '../core/retry.ts';
import { streamTopics } from '../pipeline/names.ts';
import { requireNoGap } from './require-no-gap.ts';
import { findSink, type SinkAction } from './sink-action.ts';
import { bringTo } from './sink-state.ts';

export interface DeletedSink {
  readonly connector: string;
  /** `unchanged`: it was not deployed. */
  readonly outcome: 'deleted' | 'unchanged';
  /** `kept`: a later deploy under the same name resumes at them. */
  readonly offsets: 'kept' | 'deleted' | 'none';
  /** Partitions with a committed offset that is kept. */
  readonly committed: readonly Pick<SinkPosition, 'partition' | 'committed'>[];
  readonly table: string;
  /** Topics of the stream that are there, and stay. */
  readonly topics: readonly string[];
}

/**
 * Deletes a sink and waits until it and its consumers are gone. Table and topics stay; offsets as well unless `withOffsets`.
 * Errors: UNSAFE for a gap, which shows by the offsets alone, REFUSED, TIMEOUT, what the host throws.
 */
export async function deleteSink(
  action: SinkAction,
  { withOffsets }: { readonly withOffsets: boolean },
): Promise<DeletedSink> {
  const { host, groups, stream, kafka } = action;
  const { name } = stream.sink;
  const sink = await findSink(action);
  if (withOffsets) await requireNoGap(action);
  if (sink !== undefined) {
    // Where a stop is a deletion, the offsets are forgotten after it, as those of a sink that was deleted before.
    if (withOffsets && host.stopEffect === undefined) {
      await host.offsets.require(name);
      await bringTo(action, 'STOPPED', sink);
      await host.offsets.forget(name, action);
    }
    await host.remove(name, action);
    await waitUntilGone(action);
  }
  const left = (await groups.positions(stream)).filter(({ committed }) => committed !== undefined);
  // What a sink that was deleted has left stands in a group that nobody owns.
  if (withOffsets && left.length > 0) {
    await groups.setOffsets(stream, new Map(left.map(({ partition }) => [partition, undefined])));
  }
  const present = await withAdmin(kafka, 'perps-connect-delete', (admin) => admin.listTopics());
  const wereOffsets = left.length > 0 || (withOffsets && sink !== undefined);
  return {
    connector: name,
    outcome: sink === undefined ? 'unchanged' : 'deleted',
    offsets: !wereOffsets ? 'none' : withOffsets ? 'deleted' : 'kept',
    committed: withOffsets ? [] : left.map(({ partition, committed }) => ({ partition, committed })),
    table: stream.table.name,
    topics: Object.values(streamTopics(stream)).filter((topic) => present.has(topic)),
  };
}

const waitUntilGone = ({ host, groups, stream, timeoutMs, signal }: SinkAction): Promise<true> =>
  waitFor(
    async () => {
      const { name } = stream.sink;
      return (await host.observe(name)) === undefined && ((await groups.members(name))?.size ?? 0) === 0;
    },
    { what: `${stream.sink.name} to be gone`, timeoutMs, signal },
  );
