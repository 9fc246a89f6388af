import { positionsIn } from '../../../connectors/sink-group.ts';
import { broken, type Check, ok, perStream } from '../check.ts';

/** Kafka has not deleted records before the sink read them. */
export const retentionOverrun: Check<'streams' | 'kafka'> = {
  name: 'topics.retention-overrun',
  needs: ['kafka'],
  run: perStream(async (stream, { kafka }) => {
    const topic = stream.topic.name;
    const positions = await positionsIn(await kafka(), stream);
    if (positions === undefined) return [];
    const lost = positions.filter(({ low, committed }) => committed !== undefined && committed < low);
    if (lost.length === 0) return ok(topic, 'every record that the sink has still to read is there');
    return lost.map(({ partition, low, committed }) =>
      broken(
        topic,
        `records ${committed} to ${low - 1n} of partition ${partition} were deleted before the sink read them: their rows are missing`,
        'publish them again from the feed (`connect produce --from-slot`), then `connect verify`; raise topic.config retention.ms',
      ),
    );
  }),
};
