import { expect, it } from 'vitest';
import { type Finding, mergeFindings } from '../../../pipeline/finding.ts';

const finding = (over: Partial<Finding> = {}): Finding => ({
  rule: 'B',
  path: '/fields/size',
  file: 'a',
  line: 41,
  column: 7,
  message: 'm',
  remedy: 'r',
  severity: 'error',
  against: 'version 1',
  ...over,
});

it('findings come by place, then rule, then the rest, whatever order they were found in', () => {
  const sorted = [
    finding({ line: 5, message: 'x' }),
    finding({ rule: 'A' }),
    finding({ path: '/fields/owner' }),
    finding({ message: 'l' }),
    finding(),
    finding({ column: 9, message: 'a' }),
    finding({ file: 'z', line: 1 }),
  ];
  for (let turn = 0; turn < sorted.length; turn += 1) {
    expect(mergeFindings([...sorted.slice(turn), ...sorted.slice(0, turn)])).toEqual(sorted);
  }
  expect(mergeFindings([...sorted].reverse())).toEqual(sorted);
});

it('what is found against several versions is told once', () => {
  const found = [finding(), finding({ against: 'version 2' }), finding(), finding({ path: '/', against: undefined })];
  expect(mergeFindings(found)).toEqual([
    finding({ path: '/', against: undefined }),
    finding({ against: 'version 1, version 2' }),
  ]);
});
