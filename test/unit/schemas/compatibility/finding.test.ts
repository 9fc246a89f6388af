import { expect, it } from 'vitest';
import { type Finding, sortFindings } from '../../../../pipeline/finding.ts';

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
    finding({ line: 5 }),
    finding({ rule: 'A' }),
    finding({ path: '/fields/owner' }),
    finding({ message: 'l' }),
    finding(),
    finding({ against: 'version 2' }),
    finding({ column: 9 }),
    finding({ file: 'z', line: 1 }),
  ];
  for (let turn = 0; turn < sorted.length; turn += 1) {
    expect(sortFindings([...sorted.slice(turn), ...sorted.slice(0, turn)])).toEqual(sorted);
  }
  expect(sortFindings([...sorted].reverse())).toEqual(sorted);
});
