import type { StreamDefinition } from '../../pipeline/types.ts';
import type { AvroSchema, AvroValue } from '../../schemas/avro-schema.ts';
import { COMMITMENTS, type Commitment, type FeedEvent, type SentMessage } from '../feed/event.ts';
import type { AnyFeedService } from '../feed/feed-service.ts';
import type { FeedPosition } from '../feed/position.ts';
import type { Publisher } from '../kafka/publisher.ts';
import { createRecordEncoder } from './encoder.ts';
import { createRecordMapper } from './mapper.ts';
import type { OrdinalCounter } from './ordinals.ts';
import type { Refusal, RefusalCode } from './refusal.ts';
import { type RefusedUpdate, rejectedRecord } from './rejected.ts';
import type { SlotTimes } from './slot-times.ts';

/** What has been taken from the feed so far. */
export interface IngestCounts {
  received: number;
  /** Of slots that the feed had gone on beyond. */
  late: number;
  readonly refusals: Partial<Record<RefusalCode, number>>;
}

interface IngestOptions {
  readonly stream: Pick<StreamDefinition, 'name' | 'topic' | 'table'>;
  readonly service: AnyFeedService;
  readonly schema: AvroSchema;
  readonly schemaId: number;
  readonly publisher: Pick<Publisher, 'add' | 'advance'>;
  readonly position: FeedPosition;
  /** Which updates lie beyond the slot that the run ends with. Default: none. */
  readonly isBeyond?: ((update: SentMessage) => boolean) | undefined;
  /** Follows when updates were. */
  readonly times?: Pick<SlotTimes, 'note'> | undefined;
  /** Moves the position by an update, where no slot notices do; a refusal says what is wrong with it. */
  readonly take?: ((update: SentMessage) => Refusal | undefined) | undefined;
  /** Left out for a stream whose updates are not numbered. */
  readonly ordinals?: Pick<OrdinalCounter, 'next'> | undefined;
  readonly counts: IngestCounts;
  /** What the feed was asked for. */
  readonly commitment: Commitment;
}

/** Takes events of the feed one by one: an update becomes a record of the topic or, with its reasons, of the rejected topic. */
export function createIngest(options: IngestOptions): (event: FeedEvent) => void {
  const { stream, service, schema, schemaId, publisher, position, take, ordinals, counts, isBeyond, times } = options;
  const { name: topic, key: keyField } = stream.topic;
  const map = createRecordMapper(schema, service);
  const encode = createRecordEncoder(schema, schemaId);
  const asked = COMMITMENTS.indexOf(options.commitment);

  const ordinalField = stream.table.current?.ordinal;
  const encodeUpdate = service.kind === 'replay' ? () => NOT_ALONE : service.encodeUpdate;
  /** An update of a list has no bytes of its own: it is written again where they tell updates apart, or are kept. */
  const bytesOf = ordinals === undefined ? () => NOT_ALONE : encodeUpdate;

  const refuse = (refused: RefusedUpdate) => {
    for (const { code } of refused.refusals) counts.refusals[code] = (counts.refusals[code] ?? 0) + 1;
    const { update, bytes } = refused;
    const whole = bytes === NOT_ALONE && update !== undefined ? { ...refused, bytes: encodeUpdate(update) } : refused;
    publisher.add(rejectedRecord(stream, service, whole, new Date()), position.slot);
  };

  const takeUpdate = (update: SentMessage, bytes: Buffer): void => {
    if (isBeyond?.(update)) {
      // It is not published. Where there are no notices, it says that the slots before it are complete.
      take?.(update);
      return;
    }
    counts.received += 1;
    const ordinal = ordinals?.next({ update, bytes });
    const misplaced = take?.(update);
    const mapped = map(update);
    if (misplaced !== undefined || !mapped.ok) {
      const refusals = misplaced === undefined && !mapped.ok ? mapped.refusals : [misplaced as Refusal];
      refuse({ bytes, update, ordinal, refusals });
      return;
    }
    const { record } = mapped;
    // A feed that numbers its updates knows better.
    if (ordinalField !== undefined) record[ordinalField] ??= ordinal ?? null;
    if (typeof record.slot === 'bigint' && position.updated(record.slot)) counts.late += 1;
    // Where an update moves the position, that is its slot, whatever the record calls so.
    const slot = take === undefined ? record.slot : position.slot;
    if (typeof slot === 'bigint') times?.note(slot, record);
    publisher.add({ topic, key: keyOf(record[keyField]), value: encode(record) }, position.slot);
  };

  return (event) => {
    switch (event.kind) {
      case 'update':
        takeUpdate(event.update, event.bytes);
        return;
      case 'slot':
        // A slot that is less final than we asked for: its updates are still to come.
        if (event.status !== undefined && COMMITMENTS.indexOf(event.status) < asked) return;
        position.noticed(event.slot);
        if (position.slot !== undefined) publisher.advance(position.slot);
        return;
      case 'updates':
        for (const update of event.updates) takeUpdate(update, bytesOf(update));
        return;
      case 'undecodable':
        counts.received += 1;
        refuse({ bytes: event.bytes, refusals: [{ code: 'UNDECODABLE', message: event.reason }] });
        return;
      case 'ping':
        return;
    }
  };
}

const NOT_ALONE = Buffer.alloc(0);

const keyOf = (value: AvroValue | undefined): Buffer | null =>
  value === null || value === undefined ? null : Buffer.from(String(value));
