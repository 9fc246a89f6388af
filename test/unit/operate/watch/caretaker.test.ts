import { expect, test } from 'vitest';
import type { SinkHost } from '../../../../connectors/host.ts';
import { packageRoot } from '../../../../core/package-root.ts';
import { createLock } from '../../../../operate/lock/lock.ts';
import { createCaretaker } from '../../../../operate/watch/caretaker.ts';
import type { WatchEvent } from '../../../../operate/watch/event.ts';
import { loadAvroSchema } from '../../../../schemas/avro-schema.ts';
import { createRecordDecoder } from '../../../../schemas/record-decoder.ts';
import { createSchemaRegistry } from '../../../../schemas/registry.ts';
import { inMemoryClaims } from '../../../support/in-memory-claims.ts';
import { type InMemoryGroups, inMemoryGroups } from '../../../support/in-memory-groups.ts';
import { inMemoryWorker } from '../../../support/in-memory-worker.ts';
import { connectorOf, deployedMskSink } from '../../../support/msk/msk-sink.ts';
import { positions } from '../../../support/positions-stream.ts';
import { failureOf, progressOf, sightingOf, sinkOf } from '../../../support/watch-situation.ts';

const NAME = positions.sink.name;
const NOWHERE = { url: 'http://127.0.0.1:1' };
const RESTART = { kind: 'restart', cause: 'database', onlyFailed: true } as const;
const failed = sightingOf({ sink: sinkOf('FAILED'), failures: [failureOf({ fault: 'database', passes: true })] });

/** A caretaker of the positions sink, and what it has told. */
function careOf(host: SinkHost, groups: InMemoryGroups = inMemoryGroups(), claims = inMemoryClaims()) {
  const told: WatchEvent[] = [];
  const sources = {
    stream: positions,
    host,
    groups,
    kafka: { brokers: ['127.0.0.1:1'] },
    database: { host: '127.0.0.1', port: 1, database: 'perps', user: 'perps', password: 'x' },
    registry: createSchemaRegistry(NOWHERE),
    decoder: createRecordDecoder(NOWHERE),
    schema: loadAvroSchema(`${packageRoot()}/${positions.schema}`),
    signal: new AbortController().signal,
  };
  const lock = createLock({ log: claims.reader(), name: NAME, owner: 'watch' });
  const options = {
    environment: 'test',
    quarantineBudget: 0,
    runsWellMs: 30_000,
    onDone: () => {},
    tell: (event: WatchEvent) => void told.push(event),
  };
  const caretaker = createCaretaker(sources, lock, options);
  return {
    caretaker,
    claims,
    told: () => told.map(({ event }) => event),
    async restart(wanted: Parameters<typeof caretaker.begin>[0] = RESTART) {
      caretaker.begin(wanted, failed);
      await caretaker.settled();
    },
  };
}

/** A sink in memory whose tasks have FAILED. */
function failedWorker() {
  const worker = inMemoryWorker();
  worker.connectors.set(NAME, { config: { 'tasks.max': '1', broken: 'yes' }, state: 'RUNNING' });
  worker.failWith('broken', 'yes');
  return worker;
}

test('what has FAILED is restarted once; one that fails again is not restarted within the same try', async () => {
  const { host, groups, calls } = failedWorker();
  const { restart, told, caretaker } = careOf(host, groups);
  await restart();
  expect(calls).toEqual(['restart failed']);
  expect(told()).toEqual(['sink.restarting', 'sink.restart-failed']);
  expect(caretaker.restarts().tries).toHaveLength(1);
  expect(caretaker.counts()).toEqual({ database: 1 });
});

test('a restart that helps is told, and forgotten once the sink has gone on for half a minute', async () => {
  const worker = failedWorker();
  const host = {
    ...worker.host,
    restart: async (...args: Parameters<SinkHost['restart']>) => {
      worker.failWith('broken', 'no more');
      return worker.host.restart(...args);
    },
  };
  const { restart, told, caretaker } = careOf(host, worker.groups);
  await restart();
  expect(told()).toEqual(['sink.restarting', 'sink.restarted']);
  const last = caretaker.restarts().tries.at(-1) ?? 0;
  caretaker.noteLook(sightingOf(), progressOf(), last + 29_000);
  expect(caretaker.restarts().tries).toHaveLength(1);
  // One partition has waited since before the restart, whatever the others commit.
  caretaker.noteLook(
    sightingOf(),
    progressOf({ lag: 9n, commitAgeSeconds: 31, committedRecords: 500n }),
    last + 30_000,
  );
  expect(caretaker.restarts().tries).toHaveLength(1);
  caretaker.noteLook(sightingOf(), progressOf(), last + 30_000);
  expect(caretaker.restarts()).toMatchObject({ tries: [], recent: [last] });
}, 30_000);

test('what was tried of a record is of one stop of the sink: the next one may say the same of another record', async () => {
  const { host, groups } = failedWorker();
  const stopped = sightingOf({ sink: sinkOf('FAILED'), failures: [failureOf({ fault: 'record' })] });
  for (const goesOn of ['a look', 'somebody'] as const) {
    const { caretaker } = careOf(host, groups);
    caretaker.begin({ kind: 'trial' }, stopped);
    await caretaker.settled();
    expect(caretaker.trialOf(stopped)).toMatchObject({ kind: 'untold' });
    if (goesOn === 'a look') caretaker.noteLook(sightingOf(), progressOf(), Date.now());
    else caretaker.forgetTrial();
    expect(caretaker.trialOf(stopped)).toBeUndefined();
  }
});

test('nothing is done, told or counted while somebody else acts on the sink', async () => {
  const { host, groups, calls } = failedWorker();
  const { restart, told, caretaker, claims } = careOf(host, groups);
  await createLock({ log: claims.reader(), name: NAME, owner: 'alice' }).tryTake('connect deploy');
  await restart();
  expect([calls, told(), caretaker.restarts().tries]).toEqual([[], [], []]);
});

test.each(['PAUSED', 'STOPPED', 'runs'] as const)(
  'nothing is done to a sink that under the lock is found otherwise than it was seen (%s)',
  async (now) => {
    const worker = failedWorker();
    const connector = worker.connectors.get(NAME);
    if (now === 'runs') worker.failWith('broken', 'no more');
    else if (connector !== undefined) connector.state = now;
    const { restart, told } = careOf(worker.host, worker.groups);
    await restart();
    expect([worker.calls, told()]).toEqual([[], []]);
  },
);

test('a sink is not started behind records that Kafka has deleted, though they were deleted since it was looked at', async () => {
  const worker = inMemoryWorker([100n]);
  worker.connectors.set(NAME, { config: { 'tasks.max': '1', broken: 'yes' }, state: 'RUNNING' });
  worker.failWith('broken', 'yes');
  worker.groups.commit(0, 10n);
  worker.groups.expire(0, 50n);
  const { restart, told } = careOf(worker.host, worker.groups);
  await restart();
  expect(worker.calls).toEqual([]);
  expect(told().at(-1)).toBe('sink.restart-failed');
});

test('on MSK Connect a connector that FAILED is neither deleted nor replaced', async () => {
  const sink = await deployedMskSink();
  connectorOf(sink).state = 'FAILED';
  const before = sink.fake.calls.length;
  const { restart, told } = careOf(sink.host(), sink.groups);
  await restart({ kind: 'restart', cause: 'unknown', onlyFailed: true });
  expect(sink.fake.calls.slice(before).filter((call) => !/^(Describe|List|Get)/.test(call))).toEqual([]);
  expect(told().at(-1)).toBe('sink.restart-failed');
  expect(sink.fake.connectors.has(NAME)).toBe(true);
});
