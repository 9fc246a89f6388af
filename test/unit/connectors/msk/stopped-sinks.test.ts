import { expect, test } from 'vitest';
import type { MskApi } from '../../../../connectors/msk/sdk/connect-api.ts';
import { ConnectError } from '../../../../core/errors.ts';
import { inMemoryGroups, numberedMembers } from '../../../support/in-memory-groups.ts';
import { createMskSink, type MskSink, type SinkChanges } from '../../../support/msk/msk-sink.ts';

const NAME = 'positions-sink';
const WAIT = { timeoutMs: 2_000, settleMs: 10 };

/** A deployed sink whose tasks are members while its connector runs. */
async function deployedSink(changes: SinkChanges = {}): Promise<MskSink> {
  const sink = await createMskSink();
  sink.groups.setMembers(() => numberedMembers(sink.fake.connectors.get(NAME)?.state === 'RUNNING' ? 2 : 0));
  await sink.deploy(changes);
  return sink;
}

const settingsOf = ({ fake }: MskSink) => structuredClone(fake.connectors.get(NAME)?.settings);
const withoutTimes = ({ creationTime: _created, ...rest }: Record<string, unknown> = {}) => rest;

/** Runs until this call of the service has been made, and then no further, as a process that is killed. */
async function killedAfter(
  sink: MskSink,
  call: 'remove' | 'create',
  act: (host: ReturnType<MskSink['host']>) => unknown,
) {
  const never = new Promise<never>(() => {});
  await new Promise<void>((resolve) => {
    const api = (real: MskApi): MskApi => ({
      ...real,
      async remove(connector) {
        await real.remove(connector);
        if (call === 'remove') resolve();
        return call === 'remove' ? never : undefined;
      },
      async create(connector) {
        await real.create(connector);
        if (call === 'create') resolve();
        return call === 'create' ? never : undefined;
      },
    });
    void act(sink.host({ api }));
  });
}

test('a stopped sink is deleted, shown as STOPPED, and created again with everything that it was', async () => {
  const sink = await deployedSink({ sink: { batchSize: 700 }, connect: { tags: { team: 'perps' } } });
  const host = sink.host();
  Object.assign(sink.fake.connectors.get(NAME)?.tags ?? {}, { cost: '42', 'aws:cloudformation:stack-name': 'x' });
  const before = settingsOf(sink);
  await host.stop(NAME, WAIT);
  expect(sink.fake.connectors.size).toBe(0);
  expect(await host.observe(NAME)).toMatchObject({
    state: 'STOPPED',
    tasks: [],
    config: { 'batch.size': '700', 'consumer.override.max.poll.records': '1000' },
  });
  // The definition and the zip may be others by then.
  await sink.host({ plugin: 'another zip' }).resume(NAME, WAIT);
  expect(withoutTimes(settingsOf(sink))).toEqual(withoutTimes(before));
  expect(sink.fake.connectors.get(NAME)?.tags).toEqual({ team: 'perps', cost: '42' });
  expect(sink.stopped.sinks.size).toBe(0);
});

test('autoscaled capacity comes back as it was', async () => {
  const capacity = { autoscaled: { mcuCount: 2, minWorkers: 1, maxWorkers: 2, scaleInCpu: 20, scaleOutCpu: 80 } };
  const sink = await deployedSink({ connect: { capacity } });
  const before = settingsOf(sink);
  const host = sink.host({ connect: { capacity } });
  await host.stop(NAME, WAIT);
  await host.resume(NAME, WAIT);
  expect(withoutTimes(settingsOf(sink))).toEqual(withoutTimes(before));
});

test('a sink that the service gave up is stopped and started as well', async () => {
  const sink = await deployedSink();
  const connector = sink.fake.connectors.get(NAME);
  if (connector !== undefined) connector.state = 'FAILED';
  const host = sink.host();
  await host.stop(NAME, WAIT);
  await host.resume(NAME, WAIT);
  expect(sink.fake.connectors.get(NAME)?.state).toBe('RUNNING');
});

