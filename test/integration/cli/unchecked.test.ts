import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

let sink: SinkFixture;
beforeAll(async () => {
  sink = await createSinkFixture('unchecked');
});
afterAll(() => sink?.test.remove());

it('from a machine that does not reach the brokers a sink is deployed only when they are left unchecked', async () => {
  const file = join(sink.test.root, 'connect.yaml');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/brokers: \['127\.0\.0\.1:\d+'\]/, "brokers: ['127.0.0.1:1']"),
  );
  const connect = async (...args: string[]) => {
    const words = [...args, '--only', 'positions', '-o', 'json'];
    const { code, stdout } = await runInProcess(words, { cwd: sink.test.root, env: sink.test.env });
    return { code, document: JSON.parse(stdout) };
  };
  const planned = await connect('plan', '--check');
  expect(planned.code).toBe(2);
  const actions = planned.document.entries.map(
    ({ kind, action }: { kind: string; action: string }) => `${kind} ${action}`,
  );
  expect(actions).toEqual(expect.arrayContaining(['migrations unchanged', 'topic unknown', 'connector create']));
  const refused = await connect('deploy', '--yes');
  expect(refused.document.error).toMatchObject({ code: 'UNREACHABLE', details: { unknown: 'brokers' } });
  expect(await sink.api.config(sink.stream.sink.name)).toBeUndefined();
  const { code, document } = await connect('deploy', '--yes', '--unchecked', 'brokers');
  expect(code, JSON.stringify(document)).toBe(0);
  expect(document.streams).toMatchObject([{ outcome: 'created', state: 'RUNNING', topics: [] }]);
  await sink.produce(10);
  await eventually(
    async () => expect(Number((await sink.query('SELECT count(*) FROM positions'))[0]?.count)).toBe(10),
    { timeoutMs: 30_000 },
  );
}, 180_000);
