import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureTopics } from '../../../connectors/topics.ts';
import { withAdmin } from '../../../core/kafka.ts';
import { documentedSteps } from '../../support/documented-steps.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

let sink: SinkFixture;
beforeAll(async () => {
  sink = await createSinkFixture('anew');
});
afterAll(() => sink?.test.remove());

const connect = (...args: string[]) => runInProcess(args, { cwd: sink.test.root, env: sink.test.env });
const rowsToBe = (count: number) =>
  eventually(async () => expect(Number((await sink.query('SELECT count(*) FROM positions'))[0]?.count)).toBe(count), {
    timeoutMs: 30_000,
  });

it('the documented steps for a topic that was created anew lead to a table that verify finds exact', async () => {
  const { stream, test } = sink;
  await sink.deploy();
  await sink.produce(40);
  await rowsToBe(40);

  expect((await connect('stop', '--only', 'positions')).code).toBe(0);
  await withAdmin({ brokers: test.environment.kafka.brokers }, 'test', async (admin) => {
    await admin.deleteTopics([stream.topic.name]);
    await eventually(async () => expect(await admin.listTopics()).not.toContain(stream.topic.name), {
      timeoutMs: 30_000,
    });
    await ensureTopics(admin, stream, 1);
  });
  // As where the offsets of another cluster were copied: they lie ahead of what the new topic has.
  await sink.groups.setOffsets(stream, new Map([0, 1, 2, 3].map((partition) => [partition, 100n])));
  // The first 20 updates once more, with another content, and ten new ones.
  for (let number = 0; number < 20; number += 1) {
    const value = sink.encode(number, { owner: 'corrected' });
    const [row] = await sink.query(`SELECT position_account FROM positions WHERE slot = ${250_000_000 + number}`);
    await sink.produceBytes(String(row?.position_account), value);
  }
  await sink.produce(10, 40);

  const status = await connect('status', '--only', 'positions');
  expect(status.stdout).toMatch(/committed offset 100 of partition \d is beyond the end of its topic .*created anew/);
  const [documented] = JSON.parse((await connect('status', '--only', 'positions', '-o', 'json')).stdout).streams;
  expect(documented.lag).toBe('0');

  for (const step of documentedSteps('The topic was created anew')) {
    if (!step.startsWith('pnpm connect')) await sink.query(step);
    else {
      const { code, stdout, stderr } = await connect(...step.split(' ').slice(2));
      expect(code, `${step}\n${stdout}${stderr}`).toBe(0);
    }
  }
  await rowsToBe(50);
  expect((await sink.query("SELECT count(*) FROM positions WHERE owner = 'corrected'"))[0]?.count).toBe('20');
  const { stdout } = await connect('verify', '--only', 'positions', '-o', 'json');
  expect(JSON.parse(stdout).streams[0]).toMatchObject({
    records: 30,
    rows: 50,
    rowsBeforeTopic: 20,
    differences: 0,
    corrected: 0,
  });
}, 120_000);
