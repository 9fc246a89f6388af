import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDelivery } from '../../../../producer/kafka/delivery.ts';
import type { OutgoingRecord } from '../../../../producer/kafka/outgoing-record.ts';
import { positionStream } from '../../../support/position-feed.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const record: OutgoingRecord = { topic: 'positions', key: null, value: Buffer.from('x') };
const refusal = new Error('no rights');

/** A delivery through a sender that takes what it gets, or refuses or stalls on some topics. */
function deliver({ refuses = [], stalls = [] }: { refuses?: string[]; stalls?: string[] } = {}) {
  const sent: OutgoingRecord[] = [];
  let giveUp = (_error: Error) => {};
  const onFailed = vi.fn();
  const onCheckpoint = vi.fn();
  const delivery = createDelivery({
    stream: positionStream,
    feed: 'feed:443',
    commitment: 'finalized',
    sender: {
      async send(records) {
        const topic = records[0]?.topic ?? '';
        if (refuses.includes(topic)) throw refusal;
        if (stalls.includes(topic)) {
          await new Promise<void>((_resolve, reject) => {
            giveUp = reject;
          });
        }
        sent.push(...records);
      },
      partitions: () => 4,
      ends: () => [12n, 0n, 7n, 9n],
      abort: () => giveUp(new Error('aborted')),
    },
    floor: undefined,
    gaps: [],
    counts: () => ({ received: 3, published: 2, rejected: 1 }),
    limits: undefined,
    onCheckpoint,
    onAcknowledged: () => {},
    onFailed,
  });
  const checkpoint = () => {
    const newest = sent.findLast(({ topic }) => topic === 'positions.checkpoint');
    return newest === undefined ? undefined : JSON.parse(newest.value.toString());
  };
  return { ...delivery, sent, checkpoint, onCheckpoint, onFailed };
}

describe('a delivery', () => {
  it('writes a checkpoint for what is acknowledged, with the counts of the run and the accepted gaps', async () => {
    const { publisher, acceptGap, flush, checkpoint, onCheckpoint } = deliver();
    publisher.add(record, 7n);
    acceptGap({ from: 1n, to: 4n });
    await vi.advanceTimersByTimeAsync(600);
    expect(checkpoint()).toMatchObject({
      slot: '7',
      received: 3,
      published: 2,
      rejected: 1,
      feed: 'feed:443',
      commitment: 'finalized',
      ends: ['12', '0', '7', '9'],
    });
    expect(checkpoint()?.gaps).toMatchObject([{ from: '1', to: '4', acceptedAt: expect.stringContaining('T') }]);
    publisher.advance(9n);
    await flush();
    expect(checkpoint()?.slot).toBe('9');
    expect(onCheckpoint.mock.calls).toEqual([[7n], [9n]]);
  });

  it('fails with the first refusal, and still writes the checkpoint of what was acknowledged before', async () => {
    const refuses: string[] = [];
    const { publisher, flush, checkpoint, onFailed } = deliver({ refuses });
    publisher.add(record, 7n);
    await vi.advanceTimersByTimeAsync(10);
    refuses.push('positions');
    publisher.add(record, 8n);
    await vi.advanceTimersByTimeAsync(10);
    expect(onFailed).toHaveBeenCalledOnce();
    await expect(flush()).rejects.toBe(refusal);
    await expect(flush()).rejects.toBe(refusal);
    expect(checkpoint()?.slot).toBe('7');
  });

  it('fails when the checkpoints are refused', async () => {
    const { publisher, flush, onFailed, onCheckpoint } = deliver({ refuses: ['positions.checkpoint'] });
    publisher.add(record, 7n);
    await vi.advanceTimersByTimeAsync(600);
    expect(onCheckpoint).not.toHaveBeenCalled();
    expect(onFailed).toHaveBeenCalled();
    await expect(flush()).rejects.toBe(refusal);
  });

  it('gives up when Kafka has not taken everything half a minute after the stop', async () => {
    const { publisher, flush, sent } = deliver({ stalls: ['positions'] });
    publisher.add(record, 7n);
    publisher.add(record, 8n);
    const flushed = expect(flush()).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'Kafka did not acknowledge 2 records within 30 s of the stop',
    });
    await vi.advanceTimersByTimeAsync(30_000);
    await flushed;
    expect(sent).toEqual([]);
  });
});
