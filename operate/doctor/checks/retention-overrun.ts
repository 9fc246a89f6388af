import { sinkGroup } from '../../../pipeline/names.ts';
import { broken, type Check, eachStream, type Finding, ok } from '../check.ts';

/** Kafka has not deleted what a sink had still to read. */
export const retentionOverrun: Check = {
  name: 'topics.retention-overrun',
  needs: ['kafka'],
  run: (probes) =>
    eachStream(probes, async (stream) => {
      const admin = await probes.kafka();
      const topic = stream.topic.name;
      if (!(await admin.listTopics()).includes(topic)) return [];
      const [ends, [found]] = await Promise.all([
        admin.fetchTopicOffsets(topic),
        admin.fetchOffsets({ groupId: sinkGroup(stream), topics: [topic] }),
      ]);
      const committed = new Map((found?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)]));
      return judgeRetention(
        topic,
        ends.map(({ partition, low }) => ({ partition, low: BigInt(low), committed: committed.get(partition) ?? -1n })),
      );
    }),
};

/** `low`: the oldest record Kafka has; `committed`: the next one the sink reads, -1 for none. Pure. */
export function judgeRetention(
  topic: string,
  partitions: readonly { readonly partition: number; readonly low: bigint; readonly committed: bigint }[],
): Finding[] {
  const lost = partitions.filter(({ low, committed }) => committed >= 0n && committed < low);
  if (lost.length === 0) return [ok(topic, 'every record that the sink has still to read is there')];
  return lost.map(({ partition, low, committed }) =>
    broken(
      topic,
      `records ${committed} to ${low - 1n} of partition ${partition} were deleted before the sink read them: their rows are missing`,
      'publish them again from the feed (`connect produce --from-slot`), then `connect verify`; raise topic.config retention.ms',
    ),
  );
}
