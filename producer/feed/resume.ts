/** Slots that a feed can replay, both included. */
export interface ReplayWindow {
  readonly earliest: bigint;
  readonly latest: bigint;
}

/** Slots that were not read, both included. */
export interface Gap {
  readonly from: bigint;
  readonly to: bigint;
}

export interface ResumeInput {
  /** Slot of the last checkpoint; undefined on a stream's first start. */
  readonly checkpoint: bigint | undefined;
  /** The operator's explicit starting slot; beats the checkpoint. */
  readonly fromSlot: bigint | undefined;
  readonly overlapSlots: bigint;
  readonly window: ReplayWindow;
  /** The operator allows slots that are no longer replayable to be left out. */
  readonly acceptGap: boolean;
}

/**
 * Where to start reading, or why not to. `from`: subscribe at `slot`; `gap` names slots that are left out by the operator's
 * choice; `behind` says that the feed ends long before the resume point. `outside`: slots are needed that the feed no
 * longer has.
 */
type ResumeDecision =
  | { readonly kind: 'from'; readonly slot: bigint; readonly gap: Gap | undefined; readonly behind: boolean }
  | { readonly kind: 'outside'; readonly gap: Gap };

/** How far a feed may lag behind the resume point and still count as the same feed: ten minutes of 400 ms slots. */
const TOLERATED_LAG_SLOTS = 1_500n;

/**
 * Decides where to subscribe. The resume point's own slot must be replayable, because it may have been read in part;
 * the overlap before it is a precaution and is shortened to what the feed still has.
 */
export function decideResume(input: ResumeInput): ResumeDecision {
  const { checkpoint, fromSlot, window, acceptGap } = input;
  const needed = fromSlot ?? checkpoint;
  if (needed === undefined) return { kind: 'from', slot: window.earliest, gap: undefined, behind: false };
  if (needed < window.earliest) {
    const gap = { from: needed, to: window.earliest - 1n };
    return acceptGap ? { kind: 'from', slot: window.earliest, gap, behind: false } : { kind: 'outside', gap };
  }
  // The feed was reset, is catching up, or is another feed. All it has is read, so that nothing is left out.
  if (needed > window.latest + TOLERATED_LAG_SLOTS && fromSlot === undefined) {
    return { kind: 'from', slot: window.earliest, gap: undefined, behind: true };
  }
  const overlapped = fromSlot ?? max(needed - input.overlapSlots, window.earliest);
  // A feed a little behind us (another replica) is read from its newest slot, so that nothing it sends from now on is left out.
  const slot = max(min(overlapped, window.latest), window.earliest);
  return { kind: 'from', slot, gap: skippedByChoice(checkpoint, fromSlot), behind: false };
}

/** An explicit start beyond the checkpoint leaves out what lies between. */
function skippedByChoice(checkpoint: bigint | undefined, fromSlot: bigint | undefined): Gap | undefined {
  if (checkpoint === undefined || fromSlot === undefined || fromSlot <= checkpoint) return undefined;
  return { from: checkpoint, to: fromSlot - 1n };
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
