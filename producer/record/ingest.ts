import type { StreamDefinition } from '../../pipeline/types.ts';
import type { AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';
import { COMMITMENTS, type Commitment, type FeedEvent } from '../feed/event.ts';
import type { FeedPosition } from '../feed/position.ts';
import type { FeedService } from '../feed/protocol.ts';
import type { Publisher } from '../kafka/publisher.ts';
import { createRecordEncoder } from './encoder.ts';
import { createRecordMapper } from './mapper.ts';
import type { OrdinalCounter } from './ordinals.ts';
import type { RefusalCode } from './refusal.ts';
import { type RefusedUpdate, rejectedRecord } from './rejected.ts';

/** What has been taken from the feed so far. */
export interface IngestCounts {
  received: number;
  readonly refusals: Partial<Record<RefusalCode, number>>;
}

interface IngestOptions {
  readonly stream: Pick<StreamDefinition, 'name' | 'topic' | 'table'>;
  readonly service: Pick<FeedService, 'update' | 'mapping' | 'messageName'>;
  readonly schema: AvroSchema;
  readonly schemaId: number;
  readonly publisher: Pick<Publisher, 'add' | 'advance'>;
  readonly position: FeedPosition;
  /** Left out for a stream whose updates are not numbered. */
  readonly ordinals?: Pick<OrdinalCounter, 'next'> | undefined;
  readonly counts: IngestCounts;
  /** What the feed was asked for. */
  readonly commitment: Commitment;
}

/** Takes events of the feed one by one: an update becomes a record of the topic or, with its reasons, of the rejected topic. */
export function createIngest(options: IngestOptions): (event: FeedEvent) => void {
  const { stream, service, schema, schemaId, publisher, position, ordinals, counts } = options;
  const { name: topic, key: keyField } = stream.topic;
  const map = createRecordMapper(schema, service);
  const encode = createRecordEncoder(schema, schemaId);
  const asked = COMMITMENTS.indexOf(options.commitment);

  const ordinalField = stream.table.current?.ordinal;

  const refuse = (refused: RefusedUpdate) => {
    for (const { code } of refused.refusals) counts.refusals[code] = (counts.refusals[code] ?? 0) + 1;
    publisher.add(rejectedRecord(stream, service, refused, new Date()), position.slot);
  };

  return (event) => {
    switch (event.kind) {
      case 'update': {
        counts.received += 1;
        const { bytes, update } = event;
        const ordinal = ordinals?.next(event);
        const mapped = map(update);
        if (!mapped.ok) return refuse({ bytes, update, ordinal, refusals: mapped.refusals });
        const { record } = mapped;
        // A feed that numbers its updates knows better.
        if (ordinalField !== undefined) record[ordinalField] ??= ordinal ?? null;
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
        return refuse({ bytes: event.bytes, refusals: [{ code: 'UNDECODABLE', message: event.reason }] });
      case 'ping':
        return;
    }
  };
}

const keyOf = (value: AvroValue | undefined): Buffer | null =>
  value === null || value === undefined ? null : Buffer.from(String(value));
