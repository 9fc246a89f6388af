import { type Position, positionsIn } from '../../offset-positions.ts';
import { broken, type Check, eachStream, type Finding, ok } from '../check.ts';

/** Kafka has not deleted what a sink had still to read. */
export const retentionOverrun: Check = {
  name: 'topics.retention-overrun',
  needs: ['kafka'],
  run: (probes) =>
    eachStream(probes, async (stream) => {
      const positions = await positionsIn(await probes.kafka(), stream);
      return positions === undefined ? [] : judgeRetention(stream.topic.name, positions);
    }),
};

/** Pure. */
export function judgeRetention(
  topic: string,
  positions: readonly Pick<Position, 'partition' | 'low' | 'committed'>[],
): Finding[] {
  const lost = positions.filter(({ low, committed }) => committed !== undefined && committed < low);
  if (lost.length === 0) return [ok(topic, 'every record that the sink has still to read is there')];
  return lost.map(({ partition, low, committed }) =>
    broken(
      topic,
      `records ${committed} to ${low - 1n} of partition ${partition} were deleted before the sink read them: their rows are missing`,
      'publish them again from the feed (`connect produce --from-slot`), then `connect verify`; raise topic.config retention.ms',
    ),
  );
}
