import { Random } from './prng.ts';

/** How long a slot lasts. */
const SLOT_MS = 400;
/** About one slot in twenty is skipped by its leader: its number never appears. */
const SKIPPED_ONE_IN = 20;
const TIMELINE = 0x7161;

/** One slot that has a block. */
export interface TimelineSlot {
  readonly slot: bigint;
  /** When the block was made, UTC, in whole seconds as Solana reports it. */
  readonly blockTime: Date;
  /** How many updates the slot holds; at least one. */
  readonly updates: number;
}

interface TimelineOptions {
  readonly seed: number;
  /** The first slot that may appear. */
  readonly firstSlot: bigint;
  /** When `firstSlot` was, in milliseconds since the Unix epoch. */
  readonly startMs: number;
  /** Updates a slot holds on average. */
  readonly updatesPerSlot: number;
}

/**
 * Which slots a feed has, when they were and how many updates each holds. It needs nothing but the seed, so the slot of
 * the ten-millionth update is known in milliseconds without making the updates before it.
 */
export class Timeline {
  readonly #options: TimelineOptions;
  readonly #random: Random;
  /** Slots since `firstSlot`. */
  #elapsed = -1;

  constructor(options: TimelineOptions, from?: Timeline) {
    this.#options = options;
    this.#random = from === undefined ? Random.of(options.seed, TIMELINE) : from.#random.clone();
    if (from !== undefined) this.#elapsed = from.#elapsed;
  }

  next(): TimelineSlot {
    const { firstSlot, startMs, updatesPerSlot } = this.#options;
    this.#elapsed += this.#random.oneIn(SKIPPED_ONE_IN) ? 2 : 1;
    const timeMs = startMs + this.#elapsed * SLOT_MS;
    return {
      slot: firstSlot + BigInt(this.#elapsed),
      blockTime: new Date(Math.floor(timeMs / 1000) * 1000),
      updates: 1 + this.#random.below(2 * updatesPerSlot - 1),
    };
  }

  /** A timeline that goes on from here by itself. */
  clone(): Timeline {
    return new Timeline(this.#options, this);
  }
}
