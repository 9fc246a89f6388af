import { expect, test } from 'vitest';
import type { ObservedSink } from '../../../../connectors/sink-config.ts';
import { noticingLeft } from '../../../../connectors/wait/left-tasks.ts';

const WORKER = 'MSK Connect';

/** A sink of two tasks, of which so many are in the group. */
const withMembers = (count: number): ObservedSink => ({
  name: 'positions-sink',
  config: {},
  state: 'RUNNING',
  worker: WORKER,
  tasks: [0, 1].map((id) =>
    id < count ? { id, worker: WORKER, state: 'RUNNING' } : { id, worker: WORKER, state: 'UNASSIGNED', absent: true },
  ),
  expectedTasks: 2,
  decidedByHost: [],
});

/** What is shown at these times (in seconds) of so many members. */
async function shown(looks: readonly (readonly [at: number, members: number])[], seen?: number): Promise<string[]> {
  let [at, members] = [0, 0];
  const observe = noticingLeft(async () => withMembers(members), { seen, now: () => at * 1_000 });
  const states: string[] = [];
  for ([at, members] of looks) states.push((await observe())?.tasks.map(({ state }) => state).join(' ') ?? '');
  return states;
}

test('a task that has not come up yet has not failed, however long it takes', async () => {
  expect(
    await shown([
      [0, 0],
      [100, 1],
      [500, 1],
    ]),
  ).toEqual(['UNASSIGNED UNASSIGNED', 'RUNNING UNASSIGNED', 'RUNNING UNASSIGNED']);
});

test('a task that was at work and stays away has FAILED; a rebalance is shorter', async () => {
  expect(
    await shown([
      [0, 2],
      [5, 1],
      [20, 2],
      [25, 1],
      [54, 1],
      [56, 1],
    ]),
  ).toEqual([
    'RUNNING RUNNING',
    'RUNNING UNASSIGNED',
    'RUNNING RUNNING',
    'RUNNING UNASSIGNED',
    'RUNNING UNASSIGNED',
    'RUNNING FAILED',
  ]);
});

test('tasks that were at work before the first look count as well', async () => {
  expect(
    (
      await shown(
        [
          [0, 0],
          [31, 0],
        ],
        2,
      )
    ).at(-1),
  ).toBe('FAILED FAILED');
});
