import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Claim, ClaimLog } from '../../../../operate/lock/claim.ts';
import type { Moment } from '../../../../operate/lock/live-claims.ts';
import { createLock, type HeldLock } from '../../../../operate/lock/lock.ts';
import { eventually } from '../../../support/eventually.ts';
import { inMemoryClaims } from '../../../support/in-memory-claims.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const TTL_MS = 30_000;

/** A clock that a test turns on. */
function turnedClock() {
  let wall = 1_000_000;
  let steady = 0;
  return {
    read: (): Moment => ({ wall, steady }),
    turn(ms: number, steadyMs = ms): void {
      wall += ms;
      steady += steadyMs;
    },
  };
}

const lockOf = (log: ClaimLog, owner: string, clock?: () => Moment, ttlMs = TTL_MS) =>
  createLock({ log, name: 'positions-sink', owner, ttlMs, clock });

const isHeld = (taken: HeldLock | Claim): taken is HeldLock => 'require' in taken;

async function held(taking: Promise<HeldLock | Claim>): Promise<HeldLock> {
  const taken = await taking;
  if (!isHeld(taken)) throw new Error(`held by ${taken.owner}`);
  return taken;
}

describe('one lock', () => {
  test('is taken by one, and the others are told by whom and what for', async () => {
    const claims = inMemoryClaims();
    await held(lockOf(claims.reader(), 'alice').tryTake('connect deploy'));
    expect(await lockOf(claims.reader(), 'bob').tryTake('connect pause')).toMatchObject({
      owner: 'alice',
      purpose: 'connect deploy',
    });
    const waiting = lockOf(claims.reader(), 'bob').take('connect pause', { timeoutMs: 0 });
    await expect(waiting).rejects.toMatchObject({
      code: 'NOT_READY',
      message: expect.stringContaining('positions-sink is in the hands of connect deploy of alice'),
    });
  });

  test('is free once it is released, and whoever waits for it has it then', async () => {
    const claims = inMemoryClaims();
    const first = await held(lockOf(claims.reader(), 'alice').tryTake('connect deploy'));
    const heard: string[] = [];
    const second = lockOf(claims.reader(), 'bob').take('connect pause', {
      timeoutMs: 10_000,
      onWait: ({ owner }) => heard.push(owner),
    });
    await eventually(() => expect(heard).toEqual(['alice']), { timeoutMs: 5_000 });
    await first.release();
    await (await second).require();
  });

  test('of a process that was killed is forgotten after its time to live, by the clock of whoever waits', async () => {
    const claims = inMemoryClaims();
    await held(lockOf(claims.reader(), 'killed').tryTake('connect deploy'));
    const clock = turnedClock();
    const bob = lockOf(claims.reader(), 'bob', clock.read);
    expect(isHeld(await bob.tryTake('connect pause'))).toBe(false);
    clock.turn(TTL_MS - 1);
    expect(isHeld(await bob.tryTake('connect pause'))).toBe(false);
    clock.turn(1);
    expect(await bob.holder()).toBeUndefined();
    expect(isHeld(await bob.tryTake('connect pause'))).toBe(true);
  });

  test('does not expire because somebody sets a clock, or a machine sleeps', async () => {
    const claims = inMemoryClaims();
    await held(lockOf(claims.reader(), 'alice').tryTake('connect deploy'));
    const clock = turnedClock();
    const bob = lockOf(claims.reader(), 'bob', clock.read);
    await bob.tryTake('connect pause');
    clock.turn(3_600_000, 1_000);
    expect(isHeld(await bob.tryTake('connect pause'))).toBe(false);
  });

  test('of a holder that was frozen for half of its time is not acted under, whether another one has it or not', async () => {
    const claims = inMemoryClaims();
    const clock = turnedClock();
    const alice = await held(lockOf(claims.reader(), 'alice', clock.read).tryTake('connect deploy'));
    await alice.require();
    clock.turn(TTL_MS / 2 + 1);
    await expect(alice.require()).rejects.toMatchObject({ code: 'UNSAFE' });
    expect(alice.lost.aborted).toBe(true);
  });

  test('of a machine that slept is not acted under, though its steady clock stood still', async () => {
    const claims = inMemoryClaims();
    const clock = turnedClock();
    const alice = await held(lockOf(claims.reader(), 'alice', clock.read).tryTake('connect deploy'));
    clock.turn(TTL_MS, 0);
    await expect(alice.require()).rejects.toMatchObject({ code: 'UNSAFE' });
  });

  test('is not acted under once somebody has ended its claim', async () => {
    const claims = inMemoryClaims();
    const alice = await held(lockOf(claims.reader(), 'alice').tryTake('connect deploy'));
    const clock = turnedClock();
    const bob = lockOf(claims.reader(), 'bob', clock.read);
    await bob.tryTake('connect pause');
    clock.turn(TTL_MS);
    await held(bob.tryTake('connect pause'));
    await expect(alice.require()).rejects.toMatchObject({ code: 'UNSAFE' });
  });

  test('is held for as long as it is renewed', async () => {
    const claims = inMemoryClaims();
    const alice = await held(lockOf(claims.reader(), 'alice', undefined, 200).tryTake('connect deploy'));
    const bob = lockOf(claims.reader(), 'bob', undefined, 200);
    const startedAt = Date.now();
    while (Date.now() - startedAt < 1_000) {
      expect(isHeld(await bob.tryTake('connect pause'))).toBe(false);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await alice.require();
    await alice.release();
  });

  test('is not brought back by a renewal that comes late', async () => {
    const claims = inMemoryClaims();
    const log = claims.reader();
    await held(lockOf(log, 'alice').tryTake('connect deploy'));
    const clock = turnedClock();
    const bob = lockOf(claims.reader(), 'bob', clock.read);
    await bob.tryTake('connect pause');
    clock.turn(TTL_MS);
    const mine = await held(bob.tryTake('connect pause'));
    const [first] = await claims.reader().read();
    await log.write(first?.id ?? '', { ...(first?.claim as Claim), ticket: '0' });
    await mine.require();
  });

  test('is the same for who reads the log after Kafka has compacted it', async () => {
    const claims = inMemoryClaims();
    const alice = await held(lockOf(claims.reader(), 'alice', undefined, 200).tryTake('connect deploy'));
    const before = claims.length;
    await eventually(() => expect(claims.length).toBeGreaterThan(before), { timeoutMs: 5_000 });
    expect(isHeld(await lockOf(claims.reader(), 'bob').tryTake('connect pause'))).toBe(false);
    claims.compact();
    expect(await lockOf(claims.reader(), 'carol').tryTake('connect pause')).toMatchObject({ owner: 'alice' });
    await alice.require();
    await alice.release();
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'is never held by two, however the steps of four processes are mixed (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const pause = async () => {
        for (let turns = random.int(5); turns > 0; turns -= 1) await setImmediate();
      };
      const claims = inMemoryClaims();
      let holders = 0;
      let taken = 0;
      const compete = async (owner: string): Promise<void> => {
        const lock = lockOf(claims.reader(pause), owner);
        for (let round = 0; round < 20; round += 1) {
          const got = await lock.tryTake('connect deploy');
          if (!isHeld(got)) continue;
          await got.require();
          holders += 1;
          taken += 1;
          expect(holders).toBe(1);
          await pause();
          holders -= 1;
          await got.release();
        }
      };
      await Promise.all(['a', 'b', 'c', 'd'].map(compete));
      expect(taken).toBeGreaterThan(3);
    },
  );
});
