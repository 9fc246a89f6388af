import type { SinkPosition } from '../connectors/sink-group.ts';
import { ConnectError } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { scanTopic } from '../core/kafka-scan.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import { CLIENT_ID, slotOf } from './offset-positions.ts';
import type { StreamSource } from './read-records.ts';

/** Where a sink shall continue to read. */
export type OffsetTarget =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** The first record published at or after this time. */
  | { readonly kind: 'time'; readonly at: Date }
  /** The first record of each partition whose slot is this one or a later one. */
  | { readonly kind: 'slot'; readonly slot: bigint };

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Reads `earliest`, `latest`, an ISO 8601 time (a date is its midnight in UTC) or `slot:250000000`. Errors: USAGE. */
export function parseOffsetTarget(text: string): OffsetTarget {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  const slot = /^slot:(\d{1,20})$/.exec(text)?.[1];
  if (slot !== undefined) return { kind: 'slot', slot: BigInt(slot) };
  const at = TIME.test(text) ? new Date(text) : undefined;
  if (at !== undefined && !Number.isNaN(at.getTime())) return { kind: 'time', at };
  throw new ConnectError('USAGE', `"${text}" is no place in a topic`, {
    hint: 'earliest, latest, a time with its zone such as 2026-01-31T08:00:00Z, or slot:250000000',
  });
}

/**
 * The first offset of each partition that fits; the partition's end where none does.
 * Slots do not always grow along a partition: an update that was sent again stands behind later ones. A binary search could
 * miss the first, so the topic is read from its oldest record up to the slot. A record that does not decode has no slot.
 * Errors: USAGE for a slot in a stream without slots, UNREACHABLE, TIMEOUT.
 */
export async function findOffsets(
  { stream, kafka, signal }: StreamSource,
  target: OffsetTarget,
  positions: readonly SinkPosition[],
  decoder: RecordDecoder,
): Promise<Map<number, bigint>> {
  const topic = stream.topic.name;
  switch (target.kind) {
    case 'earliest':
      return new Map(positions.map(({ partition, low }) => [partition, low]));
    case 'latest':
      return new Map(positions.map(({ partition, end }) => [partition, end]));
    case 'time': {
      return new Map(await withAdmin(kafka, CLIENT_ID, (admin) => admin.offsetsAt(topic, target.at)));
    }
    case 'slot': {
      if (stream.table.current === undefined) {
        throw new ConnectError('USAGE', `stream ${stream.name} has no slots`, {
          hint: 'table.current.order of its definition names the field; use a time instead',
        });
      }
      const offsets = new Map(positions.map(({ partition, end }) => [partition, end]));
      await scanTopic(kafka, {
        topic,
        clientId: CLIENT_ID,
        signal,
        onRecords: async (records) => {
          for (const record of records) {
            const slot = await slotOf(record, stream, decoder);
            if (slot === undefined || slot < target.slot) continue;
            offsets.set(record.partition, record.offset);
            return 'enough';
          }
          return undefined;
        },
      });
      return offsets;
    }
  }
}
