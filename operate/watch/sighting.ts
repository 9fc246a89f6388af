import type { ObservedSink } from '../../connectors/sink-config.ts';
import type { SinkPosition } from '../../connectors/sink-group.ts';
import type { FailedPart } from '../../connectors/wait/failure.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { SourceCounts } from '../dead-letters/open-records.ts';
import type { ReadHistory } from '../freshness/read-points.ts';
import type { Gap } from '../gaps.ts';
import type { PartitionHealth } from '../partitions/plan-partitions.ts';
import type { SharedPart } from './view.ts';

/** Whether a part answers and can serve, and why not. */
export interface PartSighting {
  readonly ok: boolean;
  readonly why?: string | undefined;
  readonly hint?: string | undefined;
}

/** What one look saw. */
export interface Sighting {
  /** ms since 1970. */
  readonly at: number;
  readonly parts: Readonly<Record<SharedPart, PartSighting>>;
  readonly streams: readonly StreamSighting[];
}

/** What one look saw of a stream; what could not be asked for is undefined. */
export interface StreamSighting {
  readonly stream: StreamDefinition;
  /** `missing`: it is not deployed. */
  readonly sink: ObservedSink | 'missing' | undefined;
  readonly failures: readonly FailedPart[];
  /** The stream's topics that are not there. */
  readonly missingTopics: readonly string[] | undefined;
  readonly positions: readonly SinkPosition[] | undefined;
  /** Deleted before the sink read them, and accepted by nobody. */
  readonly gaps: readonly Gap[] | undefined;
  /** Share of the topic's retention that the oldest unread record has used up; 0 while nothing waits. */
  readonly retentionUsed: number | undefined;
  /** Refused updates and dead-letter records that are open. */
  readonly open: SourceCounts | undefined;
  /** `slot` is undefined for a feed without slots. */
  readonly producer: { readonly slot: bigint | undefined; readonly ageSeconds: number } | undefined;
  /** How far the stream was read, as its checkpoint topic has it. */
  readonly history: ReadHistory | undefined;
  /** Of a partitioned table. */
  readonly partitions: PartitionHealth | undefined;
  /** Why watch could not keep its partitions. */
  readonly partitionFailure?: string | undefined;
  /** Slot of the newest row; undefined also for tables that do not tell. */
  readonly newestSlot: bigint | undefined;
}
