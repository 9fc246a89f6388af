import { randomBytes } from 'node:crypto';
import { Partitioners } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { partitionOf } from '../../../../producer/kafka/partition.ts';

describe('the partition of a key', () => {
  // From Kafka's own test of its Java function.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Java does', (key, hash) => {
    // With so many partitions each is a hash of its own; Kafka ignores the sign.
    expect(partitionOf(Buffer.from(key), 2 ** 31)).toBe(hash & 0x7fffffff);
  });

  it('is the one that kafkajs chooses, for keys of every length', () => {
    const partitioner = Partitioners.DefaultPartitioner();
    const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({ partitionId, leader: 0 })) as never;
    for (let length = 1; length < 200; length += 1) {
      const key = randomBytes(length);
      const theirs = partitioner({ topic: 't', partitionMetadata, message: { key, value: null } });
      expect(partitionOf(key, 7), key.toString('hex')).toBe(theirs);
    }
  });
});
