import { expect, test } from 'vitest';
import { createMskProject } from '../../support/msk/msk-project.ts';

const SLOW = { timeout: 60_000 };

test('policies are printed for every role, or for one, without asking a server', SLOW, async () => {
  const project = await createMskProject();
  const { code, stdout } = await project.run('msk', 'iam-policy');
  expect(code).toBe(0);
  const all = JSON.parse(stdout);
  expect(Object.keys(all)).toEqual(['worker', 'deployer', 'operator', 'reader', 'watch', 'producer']);
  for (const role of Object.keys(all)) {
    const one = await project.run('msk', 'iam-policy', '--role', role);
    expect(JSON.parse(one.stdout)).toEqual(all[role]);
  }
  expect(project.fake.calls).toEqual([]);
});

test('a policy for fewer streams is shorter, and one that is too long for AWS says so', SLOW, async () => {
  const project = await createMskProject({}, { byCluster: true });
  const whole = await project.run('msk', 'iam-policy', '--role', 'deployer');
  expect(whole.stderr).toMatch(/the policy of deployer has \d+ characters, too many for a managed policy \(6144\)/);
  expect(whole.stderr).toContain('connect.tags is not set, so that PruneConnectors is about every connector');
  const part = await project.run('msk', 'iam-policy', '--role', 'reader', '--only', 'positions');
  expect(part.stdout).not.toContain('funding');
  expect(part.stderr).toBe('');
});
