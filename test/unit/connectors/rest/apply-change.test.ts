import { describe, expect, it } from 'vitest';
import type { SinkConfig } from '../../../../connectors/render/render-sink.ts';
import { deploySink } from '../../../../connectors/rest/deploy.ts';
import type { ConnectTarget, RunState } from '../../../../connectors/targets/target.ts';
import { ConnectError } from '../../../../core/errors.ts';
import type { SinkDefinition } from '../../../../pipeline/types.ts';
import { positions } from '../../../support/positions-stream.ts';

const config: SinkConfig = { name: 'positions-sink', 'tasks.max': '1', 'batch.size': '5000' };
const other: SinkConfig = { ...config, 'batch.size': '500' };

interface Cluster {
  readonly target: ConnectTarget;
  /** Every call that changes something. */
  readonly calls: string[];
}

/** A cluster in memory. `lost`: so many answers to writes are lost after they were carried out. */
function cluster(live: SinkConfig | undefined, state: RunState = 'RUNNING', lost = 0): Cluster {
  let now = live;
  let is = state;
  let losses = lost;
  const calls: string[] = [];
  const wrote = async (call: string, change: () => void): Promise<void> => {
    calls.push(call);
    change();
    if (losses === 0) return;
    losses -= 1;
    throw new ConnectError('UNREACHABLE', 'the answer was lost');
  };
  const order = (call: string, ordered: RunState) => () =>
    wrote(call, () => {
      is = ordered;
    });
  const take = (call: string, taken: SinkConfig, ordered: RunState) =>
    wrote(call, () => {
      now = taken;
      is = ordered;
    });
  const target = {
    label: 'a cluster',
    validate: async () => [],
    config: async () => now,
    status: async () =>
      now && {
        name: 'positions-sink',
        state: is,
        worker: 'w',
        tasks: is === 'STOPPED' ? [] : [{ id: 0, state: is, worker: 'w' }],
      },
    tasks: async () => [{ id: 0, config: now ?? {} }],
    putConfig: (_name: string, taken: SinkConfig) => take(`put ${taken['batch.size']}`, taken, is),
    createHeld: (_name: string, taken: SinkConfig, held: RunState) => take(`create ${held}`, taken, held),
    pause: order('pause', 'PAUSED'),
    stop: order('stop', 'STOPPED'),
    resume: order('resume', 'RUNNING'),
    remove: () =>
      wrote('remove', () => {
        now = undefined;
      }),
  } as unknown as ConnectTarget;
  return { target, calls };
}

const deploy = ({ target }: Cluster, state?: SinkDefinition['state'], changes = {}) =>
  deploySink({
    target,
    stream: { ...positions, sink: { ...positions.sink, ...(state === undefined ? {} : { state }) } },
    config,
    timeoutMs: 5_000,
    settleMs: 0,
    members: membersOf(),
    ...changes,
  });

/** A group whose members are others at each look. */
function membersOf(): () => Promise<Set<string>> {
  let looks = 0;
  return async () => {
    looks += 1;
    return new Set([`member ${looks}`]);
  };
}

describe('configuration and run state together', () => {
  it('a sink that is to be held back is held back before it gets its configuration', async () => {
    const one = cluster(other);
    expect(await deploy(one, 'paused')).toMatchObject({
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
    expect(await deploy(one, 'running')).toMatchObject({ state: 'RUNNING' });
    expect(one.calls).toEqual(['put 5000', 'resume']);
  });

  it('where only the state differs, nothing else is written', async () => {
    const one = cluster(config, 'PAUSED');
    expect(await deploy(one, 'running')).toMatchObject({ outcome: 'updated', state: 'RUNNING' });
    expect(one.calls).toEqual(['resume']);
    const stopped = cluster(config, 'STOPPED');
    expect(await deploy(stopped, 'stopped')).toMatchObject({ outcome: 'unchanged', state: 'STOPPED', tasks: [] });
    expect(stopped.calls).toEqual([]);
  });

  it('tasks that were told this before the pause go on as they are: nobody waits for new ones', async () => {
    const one = cluster(other, 'PAUSED');
    const told = { ...one.target, tasks: async () => [{ id: 0, config: { ...config, 'task.id': '0' } }] };
    const members = async () => new Set(['the same']);
    const result = await deploy({ ...one, target: told as ConnectTarget }, 'running', { members });
    expect(result).toMatchObject({ outcome: 'updated', state: 'RUNNING' });
    expect(one.calls).toEqual(['put 5000', 'resume']);
  });

  it('a sink that is created paused never runs before', async () => {
    const one = cluster(undefined);
    expect(await deploy(one, 'paused')).toMatchObject({ outcome: 'created', state: 'PAUSED' });
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
    expect(await deploy(one, 'running')).toMatchObject({ outcome: 'updated' });
    expect(one.calls).toEqual(['put 5000']);
  });

  it('a connector that was created is not created again', async () => {
    const one = cluster(undefined, 'RUNNING', 1);
    expect(await deploy(one, 'stopped')).toMatchObject({ outcome: 'created' });
    expect(one.calls).toEqual(['create STOPPED']);
  });
});

describe('what was agreed to', () => {
  it('is not done when the cluster has moved since', async () => {
    const one = cluster(other);
    const planned = { action: 'unchanged' as const, changes: [] };
    await expect(deploy(one, undefined, { planned })).rejects.toMatchObject({ code: 'UNSAFE' });
    expect(one.calls).toEqual([]);
  });

  it('is not waited for when that is asked', async () => {
    const one = cluster(other);
    expect(await deploy(one, undefined, { wait: false })).toMatchObject({ outcome: 'updated', state: undefined });
  });
});
