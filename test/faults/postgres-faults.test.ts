import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { WatchEvent } from '../../app/watch.ts';
import { withAdmin } from '../../core/kafka.ts';
import type { PostgresClient } from '../../core/postgres.ts';
import { deadLetterTopic } from '../../pipeline/names.ts';
import { eventually } from '../support/eventually.ts';
import { createPrivatePostgres, type PrivatePostgres } from '../support/private-postgres.ts';
import { createSinkFixture, type SinkFixture } from '../support/sink-fixture.ts';
import { type StartedWatch, startWatch } from '../support/started-watch.ts';
import { type SteadyFeed, startSteadyFeed } from '../support/steady-feed.ts';
import { startTamperingProxy } from '../support/tampering-proxy.ts';

/** From when the part is back until all rows that were sent before are in the table. */
const BOUND_MS = 60_000;
const NAMED_MS = 30_000;
/** Updates that are delivered once more. */
const SENT_AGAIN = 400;

/** The server that takes writes, and what takes its place. */
let primary: PrivatePostgres;
let standby: PrivatePostgres;
let registry: Awaited<ReturnType<typeof startTamperingProxy>>;
let refusals = 0;
let sink: SinkFixture;
let feed: SteadyFeed;
let watch: StartedWatch;

beforeAll(async () => {
  primary = await createPrivatePostgres();
  await primary.stop('fast');
  standby = await primary.standby();
  await Promise.all([primary.start(), standby.start()]);
  registry = await startTamperingProxy(`http://127.0.0.1:${inject('stackPorts').registry}`, (_method, path) => {
    if (refusals === 0 || !path.startsWith('/apis/registry/')) return false;
    refusals -= 1;
    return 500;
  });
  const registryPort = Number(new URL(registry.url).port);
  sink = await createSinkFixture('faults', { postgres: primary.port, standby: standby.port, registry: registryPort });
  const url = sink.config['connection.url']?.replace(/socketTimeout=\d+/, 'socketTimeout=3') ?? '';
  await sink.deploy({ config: { ...sink.config, 'connection.url': url } });
  feed = startSteadyFeed(sink);
  watch = await startWatch(sink.test, { only: ['positions'], runsWellMs: 1_000 });
}, 180_000);

afterAll(async () => {
  await watch?.close();
  await feed?.stop();
  await sink?.test.remove();
  registry?.close();
  await Promise.all([primary?.remove(), standby?.remove()]);
});

const database = () => sink.test.database.database;
const query = (sql: string) => primary.query(sql, database());
const rowsBelow = async (number: number) =>
  Number((await query(`SELECT count(*) FROM positions WHERE position_index < ${number}`))[0]?.count);
/** Process ids of the sink's sessions. */
const sinkSessions = async (and = '') => {
  const ofSink = `application_name = '${sink.stream.sink.name}'`;
  return (await query(`SELECT pid FROM pg_stat_activity WHERE ${ofSink} ${and}`)).map(({ pid }) => Number(pid));
};
const endSinkSessions = async () => {
  for (const pid of await sinkSessions()) await query(`SELECT pg_terminate_backend(${pid})`);
};
/** Sessions of the sink that wait in the middle of a write. */
const waiting = () =>
  eventually(
    async () => {
      const pids = await sinkSessions(`AND wait_event_type = 'Lock'`);
      expect(pids).not.toEqual([]);
      return pids;
    },
    { timeoutMs: 30_000 },
  );

/** Updates a row in a transaction that the sink then waits for, and does something in it meanwhile. */
async function whileUpdating(task: (other: PostgresClient) => Promise<void>): Promise<void> {
  await eventually(() => expect(feed.sent()).toBeGreaterThan(SENT_AGAIN), { timeoutMs: 30_000 });
  const other = await primary.session(database());
  await other.query('BEGIN; UPDATE positions SET mark_price = mark_price + 1 WHERE position_index = 50');
  await sink.produce(SENT_AGAIN, 0);
  await waiting();
  await task(other);
  await other.query('COMMIT');
  await other.end();
}

/** Holds the table so that the sink waits in the middle of a write, and does something meanwhile. */
async function inTheMiddleOfAWrite(fault: (pids: readonly number[]) => Promise<void>): Promise<void> {
  const holder = await primary.session(database());
  await holder.query('BEGIN; LOCK TABLE positions IN SHARE MODE');
  await fault(await waiting());
  await holder.end();
}

const saysThatDatabaseIsAway = (event: WatchEvent): boolean =>
  event.event === 'incident.opened' && event.incident.kind === 'database';
const restarts = ({ event }: WatchEvent): boolean => event === 'sink.restarting';

/** Lets a fault come and go. Then watch restarts the sink, and everything that was sent before is written. */
async function recovers(fault: () => Promise<void>, cause = 'database'): Promise<void> {
  const before = watch.events.length;
  await fault();
  const sent = feed.sent();
  await eventually(async () => expect(await rowsBelow(sent)).toBe(sent), { timeoutMs: BOUND_MS });
  const restarted = () => watch.events.slice(before).filter(({ event }) => event === 'sink.restarted');
  await eventually(() => expect(restarted()).toContainEqual(expect.objectContaining({ cause })), { timeoutMs: 30_000 });
}

