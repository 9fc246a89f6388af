import { describe, expect, it } from 'vitest';
import { decideResume, type ResumeInput } from '../../../../producer/feed/resume.ts';

/** Ten minutes of slots. */
const TOLERATED_LAG_SLOTS = 1_500n;
const input: ResumeInput = {
  checkpoint: 1_000n,
  fromSlot: undefined,
  overlapSlots: 32n,
  window: { earliest: 500n, latest: 2_000n },
  acceptGap: false,
};
const decide = (changes: Partial<ResumeInput>) => decideResume({ ...input, ...changes });
const from = (slot: bigint, gap: { from: bigint; to: bigint } | undefined = undefined) => ({
  kind: 'from',
  slot,
  gap,
  behind: false,
});

describe('where a stream is resumed', () => {
  it('is a little before the checkpoint', () => {
    expect(decide({})).toEqual(from(968n));
  });

  it('is the first replayable slot when there is no checkpoint', () => {
    expect(decide({ checkpoint: undefined })).toEqual(from(500n));
  });

  it('has a shorter overlap when the feed no longer has all of it', () => {
    expect(decide({ checkpoint: 510n })).toEqual(from(500n));
    expect(decide({ checkpoint: 500n })).toEqual(from(500n));
  });

  it('is nowhere when the checkpoint itself is no longer replayable, and says what is missing', () => {
    expect(decide({ checkpoint: 499n })).toEqual({ kind: 'outside', gap: { from: 499n, to: 499n } });
    expect(decide({ checkpoint: 100n })).toEqual({ kind: 'outside', gap: { from: 100n, to: 499n } });
  });

  it('is the first replayable slot, with the gap named, when the operator accepts it', () => {
    expect(decide({ checkpoint: 100n, acceptGap: true })).toEqual(from(500n, { from: 100n, to: 499n }));
  });

  it('has no gap when there is none to accept', () => {
    expect(decide({ acceptGap: true })).toEqual(from(968n));
  });

  it("is the operator's slot, without overlap", () => {
    expect(decide({ fromSlot: 700n })).toEqual(from(700n));
    expect(decide({ fromSlot: 700n, checkpoint: undefined })).toEqual(from(700n));
  });

  it("names what an operator's slot beyond the checkpoint leaves out", () => {
    expect(decide({ fromSlot: 1_200n })).toEqual(from(1_200n, { from: 1_000n, to: 1_199n }));
  });

  it("is nowhere when the operator's slot is no longer replayable", () => {
    expect(decide({ fromSlot: 10n })).toEqual({ kind: 'outside', gap: { from: 10n, to: 499n } });
  });

  it("is the feed's tip when the feed lags a little behind the checkpoint", () => {
    expect(decide({ checkpoint: 2_100n })).toEqual(from(2_000n));
    expect(decide({ checkpoint: 2_000n + TOLERATED_LAG_SLOTS })).toEqual(from(2_000n));
  });

  it('is the first slot of a feed that ends long before the checkpoint: all of it may be new', () => {
    expect(decide({ checkpoint: 2_001n + TOLERATED_LAG_SLOTS })).toEqual({ ...from(500n), behind: true });
  });
});
