import { expect, test } from 'vitest';
import type { DoctorReport } from '../../../operate/doctor/diagnose.ts';
import { createMskProject, type MskProject } from '../../support/msk/msk-project.ts';

/** What doctor says of the host of the sinks; the parts around it are not there. */
async function ofHost(project: MskProject): Promise<string[]> {
  const { stdout } = await project.run('doctor', '--only', 'positions', '-o', 'json', '--timeout', '5s');
  return (JSON.parse(stdout) as DoctorReport).checks
    .filter(({ check }) => /^(worker\.|clock\.worker|sinks\.running)/.test(check))
    .map(({ check, verdict, message }) => `${verdict} ${check} ${message}`);
}

test('doctor finds nothing wrong with MSK Connect where a sink runs, and leaves out what the service has no call for', {
  timeout: 60_000,
}, async () => {
  const project = await createMskProject();
  await project.deploy();
  expect(await ofHost(project)).toEqual([
    'ok worker.reachable answers; it has 1 connector',
    'ok sinks.running RUNNING, 2 tasks',
  ]);
});

test('doctor warns of tasks that are not in their group, and says when the log cannot tell why', {
  timeout: 60_000,
}, async () => {
  const project = await createMskProject({ logs: { cloudWatch: { logGroup: '/perps/connect' } } });
  await project.deploy();
  for (const { settings } of project.fake.connectors.values()) settings.connectorConfiguration['tasks.max'] = '3';
  project.fake.logs.denied = 'FilterLogEvents';
  expect(await ofHost(project)).toContainEqual(
    expect.stringMatching(
      /^warning sinks\.running is RUNNING, 2 of 3 tasks are RUNNING; CloudWatch Logs could not show/,
    ),
  );
});
