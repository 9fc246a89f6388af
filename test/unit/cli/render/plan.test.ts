import { expect, test } from 'vitest';
import type { Plan, PlanEntry } from '../../../../app/plan.ts';
import { planLines } from '../../../../cli/render/plan.ts';

const replacement: PlanEntry = {
  kind: 'connector',
  name: 'positions-sink',
  action: 'replace',
  needs: '--replace',
  summary: 'delete and create again, because of role',
  changes: [],
  effects: [],
  ignored: [],
  notes: [],
};
const plan: Plan = {
  version: 1,
  environment: 'production',
  target: 'MSK Connect in eu-central-1',
  entries: [replacement],
  counts: { create: 0, update: 0, replace: 1, delete: 0 },
};

test('what needs a flag says so, until the flag is given', () => {
  expect(planLines(plan)[1]).toBe(
    '  ± connector positions-sink   delete and create again, because of role; only with --replace',
  );
  expect(planLines(plan, ['--replace'])[1]).toBe(
    '  ± connector positions-sink   delete and create again, because of role',
  );
});
