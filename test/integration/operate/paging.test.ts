import { afterAll, beforeAll, expect, it } from 'vitest';
import { withPostgres } from '../../../core/postgres.ts';
import { preparedStatements } from '../../support/documented-sql.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

const statements = preparedStatements('tables.md');
const HIGHEST = (2n ** 63n - 1n).toString();
const ROWS = 60_000;
const OWNERS = 100;
const POSITIONS = 300;

type Row = Readonly<Record<string, string>>;

let sink: SinkFixture;
beforeAll(async () => {
  sink = await createSinkFixture('paging');
  await sink.query('CREATE INDEX CONCURRENTLY idx_positions_slot ON positions (slot, id)');
  // Two days of 20 updates a slot; one signature in every row.
  await sink.query(`
    INSERT INTO positions (position_account, position_index, owner, signature, slot, block_time, symbol, side, size, entry_price, mark_price,
      margin, leverage, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type)
    SELECT 'account' || n % ${POSITIONS}, 0, 'owner' || n % ${OWNERS}, 'signature' || n, n / 20, '2026-01-01'::timestamp + n * INTERVAL '2 s', 'BTC-USD', 'Long',
      1, 1, 1, 1, 1, 1, 1, 1, 1, 'Open', 'PNL_UPDATE'
    FROM generate_series(1, ${ROWS}) AS n`);
  await sink.query('VACUUM ANALYZE positions');
  await sink.deploy();
}, 180_000);
afterAll(() => sink?.test.remove());

const ask = (name: string, values: readonly unknown[]): Promise<Row[]> =>
  withPostgres(
    sink.test.database,
    async (client) => (await client.query<Row>(statements.get(name) ?? '', [...values])).rows,
  );

/** Pages until one is empty. `next`: the values behind a row. `between`: what happens after each page. */
async function pages(
  name: string,
  first: readonly unknown[],
  next: (row: Row) => readonly unknown[],
  between: () => Promise<void> = async () => {},
): Promise<Row[]> {
  const seen: Row[] = [];
  for (let values = first; ; ) {
    const page = await ask(name, values);
    const last = page.at(-1);
    if (last === undefined) return seen;
    seen.push(...page);
    values = next(last);
    await between();
  }
}

const idsOf = (rows: readonly Row[]): string[] => rows.map(({ id = '' }) => id);
const inTable = async (condition: string): Promise<string[]> =>
  (await sink.query(`SELECT id::text FROM positions WHERE ${condition} ORDER BY positions.id`)).map(({ id }) =>
    String(id),
  );
const sorted = (ids: readonly string[]): string[] => ids.toSorted((a, b) => Number(a) - Number(b));

let sent = 0;
/** The sink writes newer updates of the same position and owner, and waits until it has. */
async function write(): Promise<void> {
  const rows = Array.from({ length: 20 }, () => {
    sent += 1;
    const changes = {
      position_account: 'account7',
      owner: 'owner7',
      slot: 50_000n + BigInt(sent),
      signature: `late${sent}`,
    };
    return { key: 'account7', value: sink.encode(sent, changes) };
  });
  await sink.send(rows);
}

it('each row of a history that was there is seen once, and none twice, while the sink writes', async () => {
  for (const [name, column, value] of [
    ['position_history', 'position_account', 'account7'],
    ['owner_history', 'owner', 'owner7'],
  ] as const) {
    const there = await inTable(`${column} = '${value}'`);
    const seen = idsOf(await pages(name, [value, HIGHEST, HIGHEST], ({ slot, id }) => [value, slot, id], write));
    expect(new Set(seen).size).toBe(seen.length);
    expect(there.filter((id) => !seen.includes(id))).toEqual([]);
    expect(seen.length).toBeGreaterThan(150);
  }
  expect(sent).toBeGreaterThan(100);
}, 60_000);

it('a day is read whole, from bounds that were read before', async () => {
  const day = '2026-01-01';
  const [bounds] = await ask('day_bounds', [day]);
  // The sink goes on: what it adds to the day now has higher ids.
  const there = await inTable(`block_time::date = '${day}' AND id <= ${bounds?.last}`);
  const seen = await pages('day_page', [day, '0', bounds?.last], ({ id }) => [day, id, bounds?.last]);
  expect(idsOf(seen)).toEqual(there);
  expect(there.length).toBeGreaterThan(43_000);
}, 60_000);

it('what is new is read once each, up to the bound of stream_freshness', async () => {
  const bounds = [1_000n, 1_000n, 2_999n];
  const seen: string[] = [];
  let [slot, id] = ['-1', HIGHEST];
  for (const to of bounds) {
    await sink.query(`INSERT INTO stream_completeness (stream, complete_to_slot, measured_at) VALUES ('positions', ${to}, now())
      ON CONFLICT (stream) DO UPDATE SET complete_to_slot = EXCLUDED.complete_to_slot`);
    const [{ complete_to_slot: bound = '' } = {}] = await ask('export_bound', []);
    expect(bound).toBe(String(to));
    const rows = await pages('new_rows', [slot, id, bound], (row) => [row.slot, row.id, bound]);
    seen.push(...idsOf(rows));
    [slot, id] = [bound, HIGHEST];
  }
  expect(sorted(seen)).toEqual(await inTable('slot <= 2999'));
  expect(new Set(seen).size).toBe(seen.length);
}, 60_000);

interface Node {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Presorted Key'?: readonly string[];
  readonly Plans?: readonly Node[];
}
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

it.each([
  ['position_history', ['account7', '2500', '0'], 'idx_position_slot_asc'],
  ['owner_history', ['owner7', '2500', '0'], 'idx_owner_slot_asc'],
  ['day_bounds', ['2026-01-02'], 'idx_block_time_brin'],
  ['day_page', ['2026-01-01', '30000', '43199'], 'positions_pkey'],
  ['new_rows', ['2500', '50000', '2999'], 'idx_positions_slot'],
])('%s is read by its index, and sorts nothing but rows of one slot', async (name, values, index) => {
  const [row] = await withPostgres(
    sink.test.database,
    async (client) =>
      (await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(`EXPLAIN (FORMAT JSON) ${statements.get(name)}`, values))
        .rows,
  );
  const nodes = nodesOf(row?.['QUERY PLAN'][0].Plan as Node);
  expect(nodes.map((node) => node['Index Name'])).toContain(index);
  expect(nodes.filter((node) => ['Seq Scan', 'Sort'].includes(node['Node Type']))).toEqual([]);
  for (const node of nodes)
    if (node['Node Type'] === 'Incremental Sort') expect(node['Presorted Key']).toEqual(['slot']);
});
