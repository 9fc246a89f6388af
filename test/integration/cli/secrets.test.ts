import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formsOf } from '../../support/echoing-services.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { randomSecret } from '../../support/random-secret.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

const random = seededRandom(11);
/** Nobody told us of this one: it stands on the worker alone, under a setting that the worker calls a PASSWORD. */
const unknown = randomSecret(random);
let sink: SinkFixture;
let known: string;

beforeAll(async () => {
  sink = await createSinkFixture('secrets');
  known = sink.test.database.password;
});
afterAll(() => sink?.test.remove());

const leaksIn = (text: string): string[] =>
  [known, unknown].flatMap((secret) => formsOf(secret).filter((form) => text.includes(form)));

it('a connector that somebody has given literal secrets shows none, in no command, file or log', async () => {
  const { name } = sink.stream.sink;
  await sink.deploy();
  await sink.api.putConfig(name, {
    ...sink.config,
    'connection.url': `${sink.config['connection.url']}?password=${encodeURIComponent(known)}`,
    'connection.password': unknown,
    'consumer.override.ssl.keystore.key': unknown,
    'some.words': `the password is ${known}`,
  });
  await sink.produce(3);
  const run = (...args: string[]) =>
    runInProcess([...args, '--only', 'positions'], {
      cwd: sink.test.root,
      env: { ...sink.test.env, DEBUG: 'connect' },
    });
  await eventually(async () => expect((await run('status')).stdout).toMatch(/FAILED/), { timeoutMs: 45_000 });

  const plan = join(sink.test.root, 'plan.json');
  const commands = [
    ['plan'],
    ['plan', '-o', 'json', '--out', plan],
    ['status', '-o', 'json'],
    ['doctor'],
    ['restart', '--failed', '--timeout', '3s', '-o', 'json'],
    ['check', '--live'],
    ['deploy', '--yes', '-o', 'json'],
  ];
  for (const args of commands) {
    const { stdout, stderr } = await run(...args);
    expect([args, leaksIn(stdout), leaksIn(stderr)]).toEqual([args, [], []]);
  }
  const saved = readFileSync(plan, 'utf8');
  expect(saved).toContain('some.words');
  expect(leaksIn(saved)).toEqual([]);
}, 180_000);
