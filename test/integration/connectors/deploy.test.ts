import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RestApi } from '../../../connectors/rest/api.ts';
import { restOffsets } from '../../../connectors/rest/offsets.ts';
import type { SinkConfig } from '../../../connectors/sink-config.ts';
import { ConnectError } from '../../../core/errors.ts';
import { waitFor } from '../../../core/retry.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

async function failureOf(task: Promise<unknown>): Promise<ConnectError> {
  try {
    await task;
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('deploying a sink to a real worker', () => {
  let sink: SinkFixture;
  beforeAll(async () => {
    sink = await createSinkFixture('deploy');
  });
  afterAll(() => sink?.test.remove());

  it('creates it, and returns once every task runs', async () => {
    const result = await sink.deploy();
    expect(result).toMatchObject({ outcome: 'created', changes: [], restarts: 0 });
    expect(result.tasks.map(({ id, state }) => ({ id, state }))).toEqual([
      { id: 0, state: 'RUNNING' },
      { id: 1, state: 'RUNNING' },
    ]);
  });

  it('writes every record once, with the record each row came from', async () => {
    await sink.produce(1_000);
    await rows(sink, 1_000);
    const [row] = await sink.query(
      `SELECT size::text, unrealized_pnl::text, leverage, block_time::text, kafka_partition, kafka_offset IS NOT NULL AS traced
       FROM positions WHERE position_account = 'Position7'`,
    );
    expect(row).toMatchObject({
      size: '1.00000001',
      unrealized_pnl: '-0.000001',
      leverage: 50,
      block_time: '2026-01-01 00:00:00.123',
      traced: true,
    });
  });

  it('changes nothing the second time, and says so', async () => {
    const result = await sink.deploy();
    expect(result).toMatchObject({ outcome: 'unchanged', changes: [], restarts: 0 });
    expect(result.durationMs).toBeLessThan(3_000);
  });

  it('updates what differs, and waits for the tasks that have it', async () => {
    const config = { ...sink.config, 'batch.size': '700', 'errors.log.enable': 'false' };
    const result = await sink.deploy({ config });
    expect(result.outcome).toBe('updated');
    expect(result.changes).toEqual([
      { key: 'batch.size', before: '1000', after: '700' },
      { key: 'errors.log.enable', before: 'true', after: 'false' },
    ]);
    const tasks = await sink.api.tasks(sink.stream.sink.name);
    expect(tasks.map((task) => task.config['batch.size'])).toEqual(['700', '700']);
    await sink.produce(100, 1_000);
    await rows(sink, 1_100);
  });

  it('waits for as many tasks as the new configuration has', async () => {
    const result = await sink.deploy({ config: { ...sink.config, 'tasks.max': '4' } });
    expect(result.tasks).toHaveLength(4);
    expect((await sink.deploy()).tasks).toHaveLength(2);
  });

  it('refuses what the worker refuses, setting by setting, and changes nothing', async () => {
    const before = await sink.api.config(sink.stream.sink.name);
    const config = {
      ...sink.config,
      'insert.mode': 'upsort',
      'value.converter': 'com.example.Nowhere',
      'tasks.max': '0',
    };
    const error = await failureOf(sink.deploy({ config }));
    expect(error.code).toBe('REFUSED');
    expect(error.message).toContain('nothing was changed');
    expect(error.details.findings).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ key: 'value.converter' }),
        expect.objectContaining({ key: 'tasks.max' }),
      ]),
    );
    expect(await sink.api.config(sink.stream.sink.name)).toEqual(before);
  });

  it('leaves a paused sink alone', async () => {
    const { name } = sink.stream.sink;
    await sink.api.pause(name);
    await waitFor(async () => ((await sink.api.status(name))?.state === 'PAUSED' ? true : undefined), {
      timeoutMs: 20_000,
      what: 'the pause',
    });
    const error = await failureOf(sink.deploy({ config: { ...sink.config, 'batch.size': '7' } }));
    expect(error.message).toContain('is PAUSED');
    expect((await sink.api.config(name))?.['batch.size']).toBe('1000');
    await sink.api.resume(name);
    await waitFor(async () => ((await sink.api.status(name))?.state === 'RUNNING' ? true : undefined), {
      timeoutMs: 20_000,
      what: 'the resumption',
    });
    await sink.deploy();
  });

  it('shows offsets, and sets those of a stopped sink', async () => {
    const { name } = sink.stream.sink;
    const total = async () => (await sink.api.offsets(name)).reduce((sum, { offset = 0n }) => sum + offset, 0n);
    await sink.api.stop(name);
    await waitFor(async () => ((await sink.api.status(name))?.tasks.length === 0 ? true : undefined), {
      timeoutMs: 20_000,
      what: 'the stop',
    });
    expect(await total()).toBe(1_100n);
    const { set, forget } = restOffsets(sink.api);
    await set(name, [{ topic: sink.stream.topic.name, partition: 0, offset: 0n }], { timeoutMs: 20_000 });
    expect(await total()).toBeLessThan(1_100n);
    await forget(name, { timeoutMs: 20_000 });
    expect(await sink.api.offsets(name)).toEqual([]);
    await sink.api.resume(name);
    await waitFor(async () => ((await sink.api.status(name))?.state === 'RUNNING' ? true : undefined), {
      timeoutMs: 20_000,
      what: 'the resumption',
    });
    await sink.deploy();
    // Everything is delivered again, and no row is added.
    await waitFor(async () => ((await total()) === 1_100n ? true : undefined), {
      timeoutMs: 30_000,
      what: 'the replay',
    });
    await rows(sink, 1_100);
  });
});

