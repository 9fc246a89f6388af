import type { Acknowledgement, OutgoingMessage } from '../../core/kafka-producer.ts';

/**
 * Where the records of a run end in each partition. `start` is where the topics ended before it: what earlier runs have written lies there,
 * too. A partition that a topic gets later holds nothing of an earlier run.
 */
export function createWrittenEnds(start: ReadonlyMap<string, readonly bigint[]>) {
  const ends = new Map([...start].map(([topic, offsets]) => [topic, [...offsets]]));
  /** Partitions of which a broker has taken records without saying where they stand: as it does of some that it has had already. */
  const untold = new Set<string>();
  return {
    /** A request was answered. Records that are acknowledged later stand behind those that were before. */
    take(
      request: ReadonlyMap<string, readonly Pick<OutgoingMessage, 'partition'>[]>,
      answers: readonly Acknowledgement[],
    ): void {
      const counts = countsOf(request);
      for (const { topic, partition, baseOffset } of answers) {
        const name = `${topic}/${partition}`;
        if (baseOffset < 0n) {
          untold.add(name);
          continue;
        }
        untold.delete(name);
        const known = ends.get(topic) ?? [];
        while (known.length <= partition) known.push(0n);
        known[partition] = baseOffset + BigInt(counts.get(name) ?? 0);
        ends.set(topic, known);
      }
    },
    of: (topic: string): readonly bigint[] | undefined =>
      [...untold].some((name) => name.startsWith(`${topic}/`)) ? undefined : [...(ends.get(topic) ?? [])],
  };
}

/** How many records of a request go to each partition, by `topic/partition`. */
function countsOf(
  request: ReadonlyMap<string, readonly Pick<OutgoingMessage, 'partition'>[]>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [topic, messages] of request)
    for (const { partition } of messages) {
      const name = `${topic}/${partition}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  return counts;
}
