import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import type { Claim, ClaimLog } from './claim.ts';
import { atMostSince, createLiveClaims, type Moment, now } from './live-claims.ts';

/** A holder that is silent for so long has lost the lock. It does not act itself from half of that on. */
export const LOCK_TTL_MS = 30_000;
/** Renewals before half of the time has passed. */
const RENEWALS = 2;
const LOOK_EVERY_MS = 500;

export interface LockOptions {
  readonly log: ClaimLog;
  /** What it is the lock of, for messages: `positions-sink`. */
  readonly name: string;
  readonly owner: string;
  readonly ttlMs?: number | undefined;
  readonly clock?: (() => Moment) | undefined;
}

/** A lock that is held. */
export interface HeldLock {
  /** Reads the log again. Errors: UNSAFE when the lock is not ours any more, or was not renewed in time; those of the log. */
  require(): Promise<void>;
  /** Aborted once it is lost. */
  readonly lost: AbortSignal;
  /** Whether it can still be ours, without asking. */
  isHeld(): boolean;
  release(): Promise<void>;
}

export interface TakeOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears once who holds it. */
  readonly onWait?: ((holder: Claim) => void) | undefined;
}

/** One lock, as one process sees it. */
export type Lock = ReturnType<typeof createLock>;

/**
 * A lock in a log that everybody appends to and reads in one order: the oldest live claim holds it. A claim lives until it is
 * withdrawn, or until somebody else has seen no renewal of it for its time to live and ends it. Its holder acts during half of
 * that time only, so that both are never at work, as long as one write takes less than the other half.
 */
export function createLock({ log, name, owner, ttlMs = LOCK_TTL_MS, clock = now }: LockOptions) {
  const claims = createLiveClaims(clock);
  const refresh = async (signal?: AbortSignal): Promise<void> => claims.apply(await log.read(signal));

  /** Takes it, or returns who holds it. Errors: those of the log. */
  async function tryTake(purpose: string, signal?: AbortSignal): Promise<HeldLock | Claim> {
    await refresh(signal);
    for (const { id } of claims.expired())
      claims.apply([{ id, offset: await log.write(id, undefined), claim: undefined }]);
    const holder = claims.holder();
    if (holder !== undefined) return holder.claim;
    const id = randomUUID();
    const claim = { owner, purpose, at: new Date().toISOString(), ttlMs };
    const sentAt = clock();
    const ticket = await log.write(id, claim);
    await refresh();
    const first = claims.holder();
    if (first?.id === id) return hold(id, { ...claim, ticket: ticket.toString() }, sentAt);
    await log.write(id, undefined);
    if (first !== undefined) return first.claim;
    throw lostError(name);
  }

  function hold(id: string, claim: Claim, sentAt: Moment): HeldLock {
    const lost = new AbortController();
    let renewedAt = sentAt;
    let isReleased = false;
    let timer: NodeJS.Timeout | undefined;
    const isHeld = (): boolean => {
      if (!lost.signal.aborted && atMostSince(renewedAt, clock()) > ttlMs / 2) lost.abort(lostError(name));
      return !lost.signal.aborted && !isReleased;
    };
    const renew = async (): Promise<void> => {
      if (!isHeld()) return;
      const at = clock();
      // A write that fails is tried again: only time decides.
      await log.write(id, claim).then(
        () => {
          // An answer that comes late proves nothing of now.
          if (isHeld()) renewedAt = at;
        },
        () => {},
      );
    };
    const schedule = (): void => {
      timer = setTimeout(() => void renew().finally(() => isHeld() && schedule()), ttlMs / 2 / (RENEWALS + 1));
      timer.unref();
    };
    schedule();
    return {
      lost: lost.signal,
      isHeld,
      async require() {
        if (isHeld()) await refresh();
        if (isHeld() && claims.holder()?.id !== id) lost.abort(lostError(name));
        if (!isHeld()) throw lostError(name);
      },
      async release() {
        isReleased = true;
        clearTimeout(timer);
        await log.write(id, undefined);
      },
    };
  }

  return {
    tryTake,
    /** Takes it as soon as it is free. Errors: NOT_READY naming the holder when the time is up; those of the log. */
    async take(purpose: string, { timeoutMs, signal, onWait }: TakeOptions): Promise<HeldLock> {
      const deadline = Date.now() + timeoutMs;
      for (let isTold = false; ; isTold = true) {
        const taken = await tryTake(purpose, signal);
        if ('require' in taken) return taken;
        if (!isTold) onWait?.(taken);
        if (Date.now() >= deadline) throw heldError(name, taken);
        await sleep(LOOK_EVERY_MS, undefined, { signal });
      }
    },
    /** Who holds it now. Errors: those of the log. */
    async holder(): Promise<Claim | undefined> {
      await refresh();
      const expired = new Set(claims.expired().map(({ id }) => id));
      const holder = claims.holder();
      return holder === undefined || expired.has(holder.id) ? undefined : holder.claim;
    },
  };
}

/** `connect deploy of alice@host, process 4711, since 2026-11-28T18:00:00.000Z`. */
export const claimText = ({ purpose, owner, at }: Claim): string => `${purpose} of ${owner}, since ${at}`;

function heldError(name: string, holder: Claim): ConnectError {
  return new ConnectError('NOT_READY', `${name} is in the hands of ${claimText(holder)}; nothing was done`, {
    details: { name, holder: { owner: holder.owner, purpose: holder.purpose, at: holder.at } },
    hint: 'wait until it has ended; one that was killed is forgotten by itself after half a minute',
  });
}

const lostError = (name: string): ConnectError =>
  new ConnectError(
    'UNSAFE',
    `this process has lost the lock of ${name}: it was silent for too long, so it does no more`,
    {
      details: { name },
      hint: 'run `connect status`: somebody else may act on it; then run the command again',
    },
  );
