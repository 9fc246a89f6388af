import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rebuildRollup } from '../../../operate/rebuild-rollup.ts';
import { positions } from '../../support/positions-stream.ts';

const rollup = {
  table: 'public.position_days',
  source: 'public.position_days_from_history',
  identity: 'position_account',
  rebuild: 'public.rebuild_position_days',
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A database of so many identities whose rebuild takes its time for each of them, and fails where it is told to. */
const database = (identities: number, msPerIdentity: number, failures: string[] = []) => {
  const steps: number[] = [];
  const all = Array.from({ length: identities }, (_, index) => String(index).padStart(6, '0'));
  const rebuild = (chosen: readonly string[]) => {
    vi.setSystemTime(Date.now() + chosen.length * msPerIdentity);
    const code = failures.shift();
    if (code !== undefined) throw Object.assign(new Error('not now'), { code });
    steps.push(chosen.length);
    return [{ wrong: '1' }];
  };
  const query = async (_sql: string, [size, last]: [number | string[], string?]) => ({
    rows: Array.isArray(size)
      ? rebuild(size)
      : all
          .slice(last === undefined ? 0 : all.indexOf(last) + 1)
          .slice(0, size)
          .map((identity) => ({ identity })),
  });
  const client = { query } as unknown as Parameters<typeof rebuildRollup>[0]['client'];
  return { steps, run: () => rebuildRollup({ stream: positions, rollup, client, chunkMs: 100 }) };
};

test('every identity is rebuilt once, and what was wrong is counted', async () => {
  const { run, steps } = database(120, 1.5);
  expect(await run()).toMatchObject({
    stream: 'positions',
    fold: 'public.position_days',
    identities: 120,
    transactions: steps.length,
    wrong: steps.length,
    longestMs: 75,
  });
});

test('a transaction that took too long is followed by shorter ones, down to one identity', async () => {
  const { run, steps } = database(160, 1_000);
  await run();
  expect(steps.slice(0, 7)).toEqual([50, 25, 12, 6, 3, 1, 1]);
});

test('a quick one is followed by longer ones, within a bound', async () => {
  const { run, steps } = database(20_000, 0);
  await run();
  expect(steps.slice(0, 3)).toEqual([50, 100, 200]);
  expect(Math.max(...steps)).toBe(5_000);
});

test('one that was about right is followed by one of its size', async () => {
  const { run, steps } = database(150, 1.6);
  await run();
  expect(steps).toEqual([50, 50, 50]);
});

test('a deadlock or a row that another session has just written is tried again', async () => {
  const { run } = database(10, 1, ['40P01', '23505', '40001']);
  expect(await run()).toMatchObject({ identities: 10, transactions: 1 });
});

test('another failure ends it with the identity that it stopped at', async () => {
  await expect(database(10, 1, ['42501']).run()).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'public.rebuild_position_days failed at 000000: not now',
    details: { sqlState: '42501' },
  });
});
