import type { AvroValue } from '../../../schemas/avro-schema.ts';
import type { Market } from '../market/markets.ts';
import type { Random } from '../prng.ts';
import type { TimelineSlot } from '../timeline.ts';

/** What a value may depend on. */
export interface ValueContext {
  readonly slot: TimelineSlot;
  readonly random: Random;
  /** Which update it is of, from 1. */
  readonly number: number;
  /** What the update is about. */
  readonly market: Market;
}

export type Draw = (context: ValueContext) => AvroValue;
