import { describe, expect, it, vi } from 'vitest';
import type { OutgoingRecord } from '../../../../producer/kafka/outgoing-record.ts';
import { createPublisher, type PublisherLimits, takeRequest } from '../../../../producer/kafka/publisher.ts';

const record = (n: number): OutgoingRecord => ({ topic: 't', key: null, value: Buffer.from(String(n)) });
const numbers = (records: readonly OutgoingRecord[]) => records.map(({ value }) => Number(value.toString()));

/** A broker that answers when told to. */
function createBroker(limits: Partial<PublisherLimits> = {}) {
  const requests: { numbers: number[]; answer: () => void; refuse: (error: Error) => void }[] = [];
  const acknowledged: { count: number; slot: bigint | undefined }[] = [];
  let failures = 0;
  let underway = 0;
  const publisher = createPublisher({
    limits: { requestIntervalMs: 0, ...limits },
    send: (records) => {
      underway += 1;
      expect(underway, 'requests at the same time').toBe(1);
      return new Promise<void>((resolve, reject) => {
        requests.push({ numbers: numbers(records), answer: resolve, refuse: reject });
      }).finally(() => {
        underway -= 1;
      });
    },
    onAcknowledged: ({ records, slot }) => void acknowledged.push({ count: records.length, slot }),
    onFailed: () => {
      failures += 1;
    },
  });
  return { publisher, requests, acknowledged, failures: () => failures };
}

/** Lets everything that is due happen. */
const settle = async () => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const never = new AbortController().signal;

describe('the publisher', () => {
  it('sends what gathers in one turn together, and what gathers meanwhile next', async () => {
    const { publisher, requests } = createBroker();
    publisher.add(record(1), 1n);
    publisher.add(record(2), 1n);
    await settle();
    publisher.add(record(3), 2n);
    publisher.add(record(4), 2n);
    await settle();
    expect(requests.map((request) => request.numbers)).toEqual([[1, 2]]);
    requests[0]?.answer();
    await settle();
    expect(requests.map((request) => request.numbers)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('sends at once after a pause, and in a steady stream not before the interval is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    try {
      const { publisher, requests } = createBroker({ requestIntervalMs: 6 });
      const sent = () => requests.map((request) => request.numbers);
      publisher.add(record(1), 1n);
      await settle();
      expect(sent()).toEqual([[1]]);
      requests[0]?.answer();
      await settle();
      vi.advanceTimersByTime(2);
      publisher.add(record(2), 1n);
      await settle();
      vi.advanceTimersByTime(3);
      publisher.add(record(3), 1n);
      await settle();
      expect(sent()).toEqual([[1]]);
      vi.advanceTimersByTime(1);
      expect(sent()).toEqual([[1], [2, 3]]);
      // The second request outlasts its interval.
      vi.advanceTimersByTime(20);
      publisher.add(record(4), 2n);
      await settle();
      expect(sent()).toHaveLength(2);
      requests[1]?.answer();
      await settle();
      expect(sent()).toEqual([[1], [2, 3], [4]]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('tells the slot of what is acknowledged, and not more', async () => {
    const { publisher, requests, acknowledged } = createBroker({ requestRecords: 2 });
    for (let n = 1; n <= 4; n += 1) publisher.add(record(n), BigInt(n));
    await settle();
    expect(acknowledged).toEqual([]);
    requests[0]?.answer();
    await settle();
    expect(acknowledged).toEqual([{ count: 2, slot: 2n }]);
    requests[1]?.answer();
    await settle();
    expect(acknowledged).toEqual([
      { count: 2, slot: 2n },
      { count: 2, slot: 4n },
    ]);
  });

  it('lets a slot without records wait for the records before it', async () => {
    const { publisher, requests, acknowledged } = createBroker();
    publisher.advance(1n);
    expect(acknowledged).toEqual([{ count: 0, slot: 1n }]);
    publisher.add(record(1), 2n);
    publisher.advance(3n);
    await settle();
    publisher.advance(4n);
    expect(acknowledged).toHaveLength(1);
    requests[0]?.answer();
    await settle();
    expect(acknowledged.at(-1)).toEqual({ count: 1, slot: 4n });
  });

  it('is full at either limit and has room again after an acknowledgement', async () => {
    const { publisher, requests } = createBroker({ queueRecords: 3 });
    publisher.add(record(1), undefined);
    await settle();
    publisher.add(record(2), undefined);
    expect(publisher.full).toBe(false);
    publisher.add(record(3), undefined);
    expect(publisher.full).toBe(true);
    let roomy = false;
    const room = publisher.room(never).then(() => {
      roomy = true;
    });
    await settle();
    expect(roomy).toBe(false);
    requests[0]?.answer();
    await room;
    expect(publisher.full).toBe(false);
    expect(createBroker({ queueBytes: 10 }).publisher.full).toBe(false);
    const tight = createBroker({ queueBytes: 10 }).publisher;
    tight.add(record(1), undefined);
    expect(tight.full).toBe(true);
  });

  it('does not keep anyone waiting for room who has been told to stop', async () => {
    const { publisher } = createBroker({ queueRecords: 1 });
    publisher.add(record(1), undefined);
    const stop = new AbortController();
    const room = publisher.room(stop.signal);
    stop.abort();
    await room;
    expect(publisher.full).toBe(true);
  });

  it('drains when everything is acknowledged', async () => {
    const { publisher, requests } = createBroker();
    await publisher.drain();
    publisher.add(record(1), undefined);
    let drained = false;
    const drain = publisher.drain().then(() => {
      drained = true;
    });
    await settle();
    expect(drained).toBe(false);
    requests[0]?.answer();
    await drain;
    expect(publisher.pending).toEqual({ records: 0, bytes: 0 });
  });

  it('sends nothing after a failure, acknowledges nothing, and says so to all who wait', async () => {
    const { publisher, requests, acknowledged, failures } = createBroker({ requestRecords: 1, queueRecords: 2 });
    publisher.add(record(1), 1n);
    publisher.add(record(2), 2n);
    const room = publisher.room(never);
    const drain = publisher.drain();
    room.catch(() => {});
    drain.catch(() => {});
    await settle();
    requests[0]?.refuse(new Error('refused'));
    await expect(room).rejects.toThrow('refused');
    await expect(drain).rejects.toThrow('refused');
    await expect(publisher.drain()).rejects.toThrow('refused');
    publisher.add(record(3), 3n);
    publisher.advance(9n);
    await settle();
    expect(requests).toHaveLength(1);
    expect(acknowledged).toEqual([]);
    expect(failures()).toBe(1);
  });
});

describe('one request', () => {
  const limits = { requestRecords: 3, requestBytes: 100 };
  const sizes = (...bytes: number[]) => bytes.map((size) => ({ bytes: size }));

  it('ends at the number of records', () => {
    expect(takeRequest(sizes(1, 1, 1, 1), limits)).toHaveLength(3);
  });

  it('ends before the record that would make it too large', () => {
    expect(takeRequest(sizes(50, 50, 1), limits)).toHaveLength(2);
    expect(takeRequest(sizes(50, 51), limits)).toHaveLength(1);
  });

  it('takes a single record of any size', () => {
    expect(takeRequest(sizes(1_000, 1), limits)).toHaveLength(1);
  });

  it('is empty when nothing waits', () => {
    expect(takeRequest([], limits)).toEqual([]);
  });
});
