import type { StreamDefinition } from '../../pipeline/types.ts';
import type { Freshness } from '../freshness/judge-freshness.ts';
import type { Progress } from './progress.ts';
import type { StreamSighting } from './sighting.ts';
import type { StreamView } from './view.ts';

/** What is shown of a stream; `seen` and `progress` are of the last look. */
export interface ShownStream extends Pick<StreamView, 'role' | 'restarts' | 'quarantined'> {
  readonly stream: StreamDefinition;
  readonly seen: StreamSighting | undefined;
  readonly progress: Progress | undefined;
  readonly freshness: Freshness | undefined;
}

/** A stream as metrics and people see it. */
export function streamView({
  stream,
  role,
  seen,
  progress,
  freshness,
  restarts,
  quarantined,
}: ShownStream): StreamView {
  const { sink, gaps = [], retentionUsed, open, producer } = seen ?? {};
  const deployed = sink === 'missing' ? undefined : sink;
  return {
    stream: stream.name,
    connector: stream.sink.name,
    role,
    state: sink === 'missing' ? 'MISSING' : sink?.state,
    taskStates: deployed?.tasks.map(({ state }) => state) ?? [],
    expectedTasks: deployed?.expectedTasks,
    lag: progress?.lag,
    committedRecords: progress?.committedRecords ?? 0n,
    commitAgeSeconds: progress?.commitAgeSeconds,
    retentionUsed: gaps.length > 0 ? 1 : retentionUsed,
    openRejected: open?.rejected,
    openDeadLetters: open?.deadLetters,
    producerAgeSeconds: producer?.ageSeconds,
    behindSlots: slotsBehind(seen),
    behindSeconds: progress && Math.max(progress.oldestSeconds, producer?.ageSeconds ?? 0),
    completeToSlot: freshness?.completeToSlot,
    completeAt: freshness?.completeAt,
    missingRanges: freshness?.missing.length,
    hasStrayRows: seen?.partitions?.hasStrayRows,
    lackingPartitions: seen?.partitions?.lacking.length,
    restarts,
    quarantined,
  };
}

/** Slots between what the producer has published and the newest row. */
function slotsBehind({ producer, newestSlot }: Partial<StreamSighting> = {}): bigint | undefined {
  if (producer?.slot === undefined || newestSlot === undefined) return undefined;
  const behind = producer.slot - newestSlot;
  return behind > 0n ? behind : 0n;
}
