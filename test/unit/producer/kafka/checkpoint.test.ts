import { describe, expect, it } from 'vitest';
import { ConnectError } from '../../../../core/errors.ts';
import { type Checkpoint, encodeCheckpoint, latestCheckpoint } from '../../../../producer/kafka/checkpoint.ts';

const checkpoint: Checkpoint = {
  slot: 2n ** 63n - 1n,
  at: '2026-01-01T00:00:00.000Z',
  received: 10,
  published: 8,
  rejected: 2,
  partitions: 4,
  instance: 'a',
  feed: 'feed:443',
  commitment: 'processed',
  gaps: [{ from: 1n, to: 2n ** 60n, acceptedAt: '2026-01-01T00:00:00.000Z' }],
};

const record = (key: string | null, value: Buffer | string | null, offset = 0n) => ({
  key: key === null ? null : Buffer.from(key),
  value: typeof value === 'string' ? Buffer.from(value) : value,
  partition: 0,
  offset,
});
/** What is read when the topic holds this value alone. */
const readBack = (value: Buffer | string) => latestCheckpoint('positions', 't', [record('positions', value)]);
const at = (slot: bigint) => encodeCheckpoint({ ...checkpoint, slot });

describe('a checkpoint record', () => {
  it('comes back as it was written, with slots beyond 2^53', () => {
    expect(readBack(encodeCheckpoint(checkpoint))).toEqual({
      slot: checkpoint.slot,
      gaps: checkpoint.gaps,
      commitment: 'processed',
      at: checkpoint.at,
      partitions: 4,
    });
  });

  it.each(['', 'nonsense', '[]', 'null', '{}', '{"slot":5}', '{"slot":"-5"}', '{"slot":"1e3"}'])(
    'is not read from %j',
    (text) => {
      expect(() => readBack(text)).toThrow('cannot be read');
    },
  );

  it('is read even if what is only informative is missing', () => {
    expect(readBack('{"slot":"5","gaps":[{"from":"1"},7],"commitment":"perhaps"}')).toEqual({ slot: 5n, gaps: [] });
  });
});

describe('the latest checkpoint of a topic', () => {
  it('is none in an empty topic', () => {
    expect(latestCheckpoint('positions', 't', [])).toBeUndefined();
  });

  it("is the stream's last one, whatever other streams wrote", () => {
    const records = [
      record('positions', at(1n)),
      record('positions', at(5n)),
      record('other', at(9n)),
      record(null, at(7n)),
    ];
    expect(latestCheckpoint('positions', 't', records)?.slot).toBe(5n);
  });

  it('is the last one written even when its slot is lower, because an operator chose that', () => {
    expect(latestCheckpoint('positions', 't', [record('positions', at(9n)), record('positions', at(5n))])?.slot).toBe(
      5n,
    );
  });

  it('is none after a tombstone', () => {
    expect(
      latestCheckpoint('positions', 't', [record('positions', at(1n)), record('positions', null)]),
    ).toBeUndefined();
  });

  it('is the last readable one', () => {
    const records = [record('positions', at(1n)), record('positions', 'garbage')];
    expect(latestCheckpoint('positions', 't', records)?.slot).toBe(1n);
  });

  it('is an error when none is readable: starting anew could leave out slots', () => {
    const read = () => latestCheckpoint('positions', 't', [record('positions', 'garbage', 7n)]);
    expect(read).toThrow(ConnectError);
    expect(read).toThrow('t-0@7');
  });
});