describe('a deploy that fails', () => {
  let sink: SinkFixture;
  beforeAll(async () => {
    sink = await createSinkFixture('rollback');
  });
  afterAll(() => sink?.test.remove());

  const broken = (): SinkConfig => ({ ...sink.config, 'collection.name.format': 'public.nowhere' });

  it('removes the connector it has created', async () => {
    await sink.produce(10);
    const error = await failureOf(sink.deploy({ config: broken(), restarts: 0, settleMs: 5_000 }));
    expect(error).toMatchObject({ code: 'DEPLOY_FAILED', exitCode: 4 });
    expect(error.message).toContain('nowhere');
    expect(error.message).toMatch(/\n {2}rolled back: the connector was removed again$/);
    expect(await sink.api.config(sink.stream.sink.name)).toBeUndefined();
  });

  it('goes back to the previous configuration, and waits until that runs', async () => {
    await sink.deploy();
    await rows(sink, 10);
    // A password that is wrong fails every task at its start, whatever the records.
    const config = { ...sink.config, 'connection.password': 'hunter2-plain' };
    const error = await failureOf(sink.deploy({ config, restarts: 0, settleMs: 5_000 }));
    expect(error).toMatchObject({ code: 'DEPLOY_FAILED', exitCode: 4 });
    expect(error.message).toContain('password authentication failed');
    expect(error.message).toMatch(/\n {2}rolled back to the previous config: RUNNING 2\/2 tasks$/);
    expect(error.message + JSON.stringify(error.details)).not.toContain('hunter2-plain');
    expect(await sink.api.config(sink.stream.sink.name)).toEqual(sink.config);
    await sink.produce(10, 10);
    await rows(sink, 20);
  });

  it('leaves what it has changed when it is told to', async () => {
    const config = { ...sink.config, 'connection.password': 'hunter2-plain' };
    const error = await failureOf(sink.deploy({ config, restarts: 0, settleMs: 5_000, rollback: false }));
    expect(error).toMatchObject({ code: 'REFUSED', exitCode: 1 });
    expect(await sink.api.config(sink.stream.sink.name)).toEqual(config);
    expect((await sink.deploy()).outcome).toBe('updated');
  });

  it('says so when going back fails too', async () => {
    let puts = 0;
    const api: RestApi = {
      ...sink.api,
      putConfig(name, config) {
        puts += 1;
        if (puts === 1) return sink.api.putConfig(name, config);
        throw new ConnectError('REFUSED', 'the worker takes no configuration any more');
      },
    };
    const config = { ...sink.config, 'connection.password': 'hunter2-plain' };
    const error = await failureOf(sink.deploy({ api, config, restarts: 0, settleMs: 5_000 }));
    expect(error).toMatchObject({ code: 'ROLLBACK_FAILED', exitCode: 5 });
    expect(error.message).toContain('password authentication failed');
    expect(error.message).toMatch(/\n {2}rolling back failed too: the worker takes no configuration any more$/);
  });
});

