import type { AvroRecord } from '../../schemas/avro-schema.ts';
import { type Fault, spoil } from './faults.ts';
import type { Timeline } from './timeline.ts';
import type { UpdateGenerator } from './update-generator.ts';

/** One update of a feed. */
export interface FeedUpdate {
  /** Its place in the feed: 1, 2, 3, … without a gap. */
  readonly seq: number;
  /** `rejected` when the table cannot hold it, so that a producer has to refuse it. */
  readonly expect: 'row' | 'rejected';
  readonly record: AvroRecord;
}

/** All updates of one slot. */
export interface FeedSlot {
  readonly slot: bigint;
  readonly updates: readonly FeedUpdate[];
}

export interface ScriptOptions {
  readonly timeline: Timeline;
  readonly generator: UpdateGenerator;
  /** How many updates there are in all; Infinity for a feed without end. */
  readonly updates: number;
  /** How many of them the table cannot hold. */
  readonly faulty: number;
  /** What is wrong with those, in turn. */
  readonly faults: readonly Fault[];
}

/** In a feed without end the faulty updates stand this far apart. */
const ENDLESS_SPACING = 1_000;

/** Everything a feed will ever send, in order; made slot by slot and never held. */
export class FeedScript {
  readonly #options: ScriptOptions;
  #seq = 0;
  #faultsMade = 0;

  constructor(options: ScriptOptions) {
    this.#options = options;
  }

  /** How many updates the slots so far held. */
  get seq(): number {
    return this.#seq;
  }

  /** The next slot; undefined after the last update. */
  next(): FeedSlot | undefined {
    const { timeline, generator, updates } = this.#options;
    if (this.#seq >= updates) return undefined;
    const slot = timeline.next();
    const count = Math.min(slot.updates, updates - this.#seq);
    let faulty = 0;
    while (this.#placeOfFault(this.#faultsMade + faulty) <= this.#seq + count) faulty += 1;
    const records = generator.next(slot, count - faulty);
    const made: FeedUpdate[] = [];
    for (let at = 0; made.length < count; ) {
      this.#seq += 1;
      const seq = this.#seq;
      if (seq === this.#placeOfFault(this.#faultsMade)) {
        const stray = generator.stray(slot, this.#faultsMade);
        made.push({ seq, expect: 'rejected', record: spoil(stray, this.#nextFault()) });
      } else {
        made.push({ seq, expect: 'row', record: records[at] as AvroRecord });
        at += 1;
      }
    }
    return { slot: slot.slot, updates: made };
  }

  /** A script that goes on from here by itself. */
  clone(): FeedScript {
    const { timeline, generator } = this.#options;
    const copy = new FeedScript({ ...this.#options, timeline: timeline.clone(), generator: generator.clone() });
    copy.#seq = this.#seq;
    copy.#faultsMade = this.#faultsMade;
    return copy;
  }

  /** Where the n-th faulty update stands (n from 0): spread evenly, in the middle of its share. */
  #placeOfFault(n: number): number {
    const { faulty, updates } = this.#options;
    if (n >= faulty) return Number.POSITIVE_INFINITY;
    if (updates === Number.POSITIVE_INFINITY) return (n + 1) * ENDLESS_SPACING;
    return Math.floor(((n + 0.5) * updates) / faulty) + 1;
  }

  #nextFault(): Fault {
    const { faults } = this.#options;
    const fault = faults[this.#faultsMade % faults.length] as Fault;
    this.#faultsMade += 1;
    return fault;
  }
}

/** The slot in which a script's `count`-th update stands. */
export class SlotFinder {
  readonly #timeline: Timeline;
  #covered = 0;
  #slot: bigint;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    const first = timeline.next();
    this.#slot = first.slot;
    this.#covered = first.updates;
  }

  /** `count` must not be smaller than at the last call; 0 stands for the first slot. */
  slotOf(count: number): bigint {
    while (this.#covered < count) {
      const { slot, updates } = this.#timeline.next();
      this.#slot = slot;
      this.#covered += updates;
    }
    return this.#slot;
  }
}
