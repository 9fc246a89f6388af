import { expect, test } from 'vitest';
import type { RunState } from '../../../../connectors/targets/target.ts';
import { areTold, createProgress, type Observation } from '../../../../connectors/wait/progress.ts';

const config = { 'tasks.max': '2', 'batch.size': '5000' };
const told = [config, config];
const toldBefore = [{ ...config, 'batch.size': '500' }, config];

function look(
  states: readonly RunState[],
  changes: Partial<Observation> & { connector?: RunState; trace?: string } = {},
): Observation {
  const { connector = 'RUNNING', trace, ...rest } = changes;
  const traced = (state: RunState) => (state === 'FAILED' ? { trace: trace ?? 'x' } : {});
  return {
    status: {
      name: 's',
      state: connector,
      worker: 'w',
      ...traced(connector),
      tasks: states.map((state, id) => ({ id, state, worker: 'w', ...traced(state) })),
    },
    taskConfigs: told,
    members: undefined,
    ...rest,
  };
}

const running = (changes: Partial<Observation> = {}) => look(['RUNNING', 'RUNNING'], changes);

test('everything RUNNING for the settling time is settled', () => {
  const progress = createProgress({ config, settleMs: 1_000 });
  expect(progress.judge(running(), 0).kind).toBe('waiting');
  expect(progress.judge(running(), 999).kind).toBe('waiting');
  expect(progress.judge(running(), 1_000).kind).toBe('settled');
});

test('a break starts the settling time again', () => {
  const progress = createProgress({ config, settleMs: 1_000 });
  progress.judge(running(), 0);
  progress.judge(look(['RUNNING', 'UNASSIGNED']), 500);
  expect(progress.judge(running(), 1_000).kind).toBe('waiting');
  progress.judge(undefined, 1_500);
  expect(progress.judge(running(), 2_000).kind).toBe('waiting');
  expect(progress.judge(running(), 3_000).kind).toBe('settled');
});

test('a RUNNING connector without all of its tasks is not there yet', () => {
  const progress = createProgress({ config, settleMs: 0 });
  expect(progress.judge(look([], { taskConfigs: [] }), 0)).toMatchObject({
    kind: 'waiting',
    count: { running: 0, expected: 2 },
  });
  expect(progress.judge(look(['RUNNING'], { taskConfigs: [config] }), 1).kind).toBe('waiting');
});

test('tasks with the configuration of before do not count', () => {
  const progress = createProgress({ config, settleMs: 0 });
  expect(progress.judge(running({ taskConfigs: toldBefore }), 0).kind).toBe('waiting');
  expect(progress.judge(running(), 1).kind).toBe('settled');
});

test("a RUNNING state may be the old task's until only new consumers are in the group", () => {
  const progress = createProgress({ config, settleMs: 0, oldMembers: new Set(['a', 'b']) });
  expect(progress.judge(running({ members: new Set(['a', 'b']) }), 0).kind).toBe('waiting');
  expect(progress.judge(running({ members: new Set(['a', 'c']) }), 1).kind).toBe('waiting');
  expect(progress.judge(running({ members: new Set(['c']) }), 2).kind).toBe('waiting');
  expect(progress.judge(running({ members: new Set(['c', 'd']) }), 3).kind).toBe('settled');
});

test('while an old consumer is a member its task may be on a worker that has died: RUNNING does not count, however late', () => {
  const progress = createProgress({ config, settleMs: 0, oldMembers: new Set(['a', 'b']) });
  progress.judge(running({ members: new Set(['a', 'c']) }), 0);
  expect(progress.judge(running({ members: new Set(['a', 'c']) }), 30_000).kind).toBe('waiting');
  expect(progress.judge(running({ members: new Set(['c', 'd']) }), 45_000).kind).toBe('settled');
});

test('who is a member after a dead one would have been put out is alive: its task had no reason to start anew', () => {
  const progress = createProgress({ config, settleMs: 0, oldMembers: new Set(['a', 'b']) });
  progress.judge(running({ members: new Set(['a', 'b']) }), 0);
  expect(progress.judge(running({ members: new Set(['a', 'b']) }), 60_000).kind).toBe('settled');
});

test('tasks were told a configuration when it is all of it, and nothing but what the worker adds', () => {
  const own = { ...config, 'task.class': 'x.Task', 'task.id': '0' };
  expect(areTold([own, own], config)).toBe(true);
  expect(areTold([own], config)).toBe(false);
  expect(areTold([own, { ...own, 'batch.size': '7' }], config)).toBe(false);
  expect(areTold([own, { ...own, 'truncate.enabled': 'true' }], config)).toBe(false);
});

test('where the group cannot be seen, a state counts once an old one would be gone', () => {
  const progress = createProgress({ config, settleMs: 0, oldMembers: new Set() });
  expect(progress.judge(running(), 0).kind).toBe('waiting');
  expect(progress.judge(running(), 7_999).kind).toBe('waiting');
  expect(progress.judge(running(), 8_000).kind).toBe('settled');
});

test('a failed task of a RUNNING connector is a failure', () => {
  const progress = createProgress({ config, settleMs: 0 });
  expect(progress.judge(look(['RUNNING', 'FAILED']), 0).kind).toBe('failed');
});

test('a connector that fails before it has tasks is a failure', () => {
  const progress = createProgress({ config, settleMs: 0 });
  expect(progress.judge(look([], { connector: 'FAILED', taskConfigs: [] }), 0).kind).toBe('failed');
});

test('a task that failed under the configuration of before is no failure of the new one', () => {
  const progress = createProgress({ config, settleMs: 0 });
  expect(progress.judge(look(['RUNNING', 'FAILED'], { taskConfigs: toldBefore }), 0).kind).toBe('waiting');
});

test('the failure that a restart was asked for counts again only when it is another one, or stays', () => {
  const before = look(['RUNNING', 'FAILED'], { trace: 'first' }).status;
  const again = () => createProgress({ config, settleMs: 0, before });
  const stays = again();
  expect(stays.judge(look(['RUNNING', 'FAILED'], { trace: 'first' }), 0).kind).toBe('waiting');
  expect(stays.judge(look(['RUNNING', 'FAILED'], { trace: 'first' }), 8_000).kind).toBe('failed');
  expect(again().judge(look(['RUNNING', 'FAILED'], { trace: 'second' }), 0).kind).toBe('failed');
  const returns = again();
  returns.judge(look(['RUNNING', 'RESTARTING']), 0);
  expect(returns.judge(look(['RUNNING', 'FAILED'], { trace: 'first' }), 1).kind).toBe('failed');
});
