import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../support/cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';
import { receiveWebhooks } from '../../support/webhook-receiver.ts';

let sink: SinkFixture;
beforeAll(async () => {
  sink = await createSinkFixture('notify');
});
afterAll(() => sink.test.remove());

it('somebody is told once that a sink is missing and once that it is there, by watches that come after each other', async () => {
  const [json, slack] = [await receiveWebhooks(), await receiveWebhooks()];
  const env = { ...sink.test.env, JSON_HOOK: json.url, SLACK_HOOK: slack.url };
  const flags = ['--notify', `json=\${env:JSON_HOOK}`, '--notify', `slack=\${env:SLACK_HOOK}`];
  const watchOnce = () =>
    runCli(['watch', '--once', '--only', 'positions', '-o', 'json', ...flags], { cwd: sink.test.root, env });
  const story = () =>
    (json.taken as { event: string; incident: { key: string } }[]).map(
      ({ event, incident }) => `${event} ${incident.key}`,
    );
  const missing = `${sink.test.environment.name}/positions/sink-missing`;

  const first = await watchOnce();
  expect([first.code, story()]).toEqual([3, [`incident.opened ${missing}`]]);
  expect((await watchOnce()).code).toBe(3);
  expect(story()).toHaveLength(1);

  await sink.deploy();
  const last = await watchOnce();
  expect([last.code, story()]).toEqual([0, [`incident.opened ${missing}`, `incident.closed ${missing}`]]);
  expect((await watchOnce()).code).toBe(0);
  expect([story().length, slack.taken.length]).toEqual([2, 2]);
  for (const { stdout, stderr } of [first, last]) expect(stdout + stderr).not.toContain('s3cret-path');
}, 120_000);