test('a start that fails leaves the sink FAILED with its reason, and may be repeated', async () => {
  const sink = await deployedSink();
  const host = sink.host();
  await host.stop(NAME, WAIT);
  sink.fake.faults.failCreate = { code: 'UnknownError.Unknown', message: 'The last operation failed.' };
  await expect(host.resume(NAME, WAIT)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining('UnknownError.Unknown'),
  });
  delete sink.fake.faults.failCreate;
  await host.resume(NAME, WAIT);
  expect(sink.fake.connectors.get(NAME)?.state).toBe('RUNNING');
  expect(sink.stopped.sinks.size).toBe(0);
});

test.each([
  ['a secret in clear text', 'connection.password', 'hunter2-plain', 'may hold a secret in clear text'],
  ['a login in an address', 'connection.url', 'jdbc:postgresql://db/perps?password=hunter2-plain', 'in clear text'],
  ['a mask', 'connection.password', '****', 'shows connection.password as a mask only'],
])('a sink with %s is not stopped, and the secret is kept nowhere', async (_what, key, value, words) => {
  const sink = await deployedSink();
  const connector = sink.fake.connectors.get(NAME);
  if (connector !== undefined) connector.settings.connectorConfiguration[key] = value;
  const host = sink.host();
  for (const refused of [() => host.offsets.require(NAME), () => host.stop(NAME, WAIT)]) {
    const error = ConnectError.from(await refused().catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: 'REFUSED', hint: expect.stringContaining('connect deploy') });
    expect(error.message).toContain(words);
    expect(error.message).toContain('nothing was changed');
    expect(JSON.stringify(error)).not.toContain('hunter2');
  }
  expect(sink.fake.calls).not.toContain('DeleteConnector');
  expect(sink.stopped.sinks.size).toBe(0);
});

test('a sink whose worker configuration is gone is not stopped: it could not be created again', async () => {
  const sink = await deployedSink();
  const api = (real: MskApi): MskApi => ({ ...real, workerConfiguration: async () => undefined });
  await expect(sink.host({ api }).stop(NAME, WAIT)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining('its worker configuration is gone'),
  });
  expect(sink.fake.connectors.get(NAME)?.state).toBe('RUNNING');
});

test('without brokers nothing is stopped', async () => {
  const sink = await deployedSink();
  const unreachable = async () => {
    throw new ConnectError('UNREACHABLE', 'Kafka at b-1.example.com:9098 is not reachable');
  };
  const host = sink.host({ groups: { ...inMemoryGroups(), members: unreachable } });
  for (const refused of [() => host.offsets.require(NAME), () => host.stop(NAME, WAIT)])
    await expect(refused()).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(/^positions-sink cannot be stopped: Kafka .* not reachable; nothing was changed$/),
    });
  expect(sink.fake.calls).not.toContain('DeleteConnector');
});

test('a delete that is refused leaves nothing behind; one whose answer was lost is recognised', async () => {
  const sink = await deployedSink();
  const denied = new ConnectError('REFUSED', 'not authorized to perform: kafkaconnect:DeleteConnector');
  const api = (real: MskApi): MskApi => ({ ...real, remove: async () => Promise.reject(denied) });
  await expect(sink.host({ api }).stop(NAME, WAIT)).rejects.toBe(denied);
  expect(sink.stopped.sinks.size).toBe(0);
  expect(await sink.host().observe(NAME)).toMatchObject({ state: 'RUNNING' });
  sink.fake.faults.loseAnswer = 'DeleteConnector';
  await sink.host().stop(NAME, WAIT);
  expect(await sink.host().observe(NAME)).toMatchObject({ state: 'STOPPED' });
});

test('whoever is killed before the delete leaves a sink that runs; the next stop begins anew', async () => {
  const sink = await deployedSink();
  const api = (real: MskApi): MskApi => ({ ...real, remove: () => new Promise<never>(() => {}) });
  void sink.host({ api }).stop(NAME, WAIT);
  await expect.poll(() => sink.stopped.sinks.size).toBe(1);
  const host = sink.host();
  expect(await host.observe(NAME)).toMatchObject({ state: 'RUNNING' });
  expect((await sink.plan())[0]).toMatchObject({ action: 'unchanged' });
  await host.resume(NAME, WAIT);
  expect(sink.stopped.sinks.size).toBe(0);
  await host.stop(NAME, WAIT);
  await host.resume(NAME, WAIT);
  expect(sink.fake.connectors.get(NAME)?.state).toBe('RUNNING');
});

