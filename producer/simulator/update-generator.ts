import type { AvroRecord } from '../../schemas/avro-schema.ts';
import type { TimelineSlot } from './timeline.ts';

/**
 * Where a simulated feed's updates come from. The same options and the same calls give the same updates, so that a replay
 * can make them again.
 */
export interface UpdateGenerator {
  /** Exactly `count` updates of this slot, in the feed's order, as the topic's schema holds them. Slots ascend. */
  next(slot: TimelineSlot, count: number): readonly AvroRecord[];
  /**
   * A valid update of this slot whose identity no other update has. It changes nothing of what `next` will give.
   * Different ordinals give different identities.
   */
  stray(slot: TimelineSlot, ordinal: number): AvroRecord;
  /** A generator that goes on from here by itself. */
  clone(): UpdateGenerator;
}
