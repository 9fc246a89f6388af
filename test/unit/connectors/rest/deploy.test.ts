import { describe, expect, it } from 'vitest';
import type { DeployResult, DeployWait } from '../../../../connectors/host.ts';
import type { PlanEntry } from '../../../../connectors/plan/entry.ts';
import type { StartFrom } from '../../../../connectors/plan/start-plan.ts';
import type { DesiredSink, RunState, SinkConfig } from '../../../../connectors/sink-config.ts';
import type { SinkDefinition } from '../../../../pipeline/types.ts';
import { type InMemoryWorker, inMemoryWorker } from '../../../support/in-memory-worker.ts';
import { positions } from '../../../support/positions-stream.ts';

const config: SinkConfig = { name: 'positions-sink', 'tasks.max': '1', 'batch.size': '5000' };
const other: SinkConfig = { ...config, 'batch.size': '500' };

/** A cluster with one connector, or with none. */
function cluster(live: SinkConfig | undefined, state: RunState = 'RUNNING', lost = 0): InMemoryWorker {
  const worker = inMemoryWorker([10n]);
  if (live !== undefined) worker.connectors.set('positions-sink', { config: live, state });
  worker.loseAnswers(lost);
  return worker;
}

const desired = (state?: SinkDefinition['state'], from: StartFrom = 'resume'): DesiredSink => ({
  stream: { ...positions, sink: { ...positions.sink, state } },
  config,
  from,
});

const wait: DeployWait = { timeoutMs: 5_000, settleMs: 0, pollMs: 1 };

async function deploy({ host }: InMemoryWorker, wanted: DesiredSink = desired()): Promise<DeployResult> {
  return host.deploy(wanted, (await host.plan(wanted)).entries, wait);
}

describe('configuration and run state together', () => {
  it('a sink that is to be held back is held back before it gets its configuration', async () => {
    const one = cluster(other);
    expect(await deploy(one, desired('paused'))).toMatchObject({
      outcome: 'updated',
      state: 'PAUSED',
      changes: [
        { key: 'batch.size', before: '500', after: '5000' },
        { key: 'sink.state', before: 'running', after: 'paused' },
      ],
    });
    expect(one.calls).toEqual(['pause', 'put 5000']);
  });

  it('a sink that is to run again gets its configuration first', async () => {
    const one = cluster(other, 'STOPPED');
    expect(await deploy(one, desired('running'))).toMatchObject({ state: 'RUNNING' });
    expect(one.calls).toEqual(['put 5000', 'resume']);
  });

  it('where only the state differs, nothing else is written', async () => {
    const one = cluster(config, 'PAUSED');
    expect(await deploy(one, desired('running'))).toMatchObject({ outcome: 'updated', state: 'RUNNING' });
    expect(one.calls).toEqual(['resume']);
    const stopped = cluster(config, 'STOPPED');
    expect(await deploy(stopped, desired('stopped'))).toMatchObject({
      outcome: 'unchanged',
      state: 'STOPPED',
      tasks: [],
    });
    expect(stopped.calls).toEqual([]);
  });

  it('tasks that had this configuration before the pause are kept: nobody waits for new ones', async () => {
    const one = cluster(other, 'PAUSED');
    one.api.tasks = async () => [{ id: 0, config: { ...config, 'task.id': '0' } }];
    one.groups.members = async () => new Set(['the same']);
    one.groups.whileWatching = (_name, task) => task(async () => new Set(['the same']));
    expect(await deploy(one, desired('running'))).toMatchObject({ outcome: 'updated', state: 'RUNNING' });
    expect(one.calls).toEqual(['put 5000', 'resume']);
  });

  it('a sink that is created paused never runs before', async () => {
    const one = cluster(undefined);
    expect(await deploy(one, desired('paused'))).toMatchObject({ outcome: 'created', state: 'PAUSED' });
    expect(one.calls).toEqual(['create PAUSED']);
  });

  it('without a declared state, one that somebody holds back is left alone', async () => {
    const one = cluster(other, 'PAUSED');
    await expect(deploy(one)).rejects.toMatchObject({ code: 'REFUSED', message: /is PAUSED.*nothing was changed/ });
    expect(one.calls).toEqual([]);
  });
});

describe('answers that are lost', () => {
  it('a configuration that the cluster has taken is not put again', async () => {
    const one = cluster(other, 'RUNNING', 1);
    expect(await deploy(one, desired('running'))).toMatchObject({ outcome: 'updated' });
    expect(one.calls).toEqual(['put 5000']);
  });

  it('a connector that was created is not created again', async () => {
    const one = cluster(undefined, 'RUNNING', 1);
    expect(await deploy(one, desired('stopped'))).toMatchObject({ outcome: 'created' });
    expect(one.calls).toEqual(['create STOPPED']);
  });
});

describe('what was agreed to', () => {
  it('is not done when the cluster has moved since', async () => {
    const one = cluster(other);
    const { entries } = await cluster(config).host.plan(desired());
    await expect(one.host.deploy(desired(), entries, wait)).rejects.toMatchObject({
      code: 'UNSAFE',
      details: { planned: 'unchanged', now: 'update' },
    });
    expect(one.calls).toEqual([]);
  });

  it('is nothing without an entry for the sink', async () => {
    const one = cluster(other);
    const none: PlanEntry[] = [];
    await expect(one.host.deploy(desired(), none, wait)).rejects.toMatchObject({ code: 'UNSAFE' });
    expect(one.calls).toEqual([]);
  });

  it('is not waited for when it is only submitted', async () => {
    const { host } = cluster(other);
    const { entries } = await host.plan(desired());
    expect(await host.submit?.(desired(), entries, wait)).toMatchObject({ outcome: 'updated', state: undefined });
  });
});

describe('a deploy that fails', () => {
  it('brings back the configuration that ran', async () => {
    const one = cluster(other);
    one.failWith('batch.size', '5000');
    await expect(deploy(one)).rejects.toMatchObject({
      code: 'DEPLOY_FAILED',
      message: expect.stringContaining('rolled back to the previous config: RUNNING 1/1 tasks'),
    });
    expect(one.connectors.get('positions-sink')?.config).toEqual(other);
  }, 30_000);

  it('removes what it created, and puts back the offsets that it had set', async () => {
    const one = cluster(undefined);
    one.groups.commit(0, 7n);
    one.failWith('batch.size', '5000');
    await expect(deploy(one, desired(undefined, 'earliest'))).rejects.toMatchObject({
      code: 'DEPLOY_FAILED',
      message: expect.stringContaining('rolled back: the connector was removed again'),
    });
    expect(one.connectors.size).toBe(0);
    expect(one.groups.committed()).toEqual({ 0: 7n });
  }, 30_000);
});
