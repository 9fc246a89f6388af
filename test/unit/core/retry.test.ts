import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectError } from '../../../core/errors.ts';
import { backoffMs, retry, waitFor } from '../../../core/retry.ts';

const away = () => new ConnectError('UNREACHABLE', 'nothing answers');
const refused = () => new ConnectError('REFUSED', 'no');
const options = { attempts: 3, baseMs: 1, maxMs: 2 };

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

describe('retry', () => {
  it('tries again until it succeeds', async () => {
    const task = async (attempt: number) => {
      if (attempt < 3) throw away();
      return attempt;
    };
    expect(await retry(task, options)).toBe(3);
  });

  it('throws the last error once the attempts are used up', async () => {
    const task = vi.fn(async (attempt: number) => {
      throw new ConnectError('TIMEOUT', `try ${attempt}`);
    });
    await expect(retry(task, options)).rejects.toThrow('try 3');
    expect(task).toHaveBeenCalledTimes(3);
  });

  it.each([
    ['a refusal', refused()],
    ['a defect', new TypeError('undefined is not a function')],
  ])('does not repeat %s', async (_what, error) => {
    const task = vi.fn().mockRejectedValue(error);
    await expect(retry(task, options)).rejects.toBe(error);
    expect(task).toHaveBeenCalledTimes(1);
  });

  it('lets the caller say what is worth another try', async () => {
    const task = vi.fn().mockRejectedValueOnce(refused()).mockResolvedValue('done');
    expect(await retry(task, { ...options, when: () => true })).toBe('done');
  });

  it('ends when it is cancelled, between two tries as well', async () => {
    const stop = new AbortController();
    const task = vi.fn().mockRejectedValue(away());
    const trying = retry(task, { attempts: 9, baseMs: 60_000, maxMs: 60_000, signal: stop.signal });
    await vi.waitFor(() => expect(task).toHaveBeenCalled());
    stop.abort(new Error('cancelled'));
    await expect(trying).rejects.toMatchObject({ name: 'AbortError' });
    await expect(retry(task, { ...options, signal: stop.signal })).rejects.toThrow('cancelled');
    expect(task).toHaveBeenCalledTimes(1);
  });
});

describe('backoff', () => {
  it('doubles up to the bound, at least half of it each time', () => {
    for (const [attempt, ceiling] of [
      [1, 100],
      [2, 200],
      [3, 400],
      [4, 500],
      [40, 500],
    ] as const) {
      for (let sample = 0; sample < 50; sample += 1) {
        const delay = backoffMs(attempt, { baseMs: 100, maxMs: 500 });
        expect(delay).toBeGreaterThanOrEqual(ceiling / 2);
        expect(delay).toBeLessThanOrEqual(ceiling);
      }
    }
  });
});

describe('waitFor', () => {
  it('looks until there is something', async () => {
    const answers = [undefined, undefined, 0];
    expect(await waitFor(async () => answers.shift(), { timeoutMs: 1_000, everyMs: 1, what: 'an answer' })).toBe(0);
    expect(answers).toEqual([]);
  });

  it('bears errors that pass, and no other', async () => {
    const passing = vi.fn().mockRejectedValueOnce(away()).mockRejectedValueOnce(new Error('x')).mockResolvedValue(1);
    const wait = { timeoutMs: 1_000, everyMs: 1, what: 'an answer' };
    expect(await waitFor(passing, wait)).toBe(1);
    const lasting = vi.fn().mockRejectedValue(refused());
    await expect(waitFor(lasting, wait)).rejects.toMatchObject({ code: 'REFUSED' });
    expect(lasting).toHaveBeenCalledTimes(1);
  });

  it('says what it waited for, how long, and the last answer', async () => {
    const probe = async (): Promise<undefined> => {
      vi.advanceTimersByTime(3_000);
      throw away();
    };
    await expect(waitFor(probe, { timeoutMs: 5_000, everyMs: 1, what: 'the connector to run' })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'waited 5 s for the connector to run; last answer: nothing answers',
      cause: { code: 'UNREACHABLE' },
    });
  });

  it('pauses as its schedule says', async () => {
    const schedule = vi.fn(() => 1);
    const answers = [undefined, undefined, 'yes'];
    await waitFor(async () => answers.shift(), { timeoutMs: 1_000, everyMs: schedule, what: 'an answer' });
    expect(schedule.mock.calls).toEqual([[1], [2]]);
  });

  it('ends a question that nobody answers with its time, and does not call that an answer', async () => {
    vi.useRealTimers();
    const silent = (signal: AbortSignal) =>
      new Promise<undefined>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await expect(waitFor(silent, { timeoutMs: 50, what: () => 'an answer' })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'waited 0.05 s for an answer',
    });
  });

  it('ends a question with its signal', async () => {
    const stop = new AbortController();
    const silent = (signal: AbortSignal) =>
      new Promise<undefined>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const waiting = waitFor(silent, { timeoutMs: 60_000, what: 'an answer', signal: stop.signal });
    stop.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
  });
});
