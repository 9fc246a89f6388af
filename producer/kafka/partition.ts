const M = 0x5bd1e995;
const SEED = 0x9747b28c;

/**
 * The hash by which Java clients place keys (murmur2, 32 bit), so that records of one key go to one partition whichever
 * client writes them. kafkajs has the same function on BigInt, which costs more per record than encoding the record does.
 */
function murmur2(data: Buffer): number {
  const length = data.length;
  const tail = length & ~3;
  let h = SEED ^ length;
  for (let i = 0; i < tail; i += 4) {
    let k = Math.imul(data.readInt32LE(i), M);
    k = Math.imul(k ^ (k >>> 24), M);
    h = Math.imul(h, M) ^ k;
  }
  let rest = 0;
  for (let i = length - 1; i >= tail; i -= 1) rest = (rest << 8) | (data[i] ?? 0);
  if (tail < length) h = Math.imul(h ^ rest, M);
  h = Math.imul(h ^ (h >>> 13), M);
  return h ^ (h >>> 15);
}

/** The partition of a key among `partitions`, as Kafka's default partitioner chooses it. */
export const partitionOf = (key: Buffer, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;
