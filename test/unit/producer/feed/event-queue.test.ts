import { describe, expect, it } from 'vitest';
import { createEventQueue } from '../../../../producer/feed/event-queue.ts';

function createQueue(limits = { items: 4, bytes: 100 }) {
  const calls: string[] = [];
  const queue = createEventQueue<number>({
    limits,
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    onReturn: () => void calls.push('return'),
  });
  return { queue, calls, reader: queue[Symbol.asyncIterator]() };
}

describe('the queue between socket and reader', () => {
  it('hands over items in order, whether they came before or after being asked for', async () => {
    const { queue, reader } = createQueue();
    queue.push(1, 1);
    const first = reader.next();
    const second = reader.next();
    queue.push(2, 1);
    queue.end();
    expect(await first).toEqual({ value: 1, done: false });
    expect(await second).toEqual({ value: 2, done: false });
    expect(await reader.next()).toEqual({ value: undefined, done: true });
  });

  it('pauses the source at the number of items and resumes it at half', async () => {
    const { queue, calls, reader } = createQueue();
    for (let n = 0; n < 4; n += 1) queue.push(n, 1);
    expect(calls).toEqual(['pause']);
    await reader.next();
    expect(calls).toEqual(['pause']);
    await reader.next();
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('pauses the source at the number of bytes', async () => {
    const { queue, calls, reader } = createQueue();
    queue.push(1, 60);
    expect(calls).toEqual([]);
    queue.push(2, 60);
    expect(calls).toEqual(['pause']);
    await reader.next();
    expect(calls).toEqual(['pause']);
    await reader.next();
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('throws an error once, after what came before it', async () => {
    const { queue, reader } = createQueue();
    queue.push(1, 1);
    queue.end(new Error('broke'));
    queue.push(2, 1);
    expect(await reader.next()).toEqual({ value: 1, done: false });
    await expect(reader.next()).rejects.toThrow('broke');
    expect(await reader.next()).toEqual({ value: undefined, done: true });
  });

  it('throws an error at a reader that waits', async () => {
    const { queue, reader } = createQueue();
    const next = reader.next();
    queue.end(new Error('broke'));
    await expect(next).rejects.toThrow('broke');
    expect(await reader.next()).toEqual({ value: undefined, done: true });
  });

  it('tells the source when the reader leaves early', async () => {
    const { queue, calls } = createQueue();
    queue.push(1, 1);
    for await (const item of queue) if (item === 1) break;
    expect(calls).toEqual(['return']);
  });
});
