import { afterAll, beforeAll, expect, it } from 'vitest';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

let sink: SinkFixture;
beforeAll(async () => {
  sink = await createSinkFixture('catchup');
  await sink.deploy();
});
afterAll(() => sink?.test.remove());

it('verify --wait ends while a producer runs, and finds what was there when it was asked exact', async () => {
  await sink.produce(500);
  let sent = 500;
  let goesOn = true;
  const producer = (async () => {
    for (; goesOn; sent += 50) await sink.produce(50, sent);
  })();
  try {
    const words = ['verify', '--only', 'positions', '--wait', '60s', '-o', 'json'];
    const { code, stdout } = await runInProcess(words, { cwd: sink.test.root, env: sink.test.env });
    const before = sent;
    expect(code, stdout).toBe(0);
    const [report] = JSON.parse(stdout).streams;
    expect(report).toMatchObject({ differences: 0, missing: 0 });
    expect(report.records).toBeGreaterThanOrEqual(500);
    expect(report.records).toBeLessThan(before);
  } finally {
    goesOn = false;
    await producer;
  }
}, 120_000);