async function areAllFailed({ api, stream }: SinkFixture): Promise<boolean> {
  const tasks = (await api.status(stream.sink.name))?.tasks ?? [];
  return tasks.length > 0 && tasks.every((task) => task.state === 'FAILED');
}

describe('a sink that fails on its records', () => {
  let sink: SinkFixture;
  beforeAll(async () => {
    sink = await createSinkFixture('failing');
    await sink.query('ALTER TABLE positions DROP COLUMN mark_price CASCADE');
    await sink.produce(10);
  });
  afterAll(() => sink?.test.remove());

  it('is told by its root cause and what to do, after bounded restarts', async () => {
    const error = await failureOf(sink.deploy({ restarts: 1, settleMs: 5_000, rollback: false }));
    expect(error.code).toBe('REFUSED');
    expect(error.exitCode).toBe(1);
    expect(error.message).toMatch(/FAILED and failed again after 1 restart/);
    expect(error.message).toContain('mark_price');
    expect(error.hint).toContain('connect migrate up');
    expect(error.message).not.toMatch(/\bat (org|io|java)\./);
  });

  it('goes on where it stopped when the cause is gone: an unchanged deploy starts its failed tasks again', async () => {
    // The first task to fail leaves its partitions to the other, which fails in its turn.
    await waitFor(async () => ((await areAllFailed(sink)) ? true : undefined), {
      timeoutMs: 60_000,
      what: 'every task to have failed',
    });
    await sink.query('ALTER TABLE positions ADD COLUMN mark_price numeric(38, 6)');
    const result = await sink.deploy();
    expect(result.outcome).toBe('unchanged');
    expect(result.restarts).toBe(1);
    await rows(sink, 10);
  });

  it('says what is wrong with a record that does not decode', async () => {
    await sink.produceBytes('poison', Buffer.from('no avro at all'));
    const error = await failureOf(
      sink.deploy({ restarts: 0, config: { ...sink.config, 'batch.size': '100' }, settleMs: 5_000 }),
    );
    expect(error.message).toContain('the value does not begin with the magic byte of registered Avro');
    expect(error.hint).toContain('nothing is lost');
  });
});

describe('a sink that cannot start', () => {
  let sink: SinkFixture;
  beforeAll(async () => {
    sink = await createSinkFixture('unstarted');
  });
  afterAll(() => sink?.test.remove());

  it('names the password without repeating it', async () => {
    const secret = 'hunter2-9f8e7d';
    const error = await failureOf(
      sink.deploy({ restarts: 0, config: { ...sink.config, 'connection.password': secret }, settleMs: 5_000 }),
    );
    expect(error.message).toContain('password authentication failed');
    expect(error.hint).toContain('worker.databasePassword');
    expect(error.message + JSON.stringify(error.details)).not.toContain(secret);
  });

  it('names the database that is not there', async () => {
    const url = sink.config['connection.url']?.replace('test_', 'nowhere_') ?? '';
    const error = await failureOf(
      sink.deploy({ restarts: 0, config: { ...sink.config, 'connection.url': url }, settleMs: 5_000 }),
    );
    expect(error.message).toMatch(/database "nowhere_.*" does not exist/);
  });

  it('names a port where nothing listens', async () => {
    const url = sink.config['connection.url']?.replace(/:\d+\//, ':1/') ?? '';
    const error = await failureOf(
      sink.deploy({ restarts: 0, config: { ...sink.config, 'connection.url': url }, settleMs: 5_000 }),
    );
    expect(error.message).toMatch(/[Cc]onnection.*refused/);
  });
});

function rows(sink: SinkFixture, expected: number): Promise<true> {
  return waitFor(
    async () => {
      const [row] = await sink.query('SELECT count(*) AS count FROM positions');
      return Number(row?.count) === expected ? true : undefined;
    },
    { timeoutMs: 30_000, what: `${expected} rows` },
  );
}