describe('with watch, rows flow again without a hand when PostgreSQL', () => {
  it.each(['fast', 'immediate'] as const)(
    'was restarted: %s',
    (how) =>
      recovers(() =>
        inTheMiddleOfAWrite(async () => {
          await primary.stop(how);
          await primary.start();
        }),
      ),
    90_000,
  );

  it(
    'had one backend killed, which ends all sessions',
    () => recovers(() => inTheMiddleOfAWrite(async ([pid = 0]) => void process.kill(pid, 'SIGKILL'))),
    90_000,
  );

  it("ended the sink's session", () => recovers(() => inTheMiddleOfAWrite(endSinkSessions)), 90_000);

  it('froze a backend, and while it is still frozen', async () => {
    let thaw = () => {};
    await recovers(() =>
      inTheMiddleOfAWrite(async (pids) => {
        thaw = primary.freeze(pids);
      }),
    ).finally(() => thaw());
  }, 90_000);

  it(
    'was read-only',
    () =>
      recovers(async () => {
        await primary.set('default_transaction_read_only', 'on');
        await watch.next(saysThatDatabaseIsAway);
        await primary.set('default_transaction_read_only', 'off');
      }),
    90_000,
  );

  it(
    'had no connection for the sink',
    () =>
      recovers(async () => {
        await query('ALTER ROLE perps CONNECTION LIMIT 0');
        await inTheMiddleOfAWrite(endSinkSessions);
        await watch.next(saysThatDatabaseIsAway);
        await query('ALTER ROLE perps CONNECTION LIMIT -1');
      }),
    90_000,
  );

  it(
    'gave up waiting for a lock',
    () =>
      recovers(async () => {
        await query(`ALTER ROLE perps SET lock_timeout TO '300ms'`);
        await endSinkSessions();
        await inTheMiddleOfAWrite(async () => void (await watch.next(restarts)));
        await query('ALTER ROLE perps RESET lock_timeout');
      }),
    90_000,
  );

  it(
    'ended the write because of a deadlock',
    () =>
      recovers(async () => {
        // The sink waits first, so its session is the one that finds the deadlock and ends.
        await primary.set('deadlock_timeout', '3s');
        await whileUpdating(async (other) => {
          await other.query(`UPDATE positions SET mark_price = mark_price + 1 WHERE position_index < ${SENT_AGAIN}`);
        });
        await primary.set('deadlock_timeout', '1s');
      }),
    90_000,
  );

  it(
    'ended the write because of a serialization failure',
    () =>
      recovers(async () => {
        await query(`ALTER ROLE perps SET default_transaction_isolation TO 'repeatable read'`);
        await endSinkSessions();
        await whileUpdating(async () => {});
        await watch.next(restarts);
        await query('ALTER ROLE perps RESET default_transaction_isolation');
      }),
    90_000,
  );

  it.runIf(process.platform === 'linux')(
    'had no room on its disk',
    () =>
      recovers(async () => {
        const makeRoom = await primary.fillDisk(database(), 'position_days_pending');
        await watch.next(restarts);
        makeRoom();
      }),
    90_000,
  );

  it(
    "was restarted, and the registry's own connections were broken with it",
    () =>
      recovers(
        () =>
          inTheMiddleOfAWrite(async () => {
            refusals = 2;
            await primary.stop('immediate');
            await primary.start();
          }),
        'registry',
      ),
    90_000,
  );

  it(
    'failed over to a standby at another address',
    () =>
      recovers(async () => {
        await primary.set('synchronous_standby_names', '*');
        await eventually(
          async () => {
            const [row] = await query('SELECT count(*) FROM pg_stat_replication WHERE sync_state = $$sync$$');
            expect(Number(row?.count)).toBe(1);
          },
          { timeoutMs: 20_000 },
        );
        await inTheMiddleOfAWrite(() => primary.stop('immediate'));
        await standby.query('SELECT pg_promote()');
        await standby.set('synchronous_standby_names', '');
        [primary, standby] = [standby, primary];
      }),
    90_000,
  );
});

it('nothing was lost, and nothing is in the dead letter topic', async () => {
  const sent = await feed.stop();
  await eventually(async () => expect(await rowsBelow(sent)).toBe(sent), { timeoutMs: 30_000 });
  const [row] = await query('SELECT count(*), count(DISTINCT position_index) AS numbers FROM positions');
  expect([Number(row?.count), Number(row?.numbers)]).toEqual([sent, sent]);
  expect(await deadLetters()).toBe(0n);
});

it('a record that PostgreSQL refuses is named, and the sink is not restarted because of it', async () => {
  const before = watch.events.length;
  const name = sink.stream.topic.name;
  const ends = await endsOf(name);
  await sink.send([{ key: 'a', value: sink.encode(feed.sent(), { symbol: 'twenty-one characters' }) }]);
  const grown = (await endsOf(name)).find(({ high }, index) => high !== ends[index]?.high);
  const named = () =>
    watch.events
      .slice(before)
      .flatMap((one) => ('incident' in one && one.incident.kind === 'record' ? [one.incident] : []))
      .at(-1);
  await eventually(
    () => expect(named()).toMatchObject({ record: `${name}-${grown?.partition}@${(grown?.high ?? 0n) - 1n}` }),
    { timeoutMs: NAMED_MS },
  );
  expect(named()).toMatchObject({ needsPerson: true, cause: expect.stringContaining('value too long') });
  // As many looks as would have restarted it twice.
  const namedAt = Date.now();
  await eventually(() => expect(Date.now() - namedAt).toBeGreaterThan(8_000), { timeoutMs: 10_000 });
  expect(watch.events.slice(before).filter(({ event }) => event.startsWith('sink.'))).toEqual([]);
  expect(await deadLetters()).toBe(0n);
}, 60_000);

const endsOf = (topic: string) =>
  withAdmin(
    { brokers: sink.test.environment.kafka.brokers },
    'test',
    async (admin) => (await admin.ranges(topic)) ?? [],
  );
const deadLetters = async () => (await endsOf(deadLetterTopic(sink.stream))).reduce((sum, { high }) => sum + high, 0n);
