import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKafka } from '../../../core/kafka.ts';
import { withPostgres } from '../../../core/postgres.ts';
import type { DoctorReport } from '../../../operate/doctor/diagnose.ts';
import { checkpointTopic, sinkGroup } from '../../../pipeline/names.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { type ScriptedFeed, startScriptedFeed } from '../../support/scripted-feed.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

let sink: SinkFixture;
let feed: ScriptedFeed;
beforeAll(async () => {
  sink = await createSinkFixture('doctor');
  const port = Number(sink.test.environment.feed.address.split(':')[1]);
  feed = await startScriptedFeed({ play: () => {}, port });
});
afterAll(async () => {
  feed?.close();
  await sink?.test.remove();
});

async function doctor(...more: string[]): Promise<{ code: number; diagnosis: DoctorReport; lines: string[] }> {
  const args = ['doctor', '--only', 'positions', '-o', 'json', ...more];
  const { code, stdout } = await runInProcess(args, { cwd: sink.test.root, env: sink.test.env });
  const diagnosis = JSON.parse(stdout) as DoctorReport;
  const lines = diagnosis.checks.map(
    ({ check, verdict, subject, message }) => `${verdict} ${check} ${subject}: ${message}`,
  );
  return { code, diagnosis, lines };
}

it('of a sound environment nothing is broken', async () => {
  const { code, lines } = await doctor();
  expect(lines.filter((line) => /^(broken|unknown)/.test(line))).toEqual([]);
  expect(code).toBe(0);
  expect(lines).toContainEqual(expect.stringMatching(/^ok kafka.reachable .*1 broker, Kafka 4 or newer$/));
  expect(lines).toContainEqual(expect.stringMatching(/^ok worker.reachable .*Kafka Connect 4\./));
  expect(lines).toContainEqual(expect.stringMatching(/^ok worker.override-policy .*may set its own consumer$/));
  expect(lines).toContainEqual(expect.stringMatching(/^ok worker.plugins io.apicurio.*installed$/));
  expect(lines).toContainEqual(expect.stringMatching(/^ok clock.worker /));
  expect(lines).toContainEqual(expect.stringMatching(/^warning sinks.running .*not deployed/));
});

it('what is wrong is found, each with its remedy', async () => {
  const { test, stream } = sink;
  const name = test.database.database;
  await withPostgres(test.superuser, async (client) => {
    await client.query(`ALTER DATABASE ${name} SET timezone TO 'America/New_York'`);
    await client.query(`ALTER DATABASE ${name} SET lock_timeout TO '10min'`);
    await client.query('ALTER TABLE positions DISABLE TRIGGER positions_note_update');
    await client.query(`UPDATE pg_database SET datcollversion = '2.31' WHERE datname = current_database()`);
    await client.query(
      `UPDATE pg_index SET indisvalid = false WHERE indexrelid = (
         SELECT indexrelid FROM pg_index
          WHERE indrelid = 'public.positions'::regclass AND indisunique AND NOT indisprimary LIMIT 1)`,
    );
  });
  await sink.produce(40);
  const topic = stream.topic.name;
  const admin = createKafka({ brokers: test.environment.kafka.brokers }, 'test').admin();
  await admin.connect();
  const partitions = [0, 1, 2, 3].map((partition) => ({ partition, offset: '0' }));
  await admin.setOffsets({ groupId: sinkGroup(stream), topic, partitions });
  const ends = await admin.fetchTopicOffsets(topic);
  const filled = ends.filter(({ high }) => high !== '0').slice(0, 1);
  await admin.deleteTopicRecords({
    topic,
    partitions: filled.map(({ partition, high }) => ({ partition, offset: high })),
  });
  const kafka = createKafka({ brokers: test.environment.kafka.brokers }, 'test').producer();
  await kafka.connect();
  const value = JSON.stringify({ slot: '1', gaps: [], commitment: 'processed' });
  await kafka.send({ topic: checkpointTopic(stream), messages: [{ key: stream.name, value }] });
  await kafka.disconnect();
  const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
  await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] });
  await admin.disconnect();
  const file = join(test.root, stream.file);
  const good = readFileSync(file, 'utf8');
  writeFileSync(file, `${good}  config:\n    value.converter: org.example.NoSuchConverter\n`);
  const { code, lines, diagnosis } = await doctor();
  writeFileSync(file, good);
  expect(code).toBe(3);
  for (const expected of [
    /^warning postgres.time-zone .*America\/New_York/,
    /^broken postgres.writes positions.positions_note_update: trigger .* does not fire: it is disabled/,
    /^broken postgres.writes \S+lock_timeout: .* sets lock_timeout=10min, which cancels a write/,
    /^warning postgres.collation .*the locale library was version 2\.31/,
    /^broken postgres.indexes \S+: index of positions is not valid/,
    /^broken postgres.indexes public.positions: no valid unique index on position_account, signature/,
    /^broken topics.settings .*cleanup.policy is compact/,
    /^broken topics.retention-overrun .*records 0 to \d+ of partition \d were deleted/,
    /^warning feed.commitment positions: the producer reads at processed/,
    /^broken worker.plugins org.example.NoSuchConverter: is not installed/,
    /^broken worker.accepts .*value.converter/,
  ]) {
    expect(lines).toContainEqual(expect.stringMatching(expected));
  }
  for (const { verdict, remedy } of diagnosis.checks) expect(remedy !== undefined).toBe(verdict !== 'ok');
});

it('parts that are down, or take connections and say nothing, hold up nothing else', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const file = join(sink.test.root, 'connect.yaml');
  const good = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    good
      .replace(/brokers: \['127\.0\.0\.1:\d+'\]/, `brokers: ['127.0.0.1:${port}']`)
      .replace(/port: \d+/, `port: ${port}`)
      .replace(/target: rest, url: 'http:\/\/127\.0\.0\.1:\d+'/, "target: rest, url: 'http://127.0.0.1:1'"),
  );
  const began = Date.now();
  const { code, lines } = await doctor('--timeout', '3s');
  expect(Date.now() - began).toBeLessThan(15_000);
  writeFileSync(file, good);
  for (const socket of sockets) socket.destroy();
  silent.close();
  expect(code).toBe(3);
  for (const expected of [
    /^broken kafka.reachable /,
    /^unknown topics.settings kafka: unknown, because /,
    /^broken postgres.reachable .*no answer within 3 s/,
    /^unknown postgres.indexes postgres: unknown, because there was no answer/,
    /^broken worker.reachable .*127\.0\.0\.1:1 is not reachable/,
    /^unknown worker.plugins worker: unknown, because Kafka Connect at 127\.0\.0\.1:1 is not reachable/,
    /^ok registry.reachable /,
    /^ok feed.reachable /,
  ]) {
    expect(lines).toContainEqual(expect.stringMatching(expected));
  }
}, 60_000);
