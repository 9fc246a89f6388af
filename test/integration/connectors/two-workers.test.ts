import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRestApi, type RestApi } from '../../../connectors/rest/api.ts';
import { ConnectError } from '../../../core/errors.ts';
import { createHttp } from '../../../core/http.ts';
import type { SinkDefinition } from '../../../pipeline/types.ts';
import { eventually } from '../../support/eventually.ts';
import { proxyRest } from '../../support/rest-proxy.ts';
import { createSinkFixture, type DeployChanges, type SinkFixture } from '../../support/sink-fixture.ts';
import { startWorkers, type WorkerCluster } from '../../support/worker-cluster.ts';

describe('deploying to two workers', { timeout: 180_000 }, () => {
  let cluster: WorkerCluster;
  let sink: SinkFixture;
  let api: RestApi;
  let name: string;
  const deploy = (changes: DeployChanges = {}) => sink.deploy({ api, plannedBy: api, timeoutMs: 120_000, ...changes });
  const inState = (state: NonNullable<SinkDefinition['state']>) => ({
    ...sink.stream,
    sink: { ...sink.stream.sink, state },
  });
  const failure = (task: Promise<unknown>): Promise<ConnectError> =>
    task.then(
      () => expect.fail('it did not fail'),
      (error: unknown) => ConnectError.from(error),
    );
  const rowsToBe = (count: number) =>
    eventually(
      async () => expect(await sink.query('SELECT count(*)::int AS count FROM positions')).toEqual([{ count }]),
      { timeoutMs: 60_000 },
    );

  beforeAll(async () => {
    [cluster, sink] = await Promise.all([startWorkers('two', 2), createSinkFixture('twoworkers')]);
    api = createRestApi({ url: cluster.urls[0] ?? '' });
    name = sink.stream.sink.name;
  }, 240_000);
  afterAll(async () => {
    cluster?.remove();
    await sink?.test.remove();
  });

  it('replaces a connector of another class, and its tasks run on both', async () => {
    // The worker's short name of the class; only one sink is on the workers, and another text is another class to a plan.
    await api.putConfig(name, { ...sink.config, 'connector.class': 'JdbcSinkConnector' });
    const result = await deploy();
    expect(result).toMatchObject({ outcome: 'replaced', state: 'RUNNING' });
    expect(result.changes).toContainEqual({
      key: 'connector.class',
      before: 'JdbcSinkConnector',
      after: sink.config['connector.class'],
    });
    expect(result.tasks.map(({ worker }) => worker).sort()).toEqual([...cluster.ids].sort());
    await sink.produce(100);
    await rowsToBe(100);
  });

  it('changes nothing the second time, asked of the other worker', async () => {
    const other = createRestApi({ url: cluster.urls[1] ?? '' });
    expect(await deploy({ api: other })).toMatchObject({ outcome: 'unchanged', changes: [], restarts: 0 });
  });

  it('takes back what somebody changed by hand', async () => {
    await api.putConfig(name, { ...sink.config, 'batch.size': '7' });
    expect(await deploy()).toMatchObject({
      outcome: 'updated',
      changes: [{ key: 'batch.size', before: '7', after: '1000' }],
    });
  });

  it('changes configuration and run state together: nothing is written with either alone', async () => {
    const config = { ...sink.config, 'batch.size': '250' };
    expect(await deploy({ config, stream: inState('paused') })).toMatchObject({ outcome: 'updated', state: 'PAUSED' });
    await sink.produce(50, 100);
    expect(await api.config(name)).toEqual(config);
    const back = await deploy({ stream: inState('running') });
    expect(back.changes.map(({ key }) => key)).toEqual(['batch.size', 'sink.state']);
    expect(back.tasks.map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING']);
    await rowsToBe(150);
  });

  it('a task that fails after the worker has accepted everything: cause, record, and back to what ran', async () => {
    const broken = { ...sink.config, 'collection.name.format': 'public.nowhere' };
    const deploying = failure(deploy({ config: broken, restarts: 0, settleMs: 15_000 }));
    await eventually(async () => expect((await api.tasks(name))[0]?.config).toMatchObject(broken), {
      timeoutMs: 60_000,
    });
    await sink.produce(10, 150);
    const error = await deploying;
    expect(error).toMatchObject({ code: 'DEPLOY_FAILED', exitCode: 4 });
    expect(error.message).toMatch(/cause .*nowhere/);
    expect(error.message).toMatch(/rolled back to the previous config: RUNNING 2\/2 tasks$/);
    expect(await api.config(name)).toEqual(sink.config);
    await rowsToBe(160);
  });

  it('waits out a storm of conflicts, and sends what was taken only once though the answer was lost', async () => {
    const tries = new Map<string, number>();
    const proxy = await proxyRest(cluster.urls[1] ?? '', (request) => {
      if (request.includes('/validate')) return 'pass';
      const count = (tries.get(request) ?? 0) + 1;
      tries.set(request, count);
      if (count <= 3) return 'conflict';
      return request.startsWith('PUT') && count === 4 ? 'lose answer' : 'pass';
    });
    const config = { ...sink.config, 'batch.size': '700' };
    const result = await deploy({ api: createRestApi({ url: proxy.url }), config });
    expect(result).toMatchObject({ outcome: 'updated', state: 'RUNNING' });
    expect(proxy.conflicts()).toBeGreaterThan(8);
    expect(proxy.writes).toEqual([expect.stringMatching(/^PUT .*validate$/), `PUT /connectors/${name}/config`]);
  });

  it('deploys while other connectors come and go, which rebalances the cluster', async () => {
    let over = false;
    const http = createHttp({ what: 'Connect', baseUrl: cluster.urls[1] ?? '' });
    const storm = (async () => {
      for (let round = 0; round < 8 && !over; round += 1) {
        const other = `storm-${round % 3}`;
        const body = { name: other, config: { ...sink.config, name: other }, initial_state: 'STOPPED' };
        await http.request('POST', '/connectors', body);
        await http.request('DELETE', `/connectors/${other}`);
      }
    })();
    try {
      expect(await deploy()).toMatchObject({ outcome: 'updated', state: 'RUNNING' });
    } finally {
      over = true;
      await storm;
    }
    await sink.produce(10, 160);
    await rowsToBe(170);
  });

  it('deploys though a worker is killed in the middle: every task ends up on the one that is left', async () => {
    const config = { ...sink.config, 'batch.size': '3000' };
    const result = await deploy({
      config,
      api: {
        ...api,
        async validate(wanted) {
          const findings = await api.validate(wanted);
          cluster.kill(1);
          return findings;
        },
      },
    });
    expect(result.outcome).toBe('updated');
    expect(result.tasks.map(({ state, worker }) => ({ state, worker }))).toEqual([
      { state: 'RUNNING', worker: cluster.ids[0] },
      { state: 'RUNNING', worker: cluster.ids[0] },
    ]);
    await sink.produce(10, 170);
    await rowsToBe(180);
  });
});
