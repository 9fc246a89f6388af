import { describe, expect, it } from 'vitest';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import { createRecordMapper } from '../../../../producer/record/mapper.ts';
import { type AvroField, parseAvroSchema } from '../../../../schemas/avro-schema.ts';
import {
  feedMessage,
  positionIncludes,
  positionProto,
  positionSchema,
  positionService,
  positionUpdate,
} from '../../../support/position-feed.ts';

const service = loadFeedService(positionProto, positionIncludes, positionService);
const mapper = createRecordMapper(positionSchema, service);

/** Maps an update that has gone over the wire. */
function map(changes: Record<string, unknown> = {}, without: readonly string[] = []) {
  const update = positionUpdate(changes);
  for (const field of without) delete update[field];
  const event = service.readEvent(feedMessage({ update }));
  if (event.kind !== 'update') throw new Error(`read as ${event.kind}`);
  return mapper(event.update);
}

function refusals(changes: Record<string, unknown>, without: readonly string[] = []): string[] {
  const mapped = map(changes, without);
  return mapped.ok ? [] : mapped.refusals.map(({ field, code }) => `${field} ${code}`);
}

function fieldOf(changes: Record<string, unknown>, field: string): unknown {
  const mapped = map(changes);
  if (!mapped.ok) throw new Error(JSON.stringify(mapped.refusals));
  return mapped.record[field];
}

describe('an update that the table can hold', () => {
  it('becomes a record with canonical values', () => {
    expect(map()).toEqual({
      ok: true,
      record: {
        position_account: '7Np41oeYqPefeNQEHSv1UDhYrehxin3NStELsSKCT4K2',
        position_index: 3,
        owner: '4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T',
        signature: '5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW',
        slot: 312000123n,
        block_time: new Date('2026-01-01T00:00:00.123Z'),
        symbol: 'BTC-USD',
        side: 'Short',
        size: '1.25000001',
        entry_price: '65000.123456',
        mark_price: '65100.500000',
        margin: '8125.000000',
        leverage: 10,
        unrealized_pnl: '-125.470680',
        realized_pnl: '0.000000',
        funding_accrued: '-1.250000',
        liquidation_price: '78500.000001',
        status: 'Open',
        event_type: 'PNL_UPDATE',
        ordinal: null,
        bank_id: null,
      },
    });
  });

  it('keeps 38 digits, both signs', () => {
    const whole = '9'.repeat(32);
    expect(fieldOf({ unrealized_pnl: `-${whole}.999999` }, 'unrealized_pnl')).toBe(`-${whole}.999999`);
    expect(fieldOf({ size: `${'9'.repeat(30)}.99999999` }, 'size')).toBe(`${'9'.repeat(30)}.99999999`);
  });

  it('keeps slots up to 2^63 - 1 exactly', () => {
    expect(fieldOf({ slot: '9223372036854775807' }, 'slot')).toBe(2n ** 63n - 1n);
    expect(fieldOf({ slot: '9007199254740993' }, 'slot')).toBe(2n ** 53n + 1n);
  });

  it.each([
    ['1', '1.000000'],
    ['-1', '-1.000000'],
    ['007.5', '7.500000'],
    ['-0', '0.000000'],
    ['-0.000000', '0.000000'],
    ['-0.000001', '-0.000001'],
    ['00.000000', '0.000000'],
  ])('writes the amount %s as %s', (sent, kept) => {
    expect(fieldOf({ margin: sent }, 'margin')).toBe(kept);
  });

  it('may have zeros, which are not the same as nothing', () => {
    expect(fieldOf({ position_index: 0 }, 'position_index')).toBe(0);
    expect(fieldOf({ leverage: 0 }, 'leverage')).toBe(0);
  });

  it('may be of the epoch, because its time is an optional field', () => {
    expect(fieldOf({ block_time: '0' }, 'block_time')).toEqual(new Date(0));
  });

  it('takes every word of every enum', () => {
    for (const status of ['OPENING', 'OPEN', 'MODIFYING', 'CLOSING', 'CLOSED', 'LIQUIDATING']) {
      expect(String(fieldOf({ status: `POSITION_STATUS_${status}` }, 'status')).toUpperCase()).toBe(status);
    }
    for (const event of ['OPENED', 'MODIFIED', 'CLOSED', 'LIQUIDATED', 'PNL_UPDATE']) {
      expect(fieldOf({ event_type: `EVENT_TYPE_${event}` }, 'event_type')).toBe(event);
    }
    expect(fieldOf({ side: 'SIDE_LONG' }, 'side')).toBe('Long');
  });

  it('is measured in characters, not in UTF-16 units', () => {
    expect(fieldOf({ symbol: '🐕'.repeat(20) }, 'symbol')).toBe('🐕'.repeat(20));
    expect(refusals({ symbol: '🐕'.repeat(21) })).toEqual(['symbol TOO_LONG']);
  });
});

