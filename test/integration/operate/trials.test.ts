import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool, type PostgresClient, type PostgresPool, withPostgres } from '../../../core/postgres.ts';
import { migrate } from '../../../migrations/runner.ts';
import { createSinkRows } from '../../../operate/sink-rows.ts';
import { projectFile, selectStreams } from '../../../pipeline/load.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { type AvroRecord, type AvroSchema, loadAvroSchema, parseAvroSchema } from '../../../schemas/avro-schema.ts';
import { goodRecord } from '../../support/good-record.ts';
import { upsert } from '../../support/position-rows.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

describe('a trial of rows beside a running sink', () => {
  let test: TestProject;
  let stream: StreamDefinition;
  let schema: AvroSchema;
  let pool: PostgresPool;

  beforeAll(async () => {
    test = await createTestProject({ name: 'trials' });
    [stream] = selectStreams(test.project, ['positions']) as [StreamDefinition];
    schema = loadAvroSchema(projectFile(test.project, stream.schema));
    await migrate(test.database, { folder: `${test.root}/migrations`, direction: 'up' });
    pool = createPool(test.database, 3);
  });
  afterAll(async () => {
    await pool?.end();
    await test?.remove();
  });

  const rowOf = (number: number, changes: AvroRecord = {}) => ({
    partition: 0,
    offset: BigInt(number),
    values: goodRecord(number, changes),
  });
  /** One commit of a sink. */
  const commit = async (...statements: { text: string; values: unknown[] }[]) => {
    const client = await pool.connect();
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = '2s'`);
      for (const { text, values } of statements) await client.query(text, values);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };

  it('locks no position: a commit of new states goes through between two of its statements', async () => {
    const accounts = ['Early', 'Late'];
    const states = (signature: string, slot: number) =>
      upsert(accounts.map((position_account) => ({ position_account, signature, slot, kafka_offset: slot })));
    await commit(states('now', 100));
    let outcome: string | undefined;
    await withPostgres(test.database, async (client) => {
      const query = async (...args: Parameters<PostgresClient['query']>) => {
        const answer = await client.query(...args);
        const [statement] = args as unknown as [string | { text: string }];
        if (typeof statement !== 'string' && statement.text.includes('INSERT') && outcome === undefined) {
          outcome = await commit(states('next', 101)).then(() => 'committed', String);
        }
        return answer;
      };
      const rows = createSinkRows({ query } as unknown as PostgresClient, stream, schema);
      const old = (number: number, position_account: string, symbol = 'BTC-USD') =>
        rowOf(number, { position_account, signature: `old-${number}`, symbol });
      // The refused row has the halves tried by themselves: Late before Early, against the order in which a commit locks.
      const refused = await rows.findRefused([
        old(1, 'Late'),
        old(2, 'Late'),
        old(3, 'Late', 'X'.repeat(21)),
        old(4, 'Early'),
      ]);
      expect(refused.map(({ row }) => row.offset)).toEqual([3n]);
    });
    expect(outcome).toBe('committed');
  });

  it('of rows that the sink is writing meanwhile ends no commit in a deadlock', async () => {
    const numbers = Array.from({ length: 60 }, (_, number) => number);
    const tried = numbers.map((number) => rowOf(number, number % 10 === 5 ? { symbol: 'X'.repeat(21) } : {}));
    let isTrying = true;
    const sink = async () => {
      for (let delivery = 1; isTrying; delivery += 1) {
        // A sink's rows leave in the order of a hash table.
        const rows = numbers.map((number) => {
          const { position_account, signature } = goodRecord(number) as { position_account: string; signature: string };
          return { position_account, signature, slot: number, kafka_offset: delivery };
        });
        rows.sort((a, b) =>
          a.signature.split('').reverse().join('') < b.signature.split('').reverse().join('') ? 1 : -1,
        );
        const parts = [0, 20, 40].map((at) => upsert(rows.slice(at, at + 20)));
        await commit(...parts);
      }
    };
    const trials = withPostgres(test.database, async (client) => {
      const rows = createSinkRows(client, stream, schema);
      expect(await rows.findRefused(tried).finally(() => (isTrying = false))).toHaveLength(6);
    });
    await Promise.all([trials, sink()]);
  });
});

describe('what PostgreSQL says in a trial', () => {
  let test: TestProject;
  beforeAll(async () => {
    test = await createTestProject({ name: 'refusals' });
  });
  afterAll(() => test?.remove());

  const schema = parseAvroSchema(
    JSON.stringify({
      type: 'record',
      name: 'R',
      fields: ['id', 'owner'].map((name) => ({ name, type: 'string' })),
    }),
    'test',
  );
  /** Tries rows with these ids and owners on a table that this SQL has made. */
  const refusedIds = async (setUp: string, ...rows: [id: string, owner: string][]) => {
    const [positions] = selectStreams(test.project, ['positions']) as [StreamDefinition];
    const stream = {
      ...positions,
      table: { name: 'public.parts', key: ['id'] },
      sink: { ...positions.sink, omit: [] },
    };
    return withPostgres(test.database, async (client) => {
      await client.query(`DROP TABLE IF EXISTS parts, owners; ${setUp}`);
      const sink = createSinkRows(client, stream, schema);
      const tried = rows.map(([id, owner], at) => ({ partition: 0, offset: BigInt(at), values: { id, owner } }));
      return (await sink.findRefused(tried)).map(({ row, sqlState }) => `${row.values.id} ${sqlState}`);
    });
  };
  const COLUMNS = 'id text PRIMARY KEY, owner text, kafka_partition int, kafka_offset bigint';
  const refuse = `CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.owner = 'bad' THEN RAISE EXCEPTION 'no'; END IF; RETURN NULL; END $$;`;

  it('a partition that nobody has made is no row’s fault, a constraint of a partition is', async () => {
    const parts = `CREATE TABLE parts (${COLUMNS}) PARTITION BY RANGE (id);
      CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM ('a') TO ('b');
      ALTER TABLE parts_a ADD CONSTRAINT good CHECK (owner <> 'bad');`;
    await expect(refusedIds(parts, ['a1', ''], ['b1', ''])).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'PostgreSQL cannot take rows of public.parts now: no partition of relation "parts" found for row',
    });
    expect(await refusedIds(parts, ['a1', ''], ['a2', 'bad'])).toEqual(['a2 23514']);
  });

  it('a key of another table is no row’s fault', async () => {
    const copies = `CREATE TABLE owners (owner text PRIMARY KEY); CREATE TABLE parts (${COLUMNS});
      CREATE OR REPLACE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO owners VALUES (NEW.owner); RETURN NULL; END $$;
      CREATE TRIGGER note AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION note();`;
    await expect(refusedIds(copies, ['a', 'x'], ['b', 'x'])).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringMatching(/"owners_pkey"/),
      details: { table: 'owners' },
    });
  });

  it('deferred references and constraint triggers of the table itself speak up', async () => {
    const references = `CREATE TABLE owners (owner text PRIMARY KEY); INSERT INTO owners VALUES ('x');
      CREATE TABLE parts (${COLUMNS}, FOREIGN KEY (owner) REFERENCES owners DEFERRABLE INITIALLY DEFERRED);`;
    expect(await refusedIds(references, ['a', 'x'], ['b', 'y'])).toEqual(['b 23503']);
    const trigger = `CREATE TABLE parts (${COLUMNS}); ${refuse}
      CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON parts DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION refuse();`;
    expect(await refusedIds(trigger, ['a', 'x'], ['b', 'bad'])).toEqual(['b P0001']);
  });
});
