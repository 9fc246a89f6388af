import { expect, test } from 'vitest';
import type { ObservedSink, RunState, SinkConfig } from '../../../../connectors/sink-config.ts';
import { createProgress, haveConfig, type Observation } from '../../../../connectors/wait/progress.ts';

const config = { 'tasks.max': '2', 'batch.size': '5000' };
const wanted = { config, expectedTasks: 2, settleMs: 0 };
const before = [{ ...config, 'batch.size': '500' }, config];

interface Look {
  readonly connector?: RunState;
  readonly trace?: string;
  /** What each task was given. */
  readonly given?: readonly SinkConfig[];
  readonly members?: ReadonlySet<string>;
}

function look(
  states: readonly RunState[],
  { connector = 'RUNNING', trace = 'x', given = [config, config], members }: Look = {},
): Observation {
  const traced = (state: RunState) => (state === 'FAILED' ? { trace } : {});
  const sink: ObservedSink = {
    name: 's',
    config,
    state: connector,
    worker: 'w',
    ...traced(connector),
    tasks: states.map((state, id) => ({ id, state, worker: 'w', config: given[id], ...traced(state) })),
    expectedTasks: 2,
    decidedByHost: [],
  };
  return { sink, members };
}

const running = (changes: Look = {}) => look(['RUNNING', 'RUNNING'], changes);

test('everything RUNNING for the settling time is settled', () => {
  const progress = createProgress({ ...wanted, settleMs: 1_000 });
  expect(progress.judge(running(), 0).kind).toBe('waiting');
  expect(progress.judge(running(), 999).kind).toBe('waiting');
  expect(progress.judge(running(), 1_000).kind).toBe('settled');
});

test('a break starts the settling time again', () => {
  const progress = createProgress({ ...wanted, settleMs: 1_000 });
  progress.judge(running(), 0);
  progress.judge(look(['RUNNING', 'UNASSIGNED']), 500);
  expect(progress.judge(running(), 1_000).kind).toBe('waiting');
  progress.judge(undefined, 1_500);
  expect(progress.judge(running(), 2_000).kind).toBe('waiting');
  expect(progress.judge(running(), 3_000).kind).toBe('settled');
});

test('a RUNNING connector without all of its tasks is not there yet', () => {
  const progress = createProgress(wanted);
  expect(progress.judge(look([]), 0)).toMatchObject({
    kind: 'waiting',
    running: 0,
    expected: 2,
  });
  expect(progress.judge(look(['RUNNING']), 1).kind).toBe('waiting');
});

test('tasks with the configuration of before do not count', () => {
  const progress = createProgress(wanted);
  expect(progress.judge(running({ given: before }), 0).kind).toBe('waiting');
  expect(progress.judge(running(), 1).kind).toBe('settled');
});

test("a RUNNING state may be the old task's until only new consumers are in the group", () => {
  const progress = createProgress({ ...wanted, oldMembers: new Set(['a', 'b']) });
  expect(progress.judge(running({ members: new Set(['a', 'b']) }), 0).kind).toBe('waiting');
  expect(progress.judge(running({ members: new Set(['a', 'c']) }), 1).kind).toBe('waiting');
  expect(progress.judge(running({ members: new Set(['c']) }), 2).kind).toBe('waiting');
  expect(progress.judge(running({ members: new Set(['c', 'd']) }), 3).kind).toBe('settled');
});

test('while an old consumer is a member its task may be on a worker that has died: RUNNING does not count, however late', () => {
  const progress = createProgress({ ...wanted, oldMembers: new Set(['a', 'b']) });
  progress.judge(running({ members: new Set(['a', 'c']) }), 0);
  expect(progress.judge(running({ members: new Set(['a', 'c']) }), 30_000).kind).toBe('waiting');
  expect(progress.judge(running({ members: new Set(['c', 'd']) }), 45_000).kind).toBe('settled');
});

test('a member that is still there when a dead one would have been evicted is alive: its task had no reason to start anew', () => {
  const progress = createProgress({ ...wanted, oldMembers: new Set(['a', 'b']) });
  progress.judge(running({ members: new Set(['a', 'b']) }), 0);
  expect(progress.judge(running({ members: new Set(['a', 'b']) }), 60_000).kind).toBe('settled');
});

test('tasks have a configuration when they were given all of it, and nothing but what the worker adds', () => {
  const own = { ...config, 'task.class': 'x.Task', 'task.id': '0' };
  const tasks = (...given: SinkConfig[]) =>
    look(['RUNNING', 'RUNNING'].slice(0, given.length) as RunState[], { given }).sink.tasks;
  expect(haveConfig(tasks(own, own), config)).toBe(true);
  expect(haveConfig(tasks(own), config)).toBe(false);
  expect(haveConfig(tasks(own, { ...own, 'batch.size': '7' }), config)).toBe(false);
  expect(haveConfig(tasks(own, { ...own, 'truncate.enabled': 'true' }), config)).toBe(false);
});

test('a task that is left over from a larger number does not count', () => {
  expect(
    createProgress(wanted).judge(look(['RUNNING', 'RUNNING', 'RUNNING'], { given: [config, config, {}] }), 0).kind,
  ).toBe('settled');
});

test('where the group cannot be seen, a state counts once an old one would be gone', () => {
  const progress = createProgress({ ...wanted, oldMembers: new Set() });
  expect(progress.judge(running(), 0).kind).toBe('waiting');
  expect(progress.judge(running(), 7_999).kind).toBe('waiting');
  expect(progress.judge(running(), 8_000).kind).toBe('settled');
});

test('a failed task of a RUNNING connector is a failure', () => {
  const progress = createProgress(wanted);
  expect(progress.judge(look(['RUNNING', 'FAILED']), 0).kind).toBe('failed');
});

test('a connector that fails before it has tasks is a failure', () => {
  const progress = createProgress(wanted);
  expect(progress.judge(look([], { connector: 'FAILED' }), 0).kind).toBe('failed');
});

test('a task that failed under the configuration of before is no failure of the new one', () => {
  const progress = createProgress(wanted);
  expect(progress.judge(look(['RUNNING', 'FAILED'], { given: before }), 0).kind).toBe('waiting');
});

test('the failure that a restart was asked for counts again only when it is another one, or stays', () => {
  const failed = look(['RUNNING', 'FAILED'], { trace: 'first' }).sink;
  const again = () => createProgress({ ...wanted, before: failed });
  const stays = again();
  expect(stays.judge(look(['RUNNING', 'FAILED'], { trace: 'first' }), 0).kind).toBe('waiting');
  expect(stays.judge(look(['RUNNING', 'FAILED'], { trace: 'first' }), 8_000).kind).toBe('failed');
  expect(again().judge(look(['RUNNING', 'FAILED'], { trace: 'second' }), 0).kind).toBe('failed');
  const returns = again();
  returns.judge(look(['RUNNING', 'RESTARTING']), 0);
  expect(returns.judge(look(['RUNNING', 'FAILED'], { trace: 'first' }), 1).kind).toBe('failed');
});

test('where the tasks before were broken, one of them that fails only now is not taken for a new one', () => {
  const broken = look(['FAILED', 'RUNNING'], { given: before }).sink;
  const late = look(['FAILED', 'FAILED']);
  const progress = createProgress({ ...wanted, before: broken, beforeIsBroken: true });
  expect(progress.judge(late, 0).kind).toBe('waiting');
  expect(progress.judge(running(), 1_000).kind).toBe('settled');
  const failing = createProgress({ ...wanted, before: broken, beforeIsBroken: true });
  failing.judge(late, 0);
  expect(failing.judge(late, 8_000).kind).toBe('failed');
});
