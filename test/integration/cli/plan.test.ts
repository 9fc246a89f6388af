import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InProcessResult, runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

describe('connect plan on a real stack', () => {
  let sink: SinkFixture;
  beforeAll(async () => {
    sink = await createSinkFixture('plan');
  });
  afterAll(() => sink?.test.remove());

  const plan = (...flags: string[]): Promise<InProcessResult> =>
    runInProcess(['plan', '--only', 'positions', ...flags], { cwd: sink.test.root, env: sink.test.env });
  const connector = (): string => `connector ${sink.stream.sink.name}`;

  it('shows what is missing, and changes nothing', async () => {
    const { code, stdout } = await plan('--check');
    expect(stdout).toContain(`  + ${connector()} `);
    expect(stdout).toMatch(/ = migrations +\d+ of \d+ applied\n/);
    expect(stdout).toMatch(/Plan: 1 to create, 0 to update, 0 to replace, 0 to delete\n$/);
    expect(code).toBe(2);
    expect(await sink.api.config(sink.stream.sink.name)).toBeUndefined();
  });

  it('is empty after the deploy', async () => {
    await sink.deploy();
    const { code, stdout } = await plan('--check');
    expect(stdout).toContain('Plan: 0 to create, 0 to update, 0 to replace, 0 to delete\n');
    expect(stdout).not.toMatch(/^ {2}[+~±!-] /m);
    expect(code).toBe(0);
  });

  it('shows what somebody changed by hand, as JSON too, and no secret', async () => {
    const { name } = sink.stream.sink;
    await sink.api.putConfig(name, { ...sink.config, 'batch.size': '7', 'connection.password': 'hunter2-plain' });
    const { stdout } = await plan();
    expect(stdout).toContain('~ batch.size           "7" → "1000"\n');
    expect(stdout).toContain('~ connection.password  (secret) a literal → ${env:');
    const json = await plan('-o', 'json', '--check');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, counts: { create: 0, update: 1 } });
    expect(stdout + json.stdout).not.toContain('hunter2-plain');
    await sink.api.putConfig(name, sink.config);
  });

  it('grows a topic of keyed records only on request', async () => {
    const file = join(sink.test.root, sink.stream.file);
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace('partitions: 4', 'partitions: 6'));
    expect((await plan()).stdout).toContain(`! topic ${sink.stream.topic.name} `);
    expect((await plan('--grow-topics')).stdout).toMatch(/~ partitions {2}"4" → "6"\n +effect: most keys move/);
    writeFileSync(file, good);
  });
});
