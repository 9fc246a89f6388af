import type { StreamDefinition } from '../../pipeline/types.ts';
import type { AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';
import { COMMITMENTS, type Commitment, type FeedEvent } from '../feed/event.ts';
import type { FeedPosition } from '../feed/position.ts';
import type { FeedService } from '../feed/protocol.ts';
import type { Publisher } from '../kafka/publisher.ts';
import { createRecordEncoder } from './encoder.ts';
import { createRecordMapper } from './mapper.ts';
import type { Refusal, RefusalCode } from './refusal.ts';
import { rejectedRecord } from './rejected.ts';

/** What has been taken from the feed so far. */
export interface IngestCounts {
  received: number;
  readonly refusals: Partial<Record<RefusalCode, number>>;
}

interface IngestOptions {
  readonly stream: Pick<StreamDefinition, 'name' | 'topic'>;
  readonly service: Pick<FeedService, 'enums' | 'messageName'>;
  readonly schema: AvroSchema;
  readonly schemaId: number;
  readonly publisher: Pick<Publisher, 'add' | 'advance'>;
  readonly position: FeedPosition;
  readonly counts: IngestCounts;
  /** What the feed was asked for. */
  readonly commitment: Commitment;
}

/** Takes events of the feed one by one: an update becomes a record of the topic or, with its reasons, of the rejected topic. */
export function createIngest(options: IngestOptions): (event: FeedEvent) => void {
  const { stream, service, schema, schemaId, publisher, position, counts } = options;
  const { name: topic, key: keyField } = stream.topic;
  const map = createRecordMapper(schema, service.enums);
  const encode = createRecordEncoder(schema, schemaId);
  const asked = COMMITMENTS.indexOf(options.commitment);

  const refuse = (
    bytes: Buffer,
    update: Readonly<Record<string, unknown>> | undefined,
    refusals: readonly Refusal[],
  ) => {
    for (const { code } of refusals) counts.refusals[code] = (counts.refusals[code] ?? 0) + 1;
    const record = rejectedRecord(stream, service.messageName, { bytes, update, refusals }, new Date());
    publisher.add(record, position.slot);
  };

  return (event) => {
    switch (event.kind) {
      case 'update': {
        counts.received += 1;
        const mapped = map(event.update);
        if (!mapped.ok) return refuse(event.bytes, event.update, mapped.refusals);
        const { record } = mapped;
        // The position follows the slots of accepted updates. The slot of a refused one may be wrong, too.
        if (typeof record.slot === 'bigint') position.updated(record.slot);
        publisher.add({ topic, key: keyOf(record[keyField]), value: encode(record) }, position.slot);
        return;
      }
      case 'slot':
        // A slot that is less final than we asked for: its updates are still to come.
        if (event.status !== undefined && COMMITMENTS.indexOf(event.status) < asked) return;
        position.noticed(event.slot);
        if (position.slot !== undefined) publisher.advance(position.slot);
        return;
      case 'undecodable':
        counts.received += 1;
        return refuse(event.bytes, undefined, [{ code: 'UNDECODABLE', message: event.reason }]);
      case 'ping':
        return;
    }
  };
}

const keyOf = (value: AvroValue | undefined): Buffer | null =>
  value === null || value === undefined ? null : Buffer.from(String(value));
