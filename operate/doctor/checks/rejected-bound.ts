import { rejectedTopic } from '../../../pipeline/names.ts';
import { type Check, ok, perStream, warning } from '../check.ts';

/** Of the bound. */
const FULL = 0.8;
/** No record is longer, so fewer of them need not be looked at. */
const LONGEST_BYTES = 1 << 20;

/** The topic of refused updates is less than 80 % full: beyond its bound, Kafka deletes the oldest of them. */
export const rejectedBound: Check<'streams' | 'kafka' | 'meanRejectedBytes'> = {
  name: 'topics.rejected-bound',
  needs: ['kafka'],
  run: perStream(async (stream, { kafka, meanRejectedBytes }) => {
    const topic = rejectedTopic(stream);
    const admin = await kafka();
    const ranges = await admin.ranges(topic);
    if (ranges === undefined) return [];
    const bound = Number((await admin.topicSettings([topic])).get(topic)?.['retention.bytes'] ?? -1);
    // Kafka bounds each partition; an unbounded topic is another check's finding.
    const most = Math.max(0, ...ranges.map(({ low, high }) => Number(high - low)));
    if (!(bound > 0) || most * LONGEST_BYTES < FULL * bound) return ok(topic, 'far from its bound');
    const used = (most * (await meanRejectedBytes(stream))) / bound;
    const share = `it is about ${Math.round(used * 100)} % of its bound (retention.bytes ${bound})`;
    if (used < FULL) return ok(topic, share);
    const remedy =
      'stop what sends wrong updates, then `connect rejected replay` or `discard`; or raise retention.bytes of the topic';
    return warning(topic, `${share}: Kafka deletes the oldest refused updates beyond it`, remedy);
  }),
};