describe('an update that the table cannot hold', () => {
  it.each([
    ['a symbol of 21 characters', { symbol: 'X'.repeat(21) }, ['symbol TOO_LONG']],
    ['an account of 45 characters', { position_account: 'X'.repeat(45) }, ['position_account TOO_LONG']],
    ['a signature of 89 characters', { signature: 'X'.repeat(89) }, ['signature TOO_LONG']],
    ['an empty signature', { signature: '' }, ['signature MISSING']],
    ['39 digits', { margin: `${'9'.repeat(33)}.000000` }, ['margin TOO_MANY_DIGITS']],
    ['33 digits before the point', { margin: '1'.repeat(33) }, ['margin TOO_MANY_DIGITS']],
    ['NaN', { size: 'NaN' }, ['size NOT_A_DECIMAL']],
    ['Infinity', { size: '-Infinity' }, ['size NOT_A_DECIMAL']],
    ['an exponent', { size: '1e3' }, ['size NOT_A_DECIMAL']],
    ['a plus sign', { size: '+1' }, ['size NOT_A_DECIMAL']],
    ['a space', { size: '1 ' }, ['size NOT_A_DECIMAL']],
    ['a comma', { size: '1,5' }, ['size NOT_A_DECIMAL']],
    ['no digit before the point', { size: '.5' }, ['size NOT_A_DECIMAL']],
    ['a trailing newline', { size: '1.00000000\n' }, ['size NOT_A_DECIMAL']],
    ['an empty amount', { size: '' }, ['size MISSING']],
    ['9 fraction digits of size', { size: '0.000000001' }, ['size TOO_MANY_FRACTION_DIGITS']],
    ['7 fraction digits, even zeros', { margin: '1.0000000' }, ['margin TOO_MANY_FRACTION_DIGITS']],
    ['an unset side', { side: 'SIDE_UNSPECIFIED' }, ['side MISSING']],
    ['an unknown side', { side: 99 }, ['side NOT_ALLOWED']],
    ['an unknown status', { status: 77 }, ['status NOT_ALLOWED']],
    ['leverage 40000', { leverage: 40_000 }, ['leverage OUT_OF_RANGE']],
    ['leverage 32768', { leverage: 32_768 }, ['leverage OUT_OF_RANGE']],
    ['an index beyond INTEGER', { position_index: 2_147_483_648 }, ['position_index OUT_OF_RANGE']],
    ['a slot of 2^63', { slot: '9223372036854775808' }, ['slot OUT_OF_RANGE']],
    ['a slot of 2^64 - 1', { slot: '18446744073709551615' }, ['slot OUT_OF_RANGE']],
    ['a time in microseconds', { block_time: '1767225600123000' }, ['block_time OUT_OF_RANGE']],
    ['a time before year 1', { block_time: '-62135596800001' }, ['block_time OUT_OF_RANGE']],
    ['a NUL character', { symbol: 'BTC\0' }, ['symbol BAD_TEXT']],
    ['an escape sequence', { owner: 'a\u001b[2Kb' }, ['owner BAD_TEXT']],
    ['a control character of the upper half', { owner: 'a\u009b2Kb' }, ['owner BAD_TEXT']],
    ['a replacement character, which broken UTF-8 becomes', { owner: 'a\uFFFDb' }, ['owner BAD_TEXT']],
  ])('%s is refused', (_name, changes, expected) => {
    expect(refusals(changes)).toEqual(expected);
  });

  it.each([
    'position_index',
    'slot',
    'leverage',
    'position_account',
    'owner',
    'signature',
    'symbol',
    'size',
    'margin',
    'side',
    'event_type',
    'block_time',
  ])('without %s it is refused', (field) => {
    expect(refusals({}, [field])).toEqual([`${field} MISSING`]);
  });

  it('takes the last allowed value on each side', () => {
    expect(refusals({ leverage: 32_767, position_index: 2_147_483_647, symbol: 'X'.repeat(20) })).toEqual([]);
    expect(refusals({ block_time: '253402300799999' })).toEqual([]);
    expect(refusals({ block_time: '-62135596800000' })).toEqual([]);
  });

  it('is refused with every reason, not only the first', () => {
    expect(refusals({ symbol: '', size: '1e3', leverage: 70_000 }, ['block_time'])).toEqual([
      'block_time MISSING',
      'symbol MISSING',
      'size NOT_A_DECIMAL',
      'leverage OUT_OF_RANGE',
    ]);
  });

  it('is quoted in part only, whatever its length', () => {
    const mapped = map({ size: '9'.repeat(100_000), symbol: 'X'.repeat(100_000) });
    expect(mapped.ok).toBe(false);
    expect(JSON.stringify(mapped).length).toBeLessThan(500);
  });
});

