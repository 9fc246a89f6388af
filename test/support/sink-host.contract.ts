import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeployWait, SinkHost } from '../../connectors/host.ts';
import { connectorEntry, type PlanEntry } from '../../connectors/plan/entry.ts';
import type { StartFrom } from '../../connectors/plan/start-plan.ts';
import type { DeclaredState } from '../../connectors/run-state.ts';
import type { DesiredSink, SinkConfig } from '../../connectors/sink-config.ts';
import type { SinkGroups } from '../../connectors/sink-group.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';

/** A host as the suite uses it. */
export interface HostUnderTest {
  readonly host: SinkHost;
  readonly groups: SinkGroups;
  /** A stream whose topic holds records. */
  readonly stream: StreamDefinition;
  /** The rendered configuration of the stream's sink. */
  readonly config: SinkConfig;
  /** Settings under which no task of a sink runs. */
  readonly broken: SinkConfig;
  readonly wait: DeployWait;
  /** Changes a setting of a deployed sink past this package. */
  changeByHand(connector: string, key: string, value: string): Promise<void>;
  close?(): Promise<void>;
}

interface DesiredChanges {
  readonly config?: SinkConfig;
  readonly state?: DeclaredState;
  readonly from?: StartFrom;
}

/** A sink of its own on the host, for one case. */
interface CaseSink {
  readonly name: string;
  readonly under: HostUnderTest;
  desired(changes?: DesiredChanges): DesiredSink;
  plan(changes?: DesiredChanges): Promise<PlanEntry>;
  /** Plans, and deploys that plan. */
  deploy(changes?: DesiredChanges): ReturnType<SinkHost['deploy']>;
  observe(): ReturnType<SinkHost['observe']>;
}

type Case = readonly [title: string, run: (sink: CaseSink) => Promise<void>];

/**
 * What every host of sinks does. Each case runs on each host; only what a host lacks is left out, and named when the suite ends.
 */
export function sinkHostContract(label: string, open: () => Promise<HostUnderTest>): void {
  describe(`a host of sinks: ${label}`, { timeout: 120_000 }, () => {
    let under: HostUnderTest;
    const absent: string[] = [];
    beforeAll(async () => {
      under = await open();
    }, 180_000);
    afterAll(async () => {
      if (absent.length > 0) process.stdout.write(`${label} has no ${absent.join(', no ')}: left out\n`);
      await under?.close?.();
    });
    test.each(CASES)('%s', (title, run) =>
      run(
        caseSink(
          under,
          CASES.findIndex(([one]) => one === title),
        ),
      ),
    );
    test.for(ABILITIES)('%s', async ([title, ability, run], { skip }) => {
      if (under.host[ability] === undefined) {
        absent.push(ability);
        skip(`${label} has no ${ability}`);
      }
      await run(caseSink(under, CASES.length + ABILITIES.findIndex(([one]) => one === title)));
    });
  });
}

function caseSink(under: HostUnderTest, number: number): CaseSink {
  const { host, stream, config, wait } = under;
  const name = `${stream.sink.name}-${number}`;
  const desired = ({ config: changes = {}, state, from = 'resume' }: DesiredChanges = {}): DesiredSink => ({
    stream: { ...stream, sink: { ...stream.sink, name, state } },
    config: { ...config, name, ...changes },
    from,
  });
  return {
    name,
    under,
    desired,
    plan: async (changes) => entryOf((await host.plan(desired(changes))).entries),
    async deploy(changes) {
      const wanted = desired(changes);
      return host.deploy(wanted, (await host.plan(wanted)).entries, wait);
    },
    observe: () => host.observe(name),
  };
}

function entryOf(entries: readonly PlanEntry[]): PlanEntry {
  const entry = connectorEntry(entries);
  if (entry === undefined) throw new Error('the plan has no entry for the connector');
  return entry;
}

const LARGER = { config: { 'flush.max.retries': '61' } };

