import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { periodOf, periodsBetween } from '../../../pipeline/partitions.ts';
import { runCli, succeed } from '../../support/cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';
import { startWatch } from '../../support/started-watch.ts';

const DAY_MS = 86_400_000;
let sink: SinkFixture;
const options = () => ({ cwd: sink.test.root, env: sink.test.env });
const run = (...words: string[]) => runCli([...words, 'positions'], options());
const json = async (...words: string[]) =>
  JSON.parse((await succeed([...words, 'positions', '-o', 'json'], options())).stdout);
/** The instant so many days from now. */
const inDays = (days: number): Date => new Date(Date.now() + days * DAY_MS);
const nameOf = (instant: Date): string =>
  `positions_p${periodOf('day', instant).from.toISOString().slice(0, 10).replaceAll('-', '')}`;

/** Turns the table, which is empty, over by hand. */
beforeAll(async () => {
  sink = await createSinkFixture('parts');
  const { name } = sink.test.environment.database;
  await sink.query(`ALTER TABLE positions RENAME TO positions_before;
    CREATE TABLE positions (LIKE positions_before INCLUDING DEFAULTS) PARTITION BY RANGE (block_time);
    ALTER TABLE positions ADD UNIQUE (position_account, signature, block_time);
    CREATE TABLE positions_default PARTITION OF positions DEFAULT;
    GRANT SELECT ON positions, positions_default TO ${name}_reader`);
  const file = join(sink.test.root, 'connectors', 'positions.yaml');
  const definition = parseDocument(readFileSync(file, 'utf8'));
  definition.setIn(['table', 'key'], ['position_account', 'signature', 'block_time']);
  definition.setIn(['table', 'partition'], { by: 'block_time', every: 'day', keep: '5d', ahead: 1 });
  writeFileSync(file, definition.toString());
}, 120_000);
afterAll(() => sink?.test.remove());

it('before the first apply, plan, status and doctor say what is missing', async () => {
  const plan = await run('partitions', 'plan', '--check');
  expect(plan.code).toBe(2);
  const [today, tomorrow] = [nameOf(inDays(0)), nameOf(inDays(1))];
  expect(plan.stdout).toMatch(new RegExp(`\\+ public\\.${today}  .*\\n\\+ public\\.${tomorrow}  `));
  const status = await run('status');
  expect(status.stdout).toContain(`! positions  there is no partition ${today}, ${tomorrow}`);
  const doctor = await run('doctor');
  expect(doctor.stdout).toContain(`there is no partition ${today}, ${tomorrow}`);
}, 120_000);

it('apply asks first; then it does what plan says, and list, status and doctor agree', async () => {
  const refused = await run('partitions', 'apply');
  expect(refused).toMatchObject({ code: 64, stderr: expect.stringContaining('--yes') });
  const from = inDays(-7).toISOString().slice(0, 10);
  const { streams } = await json('partitions', 'apply', '--yes', '--from', from);
  const days = periodsBetween('day', inDays(-5), inDays(1)).map((period) => `public.${nameOf(period.from)}`);
  expect(streams).toMatchObject([
    { stream: 'positions', outcome: 'applied', steps: days.map((name) => ({ name, outcome: 'created', attempts: 1 })) },
  ]);
  const listed = await json('partitions', 'list');
  expect(listed.streams[0].partitions.map(({ name }: { name: string }) => name)).toEqual([
    ...days,
    'public.positions_default',
  ]);
  expect((await run('partitions', 'list')).stdout).toMatch(/positions_default +0 +\S+ +default/);
  expect((await run('partitions', 'plan', '--check')).code).toBe(0);
  expect((await json('status')).streams[0].tablePartitions).toEqual({
    lacking: [],
    hasStrayRows: false,
    hasNoDefault: false,
  });
  expect((await run('doctor')).stdout).toContain('none of its rows lacks one');
}, 120_000);

it('a row of a day that has no partition is in the default one, and watch moves it when told to', async () => {
  const at = inDays(40).toISOString();
  await sink.query(`INSERT INTO positions SELECT (jsonb_populate_record(NULL::positions, jsonb_object_agg(attname, value))).* FROM (
    SELECT attname, CASE WHEN attname = 'block_time' THEN '"${at}"'::jsonb WHEN t.typcategory = 'D' THEN to_jsonb(now())
      WHEN t.typcategory = 'B' THEN 'true' ELSE '"1"' END AS value
    FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = atttypid WHERE attrelid = 'positions'::regclass AND attnum > 0) AS columns`);
  expect((await run('status')).stdout).toContain('! positions  the default partition holds rows');
  const watch = await startWatch(sink.test, { only: ['positions'], partitions: {} });
  try {
    const isKept = ({ event }: { event: string }) => event === 'partitions.kept';
    const kept = watch.events.find(isKept) ?? (await watch.next(isKept));
    expect(kept).toMatchObject({ stream: 'positions', created: [`public.${nameOf(inDays(40))}`], dropped: [] });
  } finally {
    await watch.close();
  }
  expect((await run('status')).stdout).not.toContain('default partition');
  expect(await sink.query('SELECT tableoid::regclass::text AS part FROM positions')).toEqual([
    { part: nameOf(inDays(40)) },
  ]);
}, 120_000);

it('a table that is not partitioned, and flags that are none, are refused with what to do', async () => {
  const other = await runCli(['partitions', 'list', 'funding_payments'], options());
  expect(other).toMatchObject({ code: 64, stderr: expect.stringContaining('table.partition') });
  expect((await run('partitions', 'plan', '--from', '2026-02-31')).code).toBe(64);
  const watch = await run('watch', '--once', '--archive', 'true');
  expect(watch).toMatchObject({ code: 64, stderr: expect.stringContaining('--partitions') });
});
