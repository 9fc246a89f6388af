import type { AvroRecord } from '../../schemas/avro-schema.ts';
import type { FaultPlan } from './fault-plan.ts';
import { type Fault, spoil } from './faults.ts';
import type { Timeline, TimelineSlot } from './timeline.ts';
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

interface ScriptOptions {
  readonly timeline: Timeline;
  readonly generator: UpdateGenerator;
  /** How many updates there are in all, faulty ones included; Infinity for a feed without end. */
  readonly updates: number;
  /** Which of them the table cannot hold. */
  readonly plan: FaultPlan;
  /** What is wrong with those, in turn; not empty when the plan has faulty updates. */
  readonly faults: readonly Fault[];
}

/**
 * Everything a feed will ever send, in order. It is made slot by slot and never kept. Faulty updates come on top of a slot's
 * good ones, so the good ones are the same whatever the plan and however long the feed.
 */
export class FeedScript {
  readonly #options: ScriptOptions;
  /** How many good updates there are in all. */
  readonly #good: number;
  #seq = 0;
  #faultsMade = 0;

  constructor(options: ScriptOptions) {
    const { updates, plan } = options;
    this.#options = options;
    this.#good = updates === Number.POSITIVE_INFINITY ? updates : updates - plan.among(updates);
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
    const goodLeft = this.#good - (this.#seq - this.#faultsMade);
    const records = generator.next(slot, Math.min(slot.updates, goodLeft));
    const made: FeedUpdate[] = [];
    this.#addFaults(slot, made);
    for (const record of records) {
      this.#seq += 1;
      made.push({ seq: this.#seq, expect: 'row', record });
      this.#addFaults(slot, made);
    }
    return { slot: slot.slot, updates: made };
  }

  /** How many updates there are in all. */
  get updates(): number {
    return this.#options.updates;
  }

  /** A finder of the slots from here on. */
  slotFinder(): SlotFinder {
    return new SlotFinder(this.#options.timeline.clone(), this.#options.plan);
  }

  /** A script that goes on from here by itself. */
  clone(): FeedScript {
    const { timeline, generator } = this.#options;
    const copy = new FeedScript({ ...this.#options, timeline: timeline.clone(), generator: generator.clone() });
    copy.#seq = this.#seq;
    copy.#faultsMade = this.#faultsMade;
    return copy;
  }

  /** The faulty updates whose place is next. */
  #addFaults(slot: TimelineSlot, made: FeedUpdate[]): void {
    const { generator, plan, faults, updates } = this.#options;
    while (this.#seq < updates && plan.placeOf(this.#faultsMade) === this.#seq + 1) {
      const stray = generator.stray(slot, this.#faultsMade);
      const fault = faults[this.#faultsMade % faults.length] as Fault;
      this.#faultsMade += 1;
      this.#seq += 1;
      made.push({ seq: this.#seq, expect: 'rejected', record: spoil(stray, fault) });
    }
  }
}

/** In which slot a script's updates stand, found without making them. */
export class SlotFinder {
  readonly #timeline: Timeline;
  readonly #plan: FaultPlan;
  #covered: number;
  #slot: bigint;

  constructor(timeline: Timeline, plan: FaultPlan) {
    this.#timeline = timeline;
    this.#plan = plan;
    const first = timeline.next();
    this.#slot = first.slot;
    this.#covered = first.updates;
  }

  /** The slot of the `count`-th update; `count` must not be smaller than at the last call. 0 stands for the first slot. */
  slotOf(count: number): bigint {
    const good = count - this.#plan.among(count);
    while (this.#covered < good) {
      const { slot, updates } = this.#timeline.next();
      this.#slot = slot;
      this.#covered += updates;
    }
    return this.#slot;
  }
}
