import type { AvroValue } from '../../schemas/avro-schema.ts';
import { COMMITMENTS, type Commitment, type FeedEvent } from '../feed/event.ts';
import type { FeedPosition } from '../feed/position.ts';
import type { Publisher } from '../kafka/publisher.ts';
import type { RecordEncoder } from './encoder.ts';
import type { RecordMapper } from './mapper.ts';
import type { Refusal, RefusalCode } from './refusal.ts';
import type { RejectedRecords } from './rejected.ts';

/** What has been taken from the feed so far. */
export interface IngestCounts {
  received: number;
  readonly refusals: Partial<Record<RefusalCode, number>>;
}

export interface IngestOptions {
  readonly topic: string;
  readonly keyField: string;
  readonly mapper: RecordMapper;
  readonly encode: RecordEncoder;
  readonly rejected: RejectedRecords;
  readonly publisher: Pick<Publisher, 'add' | 'advance'>;
  readonly position: FeedPosition;
  readonly counts: IngestCounts;
  /** What the feed was asked for. */
  readonly commitment: Commitment;
}

/** Takes events of the feed one by one: an update becomes a record of the topic or, with its reasons, of the rejected topic. */
export function createIngest(options: IngestOptions): (event: FeedEvent) => void {
  const { topic, keyField, mapper, encode, rejected, publisher, position, counts } = options;
  const asked = COMMITMENTS.indexOf(options.commitment);

  const refuse = (
    bytes: Buffer,
    update: Readonly<Record<string, unknown>> | undefined,
    refusals: readonly Refusal[],
  ) => {
    for (const { code } of refusals) counts.refusals[code] = (counts.refusals[code] ?? 0) + 1;
    publisher.add(rejected.create({ bytes, update, refusals }, new Date()), position.slot);
  };

  return (event) => {
    switch (event.kind) {
      case 'update': {
        counts.received += 1;
        const mapped = mapper(event.update);
        if (!mapped.ok) {
          refuse(event.bytes, event.update, mapped.refusals);
          return;
        }
        // The position comes from what the feed's slots say, and a slot we refused says nothing.
        const { slot } = mapped.record;
        if (typeof slot === 'bigint') position.updated(slot);
        const key = keyOf(mapped.record[keyField]);
        publisher.add({ topic, key, value: encode(mapped.record) }, position.slot);
        return;
      }
      case 'slot':
        // A slot that is less settled than we asked for has its updates still ahead.
        if (event.status !== undefined && COMMITMENTS.indexOf(event.status) < asked) return;
        position.noticed(event.slot);
        if (position.slot !== undefined) publisher.advance(position.slot);
        return;
      case 'undecodable':
        counts.received += 1;
        refuse(event.bytes, undefined, [{ code: 'UNDECODABLE', message: event.reason }]);
        return;
      case 'ping':
        return;
    }
  };
}

const keyOf = (value: AvroValue | undefined): Buffer | null =>
  value === null || value === undefined ? null : Buffer.from(String(value));
