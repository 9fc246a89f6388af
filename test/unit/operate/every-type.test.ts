import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresClient } from '../../../core/postgres.ts';
import { canonicalRecord, differingColumns } from '../../../operate/canonical.ts';
import { createStatements } from '../../../operate/sink-statements.ts';
import { createTableReader } from '../../../operate/table-reader.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { openPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { positions } from '../../support/positions-stream.ts';
import { TYPE_CASES } from '../../support/types/matrix.ts';
import { samples, samplesSchema } from '../../support/types/samples.ts';
import { typesMigration } from '../../support/types/schema.ts';

const stream: StreamDefinition = {
  ...positions,
  table: { name: 'public.samples', key: ['id'], current: undefined, replaces: undefined },
  sink: { ...positions.sink, omit: [] },
} as StreamDefinition;

const sent = samples();
const keys = sent.map(({ record }) => canonicalRecord(samplesSchema.fields, record));

let database: PGlite;
beforeAll(async () => {
  database = await openPglite();
  const [tables = ''] = typesMigration.replace('-- Up Migration', '').split('CREATE TRIGGER');
  await database.exec(tables);
  const statement = createStatements(stream, samplesSchema);
  const { text, values } = statement(
    sent.map(({ record }, offset) => ({ partition: 0, offset: BigInt(offset), values: record })),
  );
  await database.query(text, values as unknown[]);
}, PGLITE_TIMEOUT_MS);
afterAll(() => database?.close());

const read = () => createTableReader(database as unknown as PostgresClient, stream, samplesSchema).find(keys);

it('a trial writes each value as the sink does', async () => {
  await database.exec(
    "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1",
  );
  const columns = TYPE_CASES.map(({ name }) => `${name}::text AS ${name}`).join(', ');
  const { rows } = await database.query<{ id: string }>(`SELECT id, ${columns} FROM samples`);
  for (const { record, texts } of sent) {
    expect(rows.find(({ id }) => id === record.id)).toEqual({ id: record.id, ...texts });
  }
});

describe.each([
  ['as it comes', 'RESET ALL'],
  [
    'that shows everything in another form',
    "SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, DMY'; SET bytea_output = 'escape'; SET extra_float_digits = -5",
  ],
])('in a session %s', (_name, settings) => {
  it('each column reads as its record', async () => {
    await database.exec(settings);
    const found = await read();
    for (const values of keys) {
      const row = found.get(String(values.id));
      expect(row && differingColumns(samplesSchema.fields, values, row.values)).toEqual([]);
    }
  });
});

/** Types that may be in the key, as the rule KEY_TYPE has it. */
const KEY_CASES = TYPE_CASES.filter(
  ({ name, column }) => !/\[\]$|^jsonb$|^color$/.test(column) && !(name.startsWith('ident') && column !== 'uuid'),
);

it.each(KEY_CASES.map(({ name }) => [name]))('a row is found by a key of %s', async (name) => {
  await database.exec('RESET ALL');
  const keyed = { ...stream, table: { ...stream.table, key: [name] } };
  const reader = createTableReader(database as unknown as PostgresClient, keyed, samplesSchema);
  for (const values of keys.filter((one) => one[name] !== null).slice(0, 4)) {
    expect((await reader.find([values])).get(String(values[name]))?.values[name]).toBe(values[name]);
  }
});

it.each(TYPE_CASES.map(({ name }) => [name]))('a wrong value of %s is a difference', async (name) => {
  await database.exec('RESET ALL; BEGIN');
  try {
    await database.exec(
      `UPDATE samples SET ${name} = (SELECT ${name} FROM samples WHERE id = 'null') WHERE id = 'sent-0'`,
    );
    const found = await read();
    const [first] = keys as [(typeof keys)[0]];
    const row = found.get('sent-0');
    expect(row && differingColumns(samplesSchema.fields, first, row.values)).toEqual([name]);
  } finally {
    await database.exec('ROLLBACK');
  }
});
