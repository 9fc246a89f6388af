import type { SinkPosition } from '../../connectors/sink-group.ts';
import type { KafkaAdmin } from '../../core/kafka-admin.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';

/** Shares that are told apart. */
const SHARES = [0.95, 0.8, 0.5] as const;
const LOOK_EVERY_MS = 30_000;

/**
 * How much of the topic's retention the oldest unread record has used up: 0, 0.5, 0.8 or 0.95. Kafka is asked now and then only, and
 * only while records wait.
 */
export function createRetentionGauge() {
  const known = new Map<string, { readonly at: number; readonly used: number }>();
  return async (admin: KafkaAdmin, stream: StreamDefinition, positions: readonly SinkPosition[]): Promise<number> => {
    const behind = positions.filter(({ lag }) => lag > 0n);
    if (behind.length === 0) {
      known.delete(stream.name);
      return 0;
    }
    const last = known.get(stream.name);
    if (last !== undefined && Date.now() - last.at < LOOK_EVERY_MS) return last.used;
    const used = await retentionUsed(admin, stream.topic.name, behind);
    known.set(stream.name, { at: Date.now(), used });
    return used;
  };
}

/** Of the partitions that are behind, the worst. */
async function retentionUsed(admin: KafkaAdmin, topic: string, behind: readonly SinkPosition[]): Promise<number> {
  const settings = (await admin.topicSettings([topic])).get(topic) ?? {};
  const bySize = sizeUsed(settings['retention.bytes'], behind);
  const keptMs = Number(settings['retention.ms'] ?? -1);
  if (!(keptMs > 0)) return bySize;
  for (const share of SHARES.filter((one) => one > bySize)) {
    const first = await admin.offsetsAt(topic, new Date(Date.now() - share * keptMs));
    const isOlder = behind.some(({ partition, end, lag }) => end - lag < (first.get(partition) ?? 0n));
    if (isOlder) return share;
  }
  return bySize;
}

/** A partition that Kafka cuts by its size: how far the sink is from the cut. */
function sizeUsed(retentionBytes: string | undefined, behind: readonly SinkPosition[]): number {
  if (!(Number(retentionBytes ?? -1) > 0)) return 0;
  // Before anything was cut, nothing says how much more fits.
  const cut = behind.filter(({ low, end }) => low > 0n && end > low);
  const used = cut.map(({ low, end, lag }) => Number(lag) / Number(end - low));
  const worst = Math.max(0, ...used);
  return SHARES.find((share) => worst >= share) ?? 0;
}
