import { expect, test } from 'vitest';
import { stateWords } from '../../../../cli/render/sinks.ts';

test.each([
  ['RUNNING', ['RUNNING', 'RUNNING'], 'RUNNING 2/2 tasks'],
  ['STOPPED', [], 'STOPPED'],
  ['PAUSED', ['PAUSED', 'FAILED', 'PAUSED'], 'PAUSED, 2 PAUSED, 1 FAILED'],
])('a connector that is %s with %j is "%s"', (state, states, words) => {
  const tasks = states.map((one, id) => ({ id, state: one, worker: 'w' }));
  expect(stateWords({ state, tasks })).toBe(words);
});