const CASES: readonly Case[] = [
  [
    'shows nothing of a sink that is not there, and removes it without a complaint',
    async ({ name, under: { host, wait }, observe }) => {
      expect(await observe()).toBeUndefined();
      expect(await host.list()).not.toContain(name);
      await host.remove(name, wait);
      await expect(host.pause(name, wait)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    },
  ],
  [
    'creates what it has planned to create, and has nothing to plan afterwards',
    async ({ name, under, plan, deploy, observe }) => {
      expect(await plan()).toMatchObject({ kind: 'connector', name, action: 'create' });
      expect(await deploy()).toMatchObject({ connector: name, outcome: 'created', changes: [], state: 'RUNNING' });
      const sink = await observe();
      expect(sink).toMatchObject({ name, state: 'RUNNING', config: { topics: under.stream.topic.name } });
      expect(sink?.tasks).toHaveLength(sink?.expectedTasks ?? 0);
      expect(await under.host.list()).toContain(name);
      const all = await under.host.observeAll?.();
      if (all !== undefined) expect(all.get(name)).toEqual(sink);
      expect(await plan()).toMatchObject({ action: 'unchanged', changes: [] });
      expect(await deploy()).toMatchObject({ outcome: 'unchanged', changes: [], restarts: 0 });
    },
  ],
  [
    'changes what differs, and nothing else',
    async ({ deploy, plan, observe }) => {
      await deploy();
      const changes = [{ key: 'flush.max.retries', before: '60', after: '61' }];
      expect(await plan(LARGER)).toMatchObject({ action: 'update', changes });
      expect(await deploy(LARGER)).toMatchObject({ outcome: 'updated', changes, state: 'RUNNING' });
      expect((await observe())?.config).toMatchObject(LARGER.config);
    },
  ],
  [
    'refuses a plan that is no longer what it would do, and changes nothing',
    async ({ name, under: { host, wait, changeByHand }, desired, deploy, observe }) => {
      await deploy();
      const { entries } = await host.plan(desired(LARGER));
      await changeByHand(name, 'flush.retry.delay.ms', '4999');
      await expect(host.deploy(desired(LARGER), entries, wait)).rejects.toMatchObject({ code: 'UNSAFE' });
      expect((await observe())?.config).toMatchObject({ 'flush.max.retries': '60', 'flush.retry.delay.ms': '4999' });
    },
  ],
  [
    'has nothing left to do when somebody has done meanwhile what was agreed to',
    async ({ name, under: { host, wait, changeByHand }, desired, deploy }) => {
      await deploy();
      const { entries } = await host.plan(desired(LARGER));
      await changeByHand(name, 'flush.max.retries', '61');
      expect(await host.deploy(desired(LARGER), entries, wait)).toMatchObject({ outcome: 'unchanged', changes: [] });
    },
  ],
  [
    'does nothing that nobody has agreed to',
    async ({ under: { host, wait }, desired, observe }) => {
      await expect(host.deploy(desired(), [], wait)).rejects.toMatchObject({ code: 'UNSAFE' });
      expect(await observe()).toBeUndefined();
    },
  ],
  [
    'leaves a sink alone that somebody has paused',
    async ({ name, under: { host, wait }, desired, deploy, plan, observe }) => {
      await deploy();
      await host.pause(name, wait);
      await expect.poll(async () => (await observe())?.state, POLL).toBe('PAUSED');
      expect(await plan(LARGER)).toMatchObject({ action: 'blocked' });
      const { entries } = await host.plan(desired(LARGER));
      await expect(host.deploy(desired(LARGER), entries, wait)).rejects.toMatchObject({ code: 'REFUSED' });
      await host.resume(name, wait);
      await expect.poll(async () => (await observe())?.state, POLL).toBe('RUNNING');
    },
  ],
  [
    'enforces the state that a definition declares',
    async ({ deploy, plan, observe }) => {
      await deploy();
      const pause = { key: 'sink.state', before: 'running', after: 'paused' };
      expect(await deploy({ state: 'paused' })).toMatchObject({ changes: [pause], state: 'PAUSED' });
      expect((await observe())?.state).toBe('PAUSED');
      expect(await plan({ state: 'paused' })).toMatchObject({ action: 'unchanged' });
      const change = { key: 'sink.state', before: 'paused', after: 'running' };
      expect(await deploy({ state: 'running' })).toMatchObject({ changes: [change], state: 'RUNNING' });
    },
  ],
  [
    'creates a sink paused that is declared so, or refuses it: it never runs first',
    async ({ deploy, plan, observe }) => {
      const { action } = await plan({ state: 'paused' });
      if (action === 'blocked') {
        await failure(deploy({ state: 'paused' }), 'REFUSED');
        expect(await observe()).toBeUndefined();
      } else {
        expect(await deploy({ state: 'paused' })).toMatchObject({ outcome: 'created', state: 'PAUSED' });
      }
    },
  ],
  [
    'removes a sink that does not run, and leaves no trace of it',
    async ({ under, deploy, observe }) => {
      await expect(deploy({ config: under.broken })).rejects.toMatchObject({
        code: 'DEPLOY_FAILED',
        details: { rollback: expect.stringContaining('removed again') },
      });
      expect(await observe()).toBeUndefined();
    },
  ],
  [
    'goes back to the configuration that ran',
    async ({ under, deploy, plan, observe }) => {
      await deploy();
      const { message } = await failure(deploy({ config: under.broken }), 'DEPLOY_FAILED');
      expect(message).toContain('rolled back to the previous config');
      expect((await observe())?.state).toBe('RUNNING');
      expect(await plan()).toMatchObject({ action: 'unchanged' });
    },
  ],
  [
    'begins where it was told to, and puts the offsets back when it does not run',
    async ({ name, under, desired, deploy, plan }) => {
      const { stream } = desired();
      const committed = async () =>
        (await under.groups.positions(stream)).map((one) => one.committed).filter((offset) => offset !== undefined);
      await under.groups.setOffsets(stream, new Map([[0, 1n]]));
      expect((await plan()).effects.join()).toMatch(/@1\b/);
      await failure(deploy({ config: under.broken, from: 'latest' }), 'DEPLOY_FAILED');
      expect(await committed()).toEqual([1n]);
      expect(await deploy({ from: 'latest' })).toMatchObject({ outcome: 'created' });
      const [first] = await under.groups.positions(stream);
      expect(first?.committed).toBe(first?.end);
      expect(await under.host.observe(name)).toMatchObject({ state: 'RUNNING' });
    },
  ],
  [
    'keeps the offsets of a sink that it removes',
    async ({ name, under: { host, groups, wait }, desired, deploy, plan, observe }) => {
      await groups.setOffsets(desired().stream, new Map([[0, 1n]]));
      await deploy();
      await host.remove(name, wait);
      await expect.poll(observe, POLL).toBeUndefined();
      await expect.poll(async () => (await groups.members(name))?.size, POLL).toBe(0);
      expect(await plan()).toMatchObject({ action: 'create', effects: [expect.stringContaining(`-0@`)] });
    },
  ],
  [
    'restarts a sink',
    async ({ name, under: { host, wait }, deploy, observe }) => {
      await deploy();
      await host.restart(name, { onlyFailed: false }, wait);
      await expect
        .poll(async () => (await observe())?.tasks.map(({ state }) => state), POLL)
        .toEqual(Array.from({ length: (await observe())?.expectedTasks ?? 0 }, () => 'RUNNING'));
    },
  ],
  [
    'stops a sink, whose offsets can be changed then, and starts it again as it was',
    async ({ name, under: { host, groups, stream, wait }, desired, deploy, plan, observe }) => {
      const committed = async () => (await groups.positions(desired().stream))[0]?.committed;
      await deploy();
      const before = await observe();
      await host.offsets.require(name);
      await host.stop(name, wait);
      await expect.poll(async () => (await observe())?.tasks, POLL).toEqual([]);
      expect(await observe()).toMatchObject({ state: 'STOPPED', config: before?.config });
      expect(await plan()).toMatchObject({ action: 'blocked', summary: expect.stringContaining('STOPPED') });
      await host.offsets.set(name, [{ topic: stream.topic.name, partition: 0, offset: 1n }], wait);
      expect(await committed()).toBe(1n);
      await host.offsets.forget(name, wait);
      expect(await committed()).toBeUndefined();
      await host.stop(name, wait);
      await host.resume(name, wait);
      // One that runs already is as good.
      await host.resume(name, wait);
      await expect.poll(async () => (await observe())?.tasks.length, POLL).toBe(before?.tasks.length);
      expect(await observe()).toMatchObject({ state: 'RUNNING', config: before?.config });
      expect(await plan()).toMatchObject({ action: 'unchanged', changes: [] });
    },
  ],
  [
    'deploys a sink that is stopped where the definition says that it runs, and removes one that is stopped',
    async ({ name, under: { host, wait }, deploy, plan, observe }) => {
      const stop = async () => {
        await host.stop(name, wait);
        await expect.poll(async () => (await observe())?.tasks, POLL).toEqual([]);
      };
      await deploy();
      await stop();
      const change = { key: 'sink.state', before: 'stopped', after: 'running' };
      expect(await deploy({ state: 'running' })).toMatchObject({ changes: [change], state: 'RUNNING' });
      await stop();
      await host.remove(name, wait);
      await expect.poll(observe, POLL).toBeUndefined();
      expect(await plan()).toMatchObject({ action: 'create' });
      await expect(host.stop(name, wait)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    },
  ],
  [
    'shows no secret that somebody has written into a sink',
    async ({ name, under: { host, changeByHand }, desired, deploy }) => {
      await deploy();
      await changeByHand(name, 'connection.password', 'hunter2-plain');
      const plan = await host.plan(desired());
      expect(JSON.stringify(plan)).not.toContain('hunter2-plain');
      expect(entryOf(plan.entries)).toMatchObject({ action: 'update', changes: [{ key: 'connection.password' }] });
    },
  ],
];

/** Cases of an ability that a host may lack. */
const ABILITIES: readonly (readonly [
  title: string,
  ability: 'submit' | 'validate' | 'plugins' | 'worker' | 'workerFor',
  run: (sink: CaseSink) => Promise<void>,
])[] = [
  [
    'takes a configuration without a wait',
    'submit',
    async ({ under: { host, wait }, desired, observe }) => {
      const result = await host.submit?.(desired(), (await host.plan(desired())).entries, wait);
      expect(result).toMatchObject({ outcome: 'created', state: undefined, tasks: [] });
      await expect.poll(async () => (await observe())?.state, POLL).toBe('RUNNING');
    },
  ],
  [
    'says what its workers have against a configuration',
    'validate',
    async ({ under: { host }, desired }) => {
      expect(await host.validate?.(desired().config)).toEqual([]);
      expect(await host.validate?.({ ...desired().config, 'tasks.max': '0' })).toMatchObject([{ key: 'tasks.max' }]);
    },
  ],
  [
    'lists the plugins of its workers',
    'plugins',
    async ({ under: { host, config } }) => {
      expect((await host.plugins?.())?.map((plugin) => plugin.class)).toContain(config['connector.class']);
    },
  ],
  [
    'says the version of its workers',
    'worker',
    async ({ under: { host } }) => {
      expect((await host.worker?.())?.version).toMatch(/^\d+\.\d+/);
    },
  ],
  [
    'says what a worker for a sink is started with',
    'workerFor',
    async ({ under: { host }, desired }) => {
      const model = await host.workerFor?.(desired());
      expect(model).toMatchObject({ config: { 'connector.class': desired().config['connector.class'] } });
      expect(Object.keys(model?.properties ?? {})).toContain('consumer.max.poll.records');
    },
  ],
];

const POLL = { timeout: 30_000, interval: 100 };

async function failure(task: Promise<unknown>, code: string): Promise<{ readonly message: string }> {
  const error = await task.then(
    () => undefined,
    (thrown: unknown) => thrown as { readonly message: string },
  );
  expect(error).toMatchObject({ code });
  return { message: error?.message ?? '' };
}
