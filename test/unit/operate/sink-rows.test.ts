import { expect, test } from 'vitest';
import { createSinkRows } from '../../../operate/sink-rows.ts';
import type { AvroRecord } from '../../../schemas/avro-schema.ts';
import { parseAvroSchema } from '../../../schemas/avro-schema.ts';
import { positions } from '../../support/positions-stream.ts';

const schema = parseAvroSchema(
  JSON.stringify({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'position_account', type: 'string' },
      { name: 'signature', type: 'string' },
      { name: 'memo', type: 'string' },
      { name: 'slot', type: 'long' },
      { name: 'raw', type: 'bytes' },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    ],
  }),
  'test',
);

interface Statement {
  readonly text: string;
  readonly values: readonly (readonly (string | null)[])[];
}

/** What PostgreSQL says of a row: a SQLSTATE, or more of an error's fields. */
type Objection = string | { readonly code: string; readonly table?: string; readonly constraint?: string };

/** A table that refuses the rows of these accounts, and the statements it has seen. */
function table(refused: Readonly<Record<string, Objection>> = {}, immediate: readonly string[] = []) {
  const commands: string[] = [];
  const inserts: Statement[] = [];
  const query = async (statement: string | Statement) => {
    if (typeof statement === 'string') {
      if (!statement.includes('pg_constraint')) commands.push(statement);
      return { rows: [{ tables: ['public.positions', 'public.positions_2026'], immediate }] };
    }
    inserts.push(statement);
    const found = statement.values[0]?.map((account) => refused[account ?? '']).find((state) => state !== undefined);
    if (found === undefined) return { rows: [] };
    const fields = typeof found === 'string' ? { code: found, constraint: 'c' } : found;
    throw Object.assign(new Error('value too long'), { schema: 'public', ...fields });
  };
  const client = { query } as unknown as Parameters<typeof createSinkRows>[0];
  return { rows: createSinkRows(client, positions, schema), commands, inserts };
}

const row = (offset: bigint, position_account: string, more: AvroRecord = {}) => ({
  partition: 0,
  offset,
  values: { position_account, signature: 's', ...more },
});

/** The offsets of the rows in each statement: the last column. */
const offsetsIn = (inserts: readonly Statement[]) => inserts.map(({ values }) => values.at(-1)?.map(Number));

test('rows of one upsert key never meet in one statement, and their order is kept', async () => {
  const { rows, inserts } = table();
  await rows.write([row(0n, 'a'), row(1n, 'b'), row(2n, 'a'), row(3n, 'a'), row(4n, 'b')]);
  expect(offsetsIn(inserts)).toEqual([[0, 1], [2], [3, 4]]);
});

test('rows of another schema are a statement of their own', async () => {
  const { rows, inserts } = table();
  await rows.write([row(0n, 'a'), row(1n, 'b', { memo: 'x' }), row(2n, 'c')]);
  expect(offsetsIn(inserts)).toEqual([[0], [1], [2]]);
});

test('exactly the refused rows are found, and nothing is written', async () => {
  const { rows, commands } = table({ c: '22001', f: '23514' });
  const refused = await rows.findRefused(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name, at) => row(BigInt(at), name)));
  expect(refused.map(({ row: { offset }, sqlState }) => [offset, sqlState])).toEqual([
    [2n, '22001'],
    [5n, '23514'],
  ]);
  expect([commands[0]?.split(';')[0], commands.at(-1)]).toEqual(['BEGIN', 'ROLLBACK']);
  expect(commands).not.toContain('COMMIT');
});

test('a trial that is held up goes on in halves; a row alone waits longer', async () => {
  const { rows, commands, inserts } = table({ c: '55P03' });
  const refused = rows.findRefused(['a', 'b', 'c', 'd'].map((name, at) => row(BigInt(at), name)));
  await expect(refused).rejects.toMatchObject({ code: 'REFUSED' });
  expect(offsetsIn(inserts)).toEqual([[0, 1, 2, 3], [0, 1], [2, 3], [2]]);
  const waits = commands.map((command) => /lock_timeout = '(\w+)'/.exec(command)?.[1]);
  expect(waits.filter((wait) => wait !== undefined)).toEqual(['100ms', '100ms', '100ms', '5s']);
});

test('a trial makes deferred constraints speak up, without one it sets none', async () => {
  const deferred = table({}, ['public.positions_owner_fkey']);
  await deferred.rows.findRefused([row(0n, 'a')]);
  expect(deferred.commands[0]).toMatch(/; SET CONSTRAINTS public\.positions_owner_fkey IMMEDIATE$/);
  const plain = table();
  await plain.rows.findRefused([row(0n, 'a')]);
  expect(plain.commands[0]).not.toMatch(/CONSTRAINTS/);
});

test('a row that is refused keeps all from being written', async () => {
  const { rows, commands } = table({ b: '22001' });
  await expect(rows.write([row(0n, 'a'), row(7n, 'b')])).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'PostgreSQL refuses the row of positions-0@7: value too long',
  });
  expect(commands.at(-1)).toBe('ROLLBACK');
});

test.each([
  ['42703', 'REFUSED'],
  ['55P03', 'REFUSED'],
  ['57P01', 'UNREACHABLE'],
  ['ECONNRESET', 'UNREACHABLE'],
  // No partition of relation "positions" found for row.
  [{ code: '23514', table: 'positions' }, 'REFUSED'],
  [{ code: '23505', table: 'position_days', constraint: 'position_days_pkey' }, 'REFUSED'],
])('an error of %o is no fault of a row: %s', async (state, code) => {
  await expect(table({ a: state }).rows.findRefused([row(0n, 'a')])).rejects.toMatchObject({ code });
});

test.each([
  { code: '23514', table: 'positions', constraint: 'no_thirteen' },
  { code: '23505', table: 'positions_2026', constraint: 'positions_2026_pkey' },
])('an error of %o is the row’s', async (objection) => {
  expect(await table({ a: objection }).rows.findRefused([row(0n, 'a')])).toHaveLength(1);
});

test.each([
  [{ slot: 2n ** 63n - 1n }, '9223372036854775807'],
  [{ memo: '-0.000001' }, '-0.000001'],
  [{ raw: Buffer.from([0, 255]) }, '\\x00ff'],
  [{ memo: null }, null],
  [{ at: new Date('2026-01-01T00:00:00.123Z') }, '2026-01-01T00:00:00.123Z'],
  [{ at: new Date('+012345-06-07T00:00:00.000Z') }, '12345-06-07T00:00:00.000Z'],
  [{ at: new Date('0000-06-07T00:00:00.000Z') }, '0001-06-07T00:00:00.000Z BC'],
  [{ at: new Date('-000043-03-15T00:00:00.000Z') }, '0044-03-15T00:00:00.000Z BC'],
])('%o is written as text that PostgreSQL reads exactly', async (value, text) => {
  const { rows, inserts } = table();
  await rows.write([row(0n, 'a', value)]);
  expect(inserts[0]?.values[2]).toEqual([text]);
});