test('whoever is killed after the delete leaves a sink that is STOPPED, also while it is still being deleted', async () => {
  const sink = await deployedSink();
  sink.fake.faults.looks = 20;
  await killedAfter(sink, 'remove', (host) => host.stop(NAME, WAIT));
  const host = sink.host();
  expect(sink.fake.connectors.get(NAME)?.state).toBe('DELETING');
  expect(await host.observe(NAME)).toMatchObject({ state: 'STOPPED', tasks: [] });
  expect((await sink.plan()).at(-1)).toMatchObject({ action: 'blocked' });
  await host.stop(NAME, WAIT);
  expect(sink.fake.connectors.size).toBe(0);
  await host.offsets.set(NAME, [{ topic: 'positions', partition: 0, offset: 5n }], WAIT);
  // Killed after the offsets.
  await sink.host().resume(NAME, WAIT);
  expect(sink.fake.connectors.get(NAME)?.state).toBe('RUNNING');
  expect(sink.groups.committed()).toEqual({ 0: 5n });
});

test('whoever is killed after the create leaves a sink that runs, and the next start only forgets', async () => {
  const sink = await deployedSink();
  await sink.host().stop(NAME, WAIT);
  await killedAfter(sink, 'create', (host) => host.resume(NAME, WAIT));
  expect(sink.stopped.sinks.size).toBe(1);
  const host = sink.host();
  await host.resume(NAME, WAIT);
  expect(await host.observe(NAME)).toMatchObject({ state: 'RUNNING' });
  expect(sink.stopped.sinks.size).toBe(0);
  expect(sink.fake.calls.filter((call) => call === 'CreateConnector')).toHaveLength(2);
});

test('offsets of a sink that is not stopped stay as they are', async () => {
  const sink = await deployedSink();
  const offset = { topic: 'positions', partition: 0, offset: 5n };
  await expect(sink.host().offsets.set(NAME, [offset], WAIT)).rejects.toMatchObject({
    code: 'REFUSED',
    hint: 'run `connect stop` first',
  });
  expect(sink.groups.committed()).toEqual({});
});

test('a stopped sink is not paused: it would write before it is held', async () => {
  const sink = await deployedSink();
  const host = sink.host();
  await host.stop(NAME, WAIT);
  await expect(host.pause(NAME, WAIT)).rejects.toMatchObject({ code: 'REFUSED', details: { state: 'STOPPED' } });
  expect(sink.fake.connectors.size).toBe(0);
});

test('a declared state creates a stopped sink from the files; where it does not run it is stopped again', async () => {
  const sink = await deployedSink();
  await sink.host().stop(NAME, WAIT);
  const files: SinkChanges = { sink: { state: 'running', batchSize: 700 } };
  expect((await sink.plan(files)).at(-1)).toMatchObject({
    action: 'create',
    changes: [{ key: 'sink.state', before: 'stopped', after: 'running' }],
  });
  sink.fake.faults.failCreate = { code: 'UnknownError.Unknown', message: 'no' };
  await expect(sink.deploy(files)).rejects.toMatchObject({ code: 'DEPLOY_FAILED' });
  expect(await sink.host().observe(NAME)).toMatchObject({ state: 'STOPPED', config: { 'batch.size': '1000' } });
  delete sink.fake.faults.failCreate;
  await sink.deploy(files);
  expect(settingsOf(sink)?.connectorConfiguration['batch.size']).toBe('700');
  expect(sink.stopped.sinks.size).toBe(0);
});

test('that nobody knows whether a sink is stopped is said', async () => {
  const sink = await createMskSink();
  const stopped = { ...sink.stopped, read: async () => 'unknown' as const };
  const { entries } = await sink.host({ stopped }).plan(sink.desired());
  expect(entries.at(-1)).toMatchObject({
    action: 'create',
    effects: [expect.stringContaining('whether somebody has stopped it is unknown')],
  });
});
