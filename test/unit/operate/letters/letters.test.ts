import { describe, expect, test } from 'vitest';
import { toLetter } from '../../../../operate/letters/letter.ts';
import type { LetterContent } from '../../../../operate/letters/letter-content.ts';
import { deadLetterId, ownHeaders, replayCount } from '../../../../operate/letters/letter-headers.ts';
import { waitForRows } from '../../../../operate/letters/replay-letters.ts';
import { groupLetters, meets, parseConditions } from '../../../../operate/letters/select-letters.ts';
import { parseAvroSchema } from '../../../../schemas/avro-schema.ts';
import { positions } from '../../../support/positions-stream.ts';

const record = (offset: bigint, headers: Record<string, string> = {}) => ({
  partition: 0,
  offset,
  key: Buffer.from('Position1'),
  value: Buffer.from(`value ${offset}`),
  headers,
  timestampMs: 0,
});
const from = (partition: number, offset: number, cause = 'too long') => ({
  '__connect.errors.topic': 'positions',
  '__connect.errors.partition': String(partition),
  '__connect.errors.offset': String(offset),
  '__connect.errors.stage': 'TASK_PUT',
  '__connect.errors.exception.class.name': 'org.postgresql.util.PSQLException',
  '__connect.errors.exception.message': cause,
});
const update = (fields: Record<string, string | null>): LetterContent => ({ kind: 'update', fields });

describe('a dead letter', () => {
  test('is named by where it stood, or by where it stands when its headers do not say', () => {
    const letter = toLetter(positions, 'dlq', record(7n, from(3, 81_244)));
    expect(letter).toMatchObject({ id: 'positions-3@81244', cause: 'PSQLException: too long', stage: 'TASK_PUT' });
    expect(toLetter(positions, 'dlq', record(7n))).toMatchObject({ id: 'positions.dlq-0@7', cause: 'not said' });
    const own = { topic: 'positions.dlq', partition: 0, offset: 7n };
    expect(deadLetterId(from(3, 81_244), own)).toBe('positions-3@81244');
    expect(deadLetterId({ '__connect.errors.topic': 'positions' }, own)).toBe('positions.dlq-0@7');
  });

  test('keeps its own headers apart from what was added', () => {
    const headers = { mine: 'a', 'replay.count': '2', 'quarantine.at': 'x', ...from(0, 1) };
    expect(ownHeaders(headers)).toEqual({ mine: 'a' });
    expect(replayCount(headers)).toBe(2);
    expect(replayCount({ 'replay.count': 'many' })).toBe(0);
  });
});

test('rejected updates of the same bytes are the same', () => {
  const [a, b] = [record(1n, { reason: 'TOO_LONG', field: 'symbol' }), { ...record(2n), value: record(1n).value }];
  const [first, second] = [toLetter(positions, 'rejected', a), toLetter(positions, 'rejected', b)];
  expect(first).toMatchObject({ id: 'positions.rejected-0@1', cause: 'TOO_LONG symbol', stage: 'PRODUCER' });
  expect(second.sameAs).toBe(first.sameAs);
});

describe('conditions', () => {
  const open = {
    letter: toLetter(positions, 'dlq', record(7n, from(3, 81_244))),
    content: update({ size: '1.500000' }),
  };
  const met = (...words: string[]) => meets(open, parseConditions(words));

  test('all have to hold, for the letter or for the update in it', () => {
    expect(met()).toBe(true);
    expect(met('cause=TOO', 'stage=task_put', 'partition=3', 'offset=81244', 'key=Position1')).toBe(true);
    expect(met('cause=TOO', 'partition=4')).toBe(false);
    expect(met('offset=7')).toBe(false);
  });

  test('amounts are equal as numbers, text as text', () => {
    expect([met('size=1.5'), met('size=1.50000000'), met('size=01.5'), met('size=1.05')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(meets({ ...open, content: update({ symbol: '10' }) }, parseConditions(['symbol=1']))).toBe(false);
    expect(meets({ ...open, content: update({ note: 'a=b' }) }, parseConditions(['note=a=b']))).toBe(true);
    expect(met('owner=')).toBe(false);
  });

  test('nothing is known of the fields of bytes that cannot be read', () => {
    const content = { kind: 'unreadable', reason: 'x', bytes: 1, hex: '00' } as const;
    expect(meets({ ...open, content }, parseConditions(['size=1.5']))).toBe(false);
    expect(meets({ ...open, content }, parseConditions(['partition=3']))).toBe(true);
  });

  test('a word without a value is a matter of usage', () => {
    expect(() => parseConditions(['size'])).toThrow('--where "size" is not FIELD=VALUE');
    expect(() => parseConditions(['=1'])).toThrow('is not FIELD=VALUE');
  });
});

test('groups are by cause and stage, the largest first', () => {
  const letters = [from(0, 1), from(0, 2, 'other'), from(1, 3)].map((headers, index) =>
    toLetter(positions, 'dlq', record(BigInt(index), headers)),
  );
  expect(groupLetters(letters, new Set(['positions-1@3']))).toEqual([
    {
      cause: 'PSQLException: too long',
      stage: 'TASK_PUT',
      count: 2,
      replayed: 1,
      first: 'positions-0@1',
      last: 'positions-1@3',
    },
    {
      cause: 'PSQLException: other',
      stage: 'TASK_PUT',
      count: 1,
      replayed: 0,
      first: 'positions-0@2',
      last: 'positions-0@2',
    },
  ]);
});

describe('the proof that rows arrived', () => {
  const schema = parseAvroSchema(
    '{"type":"record","name":"R","fields":[{"name":"position_account","type":"string"}]}',
    'test',
  );
  const sent = (account: string, offset: bigint) => ({
    letter: toLetter(positions, 'dlq', record(offset)),
    record: { partition: 1, key: null, value: Buffer.alloc(0), headers: {}, values: { position_account: account } },
    offset,
  });
  const rows = new Map([
    ['from it', { values: {}, partition: 1, offset: 10n }],
    ['from a later one', { values: {}, partition: 1, offset: 99n }],
    ['from an older one', { values: {}, partition: 1, offset: 9n }],
    ['from another partition', { values: {}, partition: 2, offset: 99n }],
  ]);
  const table = {
    keyOf: (values: Readonly<Record<string, string | null>>) => values.position_account ?? '',
    find: async () => rows,
    findCurrent: async () => new Map(),
  };
  const batch = [...rows.keys(), 'nothing'].map((account) => sent(account, 10n));
  const waitFor = (status: object) =>
    waitForRows(
      { stream: positions, target: { status: async () => status } as never, kafka: { brokers: [] }, timeoutMs: 300 },
      { table, schema },
      batch,
    );

  test('is a row from the record or a later one of its partition; what is missing in time is told', async () => {
    const { arrived, failure } = await waitFor({ state: 'RUNNING', tasks: [] });
    expect([...arrived].map(({ record: { values } }) => values.position_account)).toEqual([
      'from it',
      'from a later one',
    ]);
    expect(failure).toMatch(/waited 0.3 s for the replayed rows/);
  });

  test('ends at once when the sink fails, with its cause', async () => {
    const task = { id: 0, state: 'FAILED', worker: 'w', trace: 'a.B: no more' };
    const { arrived, failure } = await waitFor({ name: 's', state: 'RUNNING', worker: 'w', tasks: [task] });
    expect(arrived.size).toBe(2);
    expect(failure).toMatch(/positions-sink does not run: FAILED\n.*\n.*a\.B: no more/);
  });
});
