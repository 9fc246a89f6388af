import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type PostgresClient, withPostgres } from '../../core/postgres.ts';
import { readOracle } from '../../producer/simulator/oracle.ts';
import { type CliProcess, startCli, succeed } from '../support/cli.ts';
import { startCutProxy } from '../support/cut-proxy.ts';
import { eventually } from '../support/eventually.ts';
import { createTestProject } from '../support/project.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SEED = Number(process.env.SOAK_SEED ?? 1);
const SECONDS = Number(process.env.SOAK_SECONDS ?? 1_200);
const RATE = Number(process.env.SOAK_RATE ?? 1_000);

/**
 * Notes every current state that is committed, in the order of the commits: transactions that touch one position take turns, and
 * the trigger fires when they commit. It knows nothing of slots and ordinals; the feed's own record judges it afterwards.
 */
const WATCH = `
  CREATE TABLE seen (at BIGSERIAL PRIMARY KEY, account TEXT NOT NULL, signature TEXT NOT NULL);
  CREATE FUNCTION note_current() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
  BEGIN
    INSERT INTO seen (account, signature)
    SELECT position_account, signature FROM position_days WHERE position_account = NEW.position_account AND is_current;
    RETURN NULL;
  END $$;
  CREATE CONSTRAINT TRIGGER zz_note_current AFTER INSERT OR UPDATE ON position_days
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.is_current) EXECUTE FUNCTION note_current();`;

test(`no position is seen to go back in ${SECONDS} s at ${RATE} updates/s (SOAK_SEED=${SEED})`, async () => {
  const random = seededRandom(SEED);
  const project = await createTestProject({ name: 'soak' });
  onTestFinished(() => project.remove());
  const options = { cwd: project.root, env: project.env };
  const positions = ['--only', 'positions'];
  const updates = RATE * SECONDS;
  for (const words of [
    ['migrate', 'up'],
    ['schemas', 'register'],
    ['deploy', '--yes', ...positions],
  ]) {
    await succeed(words, options);
  }
  await withPostgres(project.database, (client) => client.query(WATCH));
  const start = (words: string[], env = options.env): CliProcess => {
    const running = startCli([...words, ...positions], { ...options, env });
    onTestFinished(() => void running.child.kill('SIGKILL'));
    return running;
  };

  const oracle = join(project.root, 'oracle');
  const simulator = start([
    'simulate',
    '--rate',
    String(RATE),
    '--updates',
    String(updates),
    '--faulty',
    '20',
    '--oracle',
    oracle,
  ]);
  await eventually(async () => expect(simulator.output.stdout).toContain('PositionFeed'), { timeoutMs: 30_000 });
  const proxy = await startCutProxy(Number(project.env.CONNECT_PORT_FEED));
  onTestFinished(() => proxy.close());
  const throughProxy = { ...options.env, CONNECT_PORT_FEED: String(proxy.port) };
  const produce = () => start(['produce', '--end-with-feed'], throughProxy);
  let producer = produce();

  const counts = { resets: 0, kills: 0, restarts: 0, replays: 0 };
  const began = Date.now();
  const ends = began + SECONDS * 1_000;
  let replayAt = began + (SECONDS * 1_000) / 2;
  while (Date.now() < ends) {
    await sleep(4_000 + random.int(12_000));
    if (Date.now() > replayAt) {
      replayAt = Number.POSITIVE_INFINITY;
      await succeed(['offsets', 'reset', '--to', 'earliest', '--yes', ...positions], options);
      counts.replays += 1;
      continue;
    }
    const fault = random.int(10);
    if (fault < 6) {
      proxy.cut();
      counts.resets += 1;
    } else if (fault < 8) {
      producer.child.kill('SIGKILL');
      await producer.ended;
      producer = produce();
      counts.kills += 1;
    } else {
      await succeed(['restart', ...positions], options);
      counts.restarts += 1;
    }
  }
  expect((await simulatedAndPublished(simulator, producer)).code).toBe(0);
  await succeed(['verify', '--wait', '600s', '--oracle', oracle, ...positions], options);

  const { looks, regressions, ties } = await judge(project.database, join(oracle, 'positions.ndjson'));
  const summary = { seed: SEED, seconds: SECONDS, rate: RATE, updates, ...counts, looks, ties, regressions };
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  expect(ties).toBeGreaterThan(updates / 1_000);
  expect(regressions).toEqual([]);
});

/** The producer ends with the feed's end. */
async function simulatedAndPublished(simulator: CliProcess, producer: CliProcess): Promise<{ code: number | null }> {
  const ended = await producer.ended;
  simulator.child.kill('SIGTERM');
  await simulator.ended;
  return ended;
}

/** Compares what was seen with the sequence in which the feed sent it; `ties` are updates of a position that share a slot. */
async function judge(database: Parameters<typeof withPostgres>[0], oraclePath: string) {
  return withPostgres(database, async (client) => {
    await client.query('CREATE TABLE sent (seq BIGINT, account TEXT, signature TEXT, slot BIGINT)');
    let batch: (readonly (string | null | undefined)[])[] = [];
    const flush = () => insertSent(client, batch.splice(0));
    for await (const { seq, expect: outcome, update } of readOracle(oraclePath)) {
      if (outcome === 'row') batch.push([seq, update.position_account, update.signature, update.slot]);
      if (batch.length === 5_000) await flush();
    }
    await flush();
    batch = [];
    await client.query('CREATE INDEX ON sent (account, signature); ANALYZE sent; ANALYZE seen');
    const one = async (sql: string) => Number((await client.query<{ found: string }>(sql)).rows[0]?.found);
    const { rows: regressions } = await client.query(`
      SELECT account, at, before, seq FROM (
        SELECT account, at, seq, lag(seq) OVER (PARTITION BY account ORDER BY at) AS before
        FROM seen JOIN sent USING (account, signature)
      ) AS looks WHERE seq < before ORDER BY at LIMIT 10`);
    return {
      looks: await one('SELECT count(*) AS found FROM seen'),
      ties: await one(
        'SELECT count(*) AS found FROM (SELECT FROM sent GROUP BY account, slot HAVING count(*) > 1) AS tied',
      ),
      regressions,
    };
  });
}

async function insertSent(client: PostgresClient, rows: readonly (readonly unknown[])[]): Promise<void> {
  const column = (index: number) => rows.map((row) => row[index]);
  await client.query('INSERT INTO sent SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])', [
    column(0),
    column(1),
    column(2),
    column(3),
  ]);
}