describe('a mapper of another schema', () => {
  const mapperOf = (...fields: object[]) =>
    createRecordMapper(parseAvroSchema(JSON.stringify({ type: 'record', name: 'Other', fields }), 'other.avsc'));

  it('reads every kind of field, and null where the schema allows it', () => {
    const all: { name: string; type: unknown }[] = [
      { name: 'text', type: ['null', 'string'] },
      { name: 'word', type: ['null', 'string'] },
      { name: 'whole', type: ['null', 'int'] },
      { name: 'big', type: ['null', 'long'] },
      { name: 'yes', type: ['null', 'boolean'] },
      { name: 'real', type: ['null', 'double'] },
      { name: 'raw', type: ['null', 'bytes'] },
      { name: 'amount', type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 4 }] },
    ];
    const map = mapperOf(...all);
    const names = all.map(({ name }) => name);
    expect(map({})).toEqual({ ok: true, record: Object.fromEntries(names.map((name) => [name, null])) });
    const raw = Buffer.from([0, 1]);
    const update = { text: '', word: 'w', whole: -1, big: '-5', yes: false, real: -0.5, raw, amount: '-0.5' };
    expect(map(update)).toEqual({ ok: true, record: { ...update, big: -5n, amount: '-0.5000' } });
  });

  it.each<[AvroField['kind'], unknown]>([
    ['string', 5],
    ['int', 1.5],
    ['int', '1.5'],
    ['int', Number.NaN],
    ['long', 2 ** 53],
    ['long', 'many'],
    ['boolean', 1],
    ['double', Number.POSITIVE_INFINITY],
    ['bytes', 'text'],
  ])('refuses for %s the value %s', (kind, value) => {
    const mapped = mapperOf({ name: 'field', type: kind })({ field: value });
    expect(mapped).toMatchObject({ ok: false, refusals: [{ field: 'field', code: 'WRONG_TYPE' }] });
  });

  it('refuses a text that is too short', () => {
    const map = mapperOf({ name: 'field', type: 'string', minLength: 3 });
    expect(map({ field: 'ab' })).toMatchObject({ refusals: [{ code: 'TOO_SHORT' }] });
    expect(map({ field: '🐕🐕' })).toMatchObject({ refusals: [{ code: 'TOO_SHORT' }] });
    expect(map({ field: 'abc' })).toMatchObject({ ok: true });
  });

  it('takes a text of several lines and with tabs', () => {
    expect(mapperOf({ name: 'field', type: 'string' })({ field: 'a\r\n\tb' })).toMatchObject({ ok: true });
  });

  it('refuses half of a surrogate pair', () => {
    expect(mapperOf({ name: 'field', type: 'string' })({ field: 'a\uD83D' })).toMatchObject({
      refusals: [{ code: 'BAD_TEXT' }],
    });
  });

  it('takes words as they are when the feed sends text', () => {
    const map = mapperOf({ name: 'side', type: 'string', allowed: ['Long', 'Short'] });
    expect(map({ side: 'Long' })).toEqual({ ok: true, record: { side: 'Long' } });
    expect(map({ side: 'long' })).toMatchObject({ refusals: [{ code: 'NOT_ALLOWED' }] });
    expect(map({ side: '' })).toMatchObject({ refusals: [{ code: 'MISSING' }] });
  });
});
