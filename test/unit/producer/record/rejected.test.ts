import { describe, expect, it } from 'vitest';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import { type RefusedUpdate, rejectedRecord } from '../../../../producer/record/rejected.ts';
import {
  feedMessage,
  positionIncludes,
  positionProto,
  positionService,
  positionStream,
  positionUpdate,
} from '../../../support/position-feed.ts';

const service = loadFeedService(positionProto, positionIncludes, positionService);
/** Bytes beyond this are cut. */
const MAX_REJECTED_BYTES = 512 * 1024;
const at = new Date('2026-01-01T00:00:00Z');
const reject = (refused: RefusedUpdate) => rejectedRecord(positionStream, service, refused, at);
const refusals = [
  { field: 'size', code: 'NOT_A_DECIMAL', message: '"NaN" is not' },
  { field: 'symbol', code: 'MISSING', message: 'is empty' },
  { field: 'owner', code: 'MISSING', message: 'is empty' },
] as const;

function refuse(changes: Record<string, unknown>) {
  const bytes = feedMessage({ update: positionUpdate(changes) });
  const event = service.readEvent(bytes);
  return {
    bytes,
    record: reject({ bytes, refusals, update: event.kind === 'update' ? event.update : {} }),
  };
}

describe('the record of a refused update', () => {
  it('is the original bytes with every reason in its headers', () => {
    const { bytes, record } = refuse({ signature: 'sig', slot: '18446744073709551615' });
    expect(record.topic).toBe('positions.rejected');
    expect(record.value).toBe(bytes);
    expect(record.key?.toString()).toBe(positionUpdate().position_account);
    expect(record.headers).toEqual({
      reason: 'NOT_A_DECIMAL,MISSING',
      field: 'size,symbol,owner',
      detail: JSON.stringify(refusals),
      stream: 'positions',
      slot: '18446744073709551615',
      signature: 'sig',
      'feed-message': 'perps.v1.PositionFeedMessage',
      'rejected-at': '2026-01-01T00:00:00.000Z',
    });
  });

  it('has no key and no signature when they cannot be read', () => {
    const { record } = refuse({ position_account: '', signature: '' });
    expect(record.key).toBeNull();
    expect(record.headers).not.toHaveProperty('signature');
  });

  it('quotes only the beginning of what is too long for a header', () => {
    const { record } = refuse({ position_account: 'x'.repeat(10_000), signature: 'y'.repeat(10_000) });
    expect(record.key?.length).toBe(256);
    expect(record.headers?.signature).toHaveLength(256);
  });

  it('keeps the beginning of bytes that Kafka would not take, and says how many there were', () => {
    const bytes = Buffer.alloc(MAX_REJECTED_BYTES + 1);
    const record = reject({
      bytes,
      update: undefined,
      refusals: [{ code: 'UNDECODABLE', message: 'index out of range' }],
    });
    expect(record.value).toHaveLength(MAX_REJECTED_BYTES);
    expect(record.headers).toMatchObject({ reason: 'UNDECODABLE', field: '', 'original-bytes': String(bytes.length) });
  });
});
