import { describe, expect, it } from 'vitest';
import { createFeedPosition } from '../../../../producer/feed/position.ts';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import type { OutgoingRecord } from '../../../../producer/kafka/outgoing-record.ts';
import { createIngest } from '../../../../producer/record/ingest.ts';
import { createOrdinalCounter } from '../../../../producer/record/ordinals.ts';
import { createAvroType } from '../../../support/avro-type.ts';
import {
  feedMessage,
  positionIncludes,
  positionProto,
  positionSchema,
  positionService,
  positionStream,
  positionUpdate,
} from '../../../support/position-feed.ts';

const service = loadFeedService(positionProto, positionIncludes, positionService);

function createTestIngest() {
  const added: { record: OutgoingRecord; slot: bigint | undefined }[] = [];
  const advanced: bigint[] = [];
  const counts = { received: 0, late: 0, refusals: {} };
  const position = createFeedPosition(1_000n);
  const ordinals = createOrdinalCounter(positionStream.table.current);
  ordinals.subscribed(1_000n);
  const ingest = createIngest({
    stream: positionStream,
    service,
    schema: positionSchema,
    schemaId: 1,
    publisher: {
      add: (record, slot) => void added.push({ record, slot }),
      advance: (slot) => void advanced.push(slot),
    },
    position,
    ordinals,
    counts,
    commitment: 'confirmed',
  });
  const take = (message: Record<string, unknown>) => ingest(service.readEvent(feedMessage(message)));
  return { take, ingest, added, advanced, counts, position };
}

describe('an event of the feed', () => {
  it('that is an update becomes a record with its key, at the slot that the feed has confirmed', () => {
    const { take, added, counts } = createTestIngest();
    take({ update: positionUpdate({ slot: '1001' }) });
    expect(added).toHaveLength(1);
    expect(added[0]?.slot).toBe(1_000n);
    expect(added[0]?.record.topic).toBe('positions');
    expect(added[0]?.record.key?.toString()).toBe(positionUpdate().position_account);
    expect(counts).toEqual({ received: 1, late: 0, refusals: {} });
  });

  it('that cannot be a row goes to the rejected topic, every reason counted, the position unmoved', () => {
    const { take, added, counts, position } = createTestIngest();
    take({ update: positionUpdate({ slot: '1001', size: 'NaN', margin: '1e3', symbol: '' }) });
    expect(added.map(({ record, slot }) => [record.topic, slot])).toEqual([['positions.rejected', 1_000n]]);
    expect(counts).toEqual({ received: 1, late: 0, refusals: { NOT_A_DECIMAL: 2, MISSING: 1 } });
    expect(position.slot).toBe(1_000n);
  });

  it('that cannot be read goes to the rejected topic as it came', () => {
    const { ingest, added, counts } = createTestIngest();
    const bytes = Buffer.from('ffff', 'hex');
    ingest(service.readEvent(bytes));
    expect(added.map(({ record }) => record.value)).toEqual([bytes]);
    expect(counts).toEqual({ received: 1, late: 0, refusals: { UNDECODABLE: 1 } });
  });

  it('that is an update has its number in its slot, refused ones counted', () => {
    const { take, added } = createTestIngest();
    const update = (changes: Record<string, unknown>) => take({ update: positionUpdate({ slot: '1001', ...changes }) });
    update({ signature: 's0' });
    update({ signature: 's1', margin: 'NaN' });
    update({ signature: 's2', bank_id: '18014398509481984' });
    update({ signature: 's3', ordinal: 77 });
    const type = createAvroType(positionSchema.raw);
    const said = added.map(({ record: { topic, value, headers } }) => {
      if (topic === 'positions.rejected') return headers?.ordinal;
      const { ordinal, bank_id } = type.fromBuffer((value ?? Buffer.alloc(0)).subarray(5)) as Record<string, unknown>;
      return [ordinal, bank_id];
    });
    expect(said).toEqual([[0, null], '1', [2, 18014398509481984n], [77, null]]);
  });

  it.each(['7', '3900'])('that is an update of slot %s, late or of the future, is passed on as it comes', (slot) => {
    const { take, added, position } = createTestIngest();
    take({ update: positionUpdate({ slot }) });
    expect(added.map(({ record, slot }) => [record.topic, slot])).toEqual([['positions', 1_000n]]);
    expect(position.slot).toBe(1_000n);
  });

  it('that is a slot moves the position, unless it is less settled than what was asked for', () => {
    const { take, advanced } = createTestIngest();
    take({ slot: { slot: '1001' } });
    take({ slot: { slot: '1002', status: 'COMMITMENT_FINALIZED' } });
    take({ slot: { slot: '1003', status: 'COMMITMENT_CONFIRMED' } });
    take({ slot: { slot: '1900', status: 'COMMITMENT_PROCESSED' } });
    take({ slot: { slot: '900' } });
    take({ ping: {} });
    expect(advanced).toEqual([1_001n, 1_002n, 1_003n, 1_003n]);
  });
});
