import { setTimeout as sleep, setImmediate as yieldToOthers } from 'node:timers/promises';
import type { ReplayWindow } from '../feed/resume.ts';
import type { FeedScript, FeedSlot, FeedUpdate, SlotFinder } from './feed-script.ts';
import type { OracleWriter } from './oracle.ts';

interface WorldOptions {
  /** The script at its beginning. */
  readonly script: FeedScript;
  /** Updates a second; undefined: as fast as subscribers read. */
  readonly ratePerSecond?: number | undefined;
  /** How many slots behind the newest one can be replayed; undefined: all of them. */
  readonly replayWindowSlots?: bigint | undefined;
  readonly oracle?: OracleWriter | undefined;
}

interface Snapshot {
  /** The last slot the script has given; undefined at the beginning. */
  readonly after: bigint | undefined;
  readonly script: FeedScript;
}

/** Snapshots shorten the way to a replayed slot. When there are this many, every other one goes. */
const MOST_SNAPSHOTS = 16;
const FIRST_SNAPSHOT_INTERVAL = 10_000;
/** Skipped slots after which other work gets its turn. */
const TURN_SLOTS = 64;

/**
 * One world that every subscriber sees: the same updates in the same slots, whoever reads and however often.
 *
 * With a rate the world begins to move with its first subscriber and moves on by the clock, read or not. Without one it
 * has happened already, like a recording: each subscriber is served as fast as it reads, and the newest slot that
 * counts for the replay window is the furthest one that anybody has been sent.
 */
export class World {
  readonly #options: WorldOptions;
  readonly #snapshots: Snapshot[];
  readonly #clock: SlotFinder;
  readonly #firstSlot: bigint;
  #snapshotInterval = FIRST_SNAPSHOT_INTERVAL;
  #lastSlot: bigint | undefined;
  #startedMs: number | undefined;
  #sent = 0;
  /** The slot of update number `#sent`. */
  #sentSlot: bigint | undefined;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#snapshots = [{ after: undefined, script: options.script.clone() }];
    this.#clock = options.script.slotFinder();
    this.#firstSlot = this.#clock.slotOf(0);
  }

  /** How many of the world's updates have been sent; replays do not count again. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether the last update has been sent. */
  get isOver(): boolean {
    return this.#sent >= this.#options.script.updates;
  }

  range(): ReplayWindow {
    const newest = this.#newest();
    const latest = this.#latest(newest);
    const sinceFirst = newest - this.#firstSlot;
    const kept = this.#options.replayWindowSlots ?? sinceFirst;
    return { earliest: kept < sinceFirst ? newest - kept : this.#firstSlot, latest };
  }

  /** Whether everything from `slot` on can still be sent: no slot that ever was is older than the window. */
  canReplay(slot: bigint): boolean {
    const { earliest } = this.range();
    return slot >= earliest || earliest === this.#firstSlot;
  }

  /**
   * The slots from `fromSlot` on, or, without one, from the first slot that is new to everybody.
   * The caller waits `untilDue` and calls `pass` for each update.
   */
  async *slots(fromSlot: bigint | undefined, signal: AbortSignal): AsyncGenerator<FeedSlot> {
    this.#startedMs ??= performance.now();
    const from = fromSlot ?? this.#tip();
    const script = this.#nearest(from).clone();
    let last: bigint | undefined;
    for (let skipped = 0; ; ) {
      this.#remember(script, last);
      const slot = script.next();
      if (slot === undefined) return;
      last = slot.slot;
      if (slot.slot >= from) {
        yield slot;
        continue;
      }
      await this.#skip(slot, signal);
      skipped += 1;
      if (skipped % TURN_SLOTS === 0) await yieldToOthers();
      if (signal.aborted) return;
    }
  }

  /** Milliseconds until update `seq` exists; 0 or less when it does. */
  untilDue(seq: number): number {
    const { ratePerSecond } = this.#options;
    if (ratePerSecond === undefined) return 0;
    return (seq / ratePerSecond) * 1000 - (performance.now() - (this.#startedMs ?? 0));
  }

  /**
   * The world has reached this update: counts it and writes it down, the first time. False when the caller should wait
   * for `oracleDrained` before it goes on.
   */
  pass(update: FeedUpdate, slot: bigint): boolean {
    // Every subscriber walks through all updates from a snapshot on, so the first to get here comes without a gap.
    if (update.seq !== this.#sent + 1) return true;
    this.#sent = update.seq;
    this.#sentSlot = slot;
    return this.#options.oracle?.append(update) ?? true;
  }

  /** Resolves when the oracle has caught up. */
  async oracleDrained(): Promise<void> {
    await this.#options.oracle?.drained();
  }

  async #skip({ slot, updates }: FeedSlot, signal: AbortSignal): Promise<void> {
    const last = updates.at(-1);
    if (last === undefined || last.seq <= this.#sent) return;
    const waitMs = this.untilDue(last.seq);
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    let free = true;
    for (const update of updates) free = this.pass(update, slot) && free;
    if (!free) await this.oracleDrained();
  }

  /** The newest slot there is (by the clock), or the furthest one sent (as a recording). */
  #newest(): bigint {
    const { ratePerSecond, script } = this.#options;
    if (ratePerSecond === undefined) return this.#sentSlot ?? this.#firstSlot;
    if (this.#startedMs === undefined) return this.#firstSlot;
    const elapsedMs = performance.now() - this.#startedMs;
    return this.#clock.slotOf(Math.min(script.updates, Math.floor((elapsedMs / 1000) * ratePerSecond)));
  }

  /** A recording with an end has its last slot from the beginning. */
  #latest(newest: bigint): bigint {
    const { ratePerSecond, script } = this.#options;
    if (ratePerSecond !== undefined || script.updates === Number.POSITIVE_INFINITY) return newest;
    this.#lastSlot ??= script.slotFinder().slotOf(script.updates);
    return this.#lastSlot;
  }

  #tip(): bigint {
    if (this.#options.ratePerSecond === undefined) {
      return this.#sentSlot === undefined ? this.#firstSlot : this.#sentSlot + 1n;
    }
    const newest = this.#newest();
    return newest === this.#firstSlot ? newest : newest + 1n;
  }

  #nearest(slot: bigint): FeedScript {
    const before = this.#snapshots.findLast(({ after }) => after === undefined || after < slot);
    return (before ?? (this.#snapshots[0] as Snapshot)).script;
  }

  #remember(script: FeedScript, after: bigint | undefined): void {
    const newest = this.#snapshots.at(-1)?.script.seq ?? 0;
    if (script.seq < newest + this.#snapshotInterval) return;
    if (this.#snapshots.length === MOST_SNAPSHOTS) {
      this.#snapshotInterval *= 2;
      const kept = this.#snapshots.filter((_, at) => at % 2 === 0);
      this.#snapshots.splice(0, MOST_SNAPSHOTS, ...kept);
    }
    this.#snapshots.push({ after, script: script.clone() });
  }
}
