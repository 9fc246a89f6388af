import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRestApi } from '../../../connectors/rest/api.ts';
import type { SinkConfig } from '../../../connectors/sink-config.ts';
import { ensureTopics } from '../../../connectors/topics.ts';
import { withAdmin } from '../../../core/kafka.ts';
import { connectProducer, type OutgoingMessage } from '../../../core/kafka-producer.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { migrate } from '../../../migrations/runner.ts';
import { httpConnection } from '../../../pipeline/connections.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import { valueSubject } from '../../../pipeline/names.ts';
import { registerSchema } from '../../../schemas/register.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { frame, unframe } from '../../../schemas/wire-format.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { feedMessage } from '../../support/position-feed.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';
import { restConnect } from '../../support/rest-connect.ts';
import { startScriptedFeed } from '../../support/scripted-feed.ts';
import { step } from '../../support/step.ts';

const fixture = (file: string) => readFileSync(join(packageRoot(), 'test', 'fixtures', 'upgrade', file), 'utf8');
const lines = <T>(file: string): T[] =>
  fixture(file)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

interface OldRecord {
  readonly stage: number;
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly headers?: Record<string, string>;
  readonly value: string;
}
interface Update {
  readonly position_account: string;
  readonly signature: string;
  readonly slot: string;
  readonly symbol: string;
  readonly mark_price: string;
}
type Message =
  | { readonly update: Update; readonly slot?: never }
  | { readonly update?: never; readonly slot: Pick<Update, 'slot'> };

/** The feed's messages, and the updates among them that the table can hold. */
const FEED = lines<Message>('feed.ndjson');
const UPDATES = FEED.flatMap(({ update }) => (update && update.symbol.length <= 20 ? [update] : []));
const keyOf = (update: Update): string => `${update.position_account} ${update.signature}`;
const slotOf = (message: Message): bigint => BigInt((message.update ?? message.slot).slot);
/** Slots before this one are not in the overlap with which the new producer begins. */
const FIRST_COUNTED = 312_000_026;

/** What of a project the new version writes otherwise by hand: docs/upgrade.md tells of the ordinal. */
const BY_HAND = ['connectors/positions.yaml', 'schemas/position-update.proto', 'schemas/position-update.avsc'];

/**
 * Makes a project as the old version left it: its files, and the migrations that it had. Returns what then writes by hand what an upgrade leaves to
 * people.
 */
function asOldVersion({ root }: TestProject, topic: string, sink: string): () => void {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const newer = BY_HAND.map((path) => [path, read(path)] as const);
  for (const path of ['package.json', 'schemas/feed.proto', 'schemas/position-update.proto'])
    cpSync(join(packageRoot(), 'test/fixtures/upgrade/project', path), join(root, path));
  writeFileSync(join(root, 'schemas/position-update.avsc'), fixture('position-update.avsc'));
  const definition = fixture('project/connectors/positions.yaml');
  const named = definition.replace('\n  name: positions\n', `\n  name: ${topic}\n`).replace('positions-sink', sink);
  writeFileSync(join(root, 'connectors/positions.yaml'), named);
  const had = Object.keys(JSON.parse(fixture('checksums.json'))).map((name) => `${name}.sql`);
  for (const name of readdirSync(join(root, 'migrations')))
    if (!had.includes(name)) rmSync(join(root, 'migrations', name), { recursive: true });
  return () => {
    for (const [path, text] of newer) writeFileSync(join(root, path), text);
  };
}

test('a stack that commit 3ac86f4 made is upgraded while its producer runs: migrate, register, deploy, producers', {
  timeout: 180_000,
}, async () => {
  const project = await createTestProject({ name: 'upgrade' });
  onTestFinished(() => project.remove());
  rmSync(join(project.root, 'connectors', 'funding_payments.yaml'));
  const { environment, secrets, database } = project;
  const ours = readdirSync(join(project.root, 'migrations')).filter((name) => /^\d{4}_.*\.sql$/.test(name));
  const [stream] = selectStreams(project.project, ['positions']);
  if (stream === undefined) throw new Error('no stream positions');
  const writeByHand = asOldVersion(project, stream.topic.name, stream.sink.name);
  const kafka = { brokers: environment.kafka.brokers };
  const registry = httpConnection(environment.registry, secrets);
  const query = (sql: string) =>
    withPostgres(database, async (client) => (await client.query<Record<string, string>>(sql)).rows);
  const run = (...words: string[]) => runInProcess(words, { cwd: project.root, env: project.env });
  const connect = async (...words: string[]) => {
    const { code, stdout, stderr } = await run(...words);
    expect(code, `connect ${words.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  const verify = async (...flags: string[]) => {
    const { streams } = JSON.parse(await connect('verify', '-o', 'json', ...flags));
    expect(streams[0].samples).toEqual([]);
    return streams[0];
  };
  /** The sink has written what was sent up to this slot. */
  const written = (slot: number) => {
    const sent = new Set(UPDATES.filter((update) => Number(update.slot) <= slot).map(keyOf)).size;
    return eventually(async () => expect(await query('SELECT FROM positions')).toHaveLength(sent), {
      timeoutMs: 60_000,
    });
  };

  const producer = await connectProducer(kafka, { clientId: 'upgrade-test' });
  onTestFinished(() => producer.disconnect());
  let oldSchema = 0;
  /** What the old producer published next, as it wrote it, with the schema's number in this registry. */
  const oldProducer = async (stage: number): Promise<void> => {
    const request = new Map<string, OutgoingMessage[]>();
    for (const record of lines<OldRecord>('records.ndjson').filter((one) => one.stage === stage)) {
      const value = Buffer.from(record.value, 'base64');
      const topic = record.topic.replace('positions', stream.topic.name);
      const sent = request.get(topic) ?? [];
      request.set(topic, sent);
      sent.push({
        partition: record.partition,
        key: Buffer.from(record.key),
        headers: record.headers,
        value: record.topic === 'positions' ? frame(oldSchema, unframe(value).payload) : value,
      });
    }
    await producer.send(request);
  };

  await step('the old version writes', async () => {
    await migrate(database, { folder: join(project.root, 'migrations'), direction: 'up' });
    const applied = await query('SELECT name, sha256 FROM pgmigrations_checksums ORDER BY name');
    expect(Object.fromEntries(applied.map(({ name, sha256 }) => [name, sha256]))).toEqual(
      JSON.parse(fixture('checksums.json')),
    );
    await withAdmin(kafka, 'test', (admin) => ensureTopics(admin, stream, 1));
    const subject = { subject: valueSubject(stream), schemaText: fixture('position-update.avsc') };
    oldSchema = (await registerSchema(createSchemaRegistry(registry), subject)).id;
    const api = createRestApi(httpConnection(restConnect(environment), secrets));
    const text = fixture('sink.json')
      .replaceAll('127.0.0.1:19532/perps?', `${database.host}:${database.port}/${database.database}?`)
      .replaceAll('http://127.0.0.1:19581', new URL(environment.registry.url).origin)
      .replaceAll(`\${env:PERPS_DATABASE_PASSWORD}`, database.password)
      .replaceAll('positions-sink', stream.sink.name)
      .replace('"topics": "positions"', `"topics": "${stream.topic.name}"`);
    await api.putConfig(stream.sink.name, JSON.parse(text) as SinkConfig);
    await oldProducer(1);
    await written(312_000_011);
  });
  await step('its files are brought up', async () => {
    const { files } = JSON.parse(await connect('upgrade', '-o', 'json'));
    const brought = ours
      .slice(5)
      .map((name, index) => `migrations/${String(6 + index).padStart(4, '0')}${name.slice(4)}`);
    expect(files.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining([...brought, 'package.json']),
    );
    writeByHand();
  });
  await step('a database that is not migrated yet is no finding, and no defect', async () => {
    const { code, stderr } = await run('verify');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /is not as the files say: column "ordinal" does not exist\n +hint +run `connect migrate up`/,
    );
    expect((await run('deploy', '--yes')).stderr).toMatch(
      /permission denied for table pgmigrations\n +hint +`connect migrate up` gives the role/,
    );
  });

  await step('the new version migrates beside the old sink', async () => {
    await Promise.all([oldProducer(2), connect('migrate', 'up')]);
    await written(312_000_017);
    await verify();
  });
  await step('registers', async () => {
    await Promise.all([oldProducer(3), connect('schemas', 'register')]);
    await written(312_000_023);
    await verify();
  });
  await step('deploys', async () => {
    await Promise.all([oldProducer(4), connect('deploy', '--yes')]);
    await written(312_000_029);
    await verify();
  });

  const slots = FEED.map(slotOf);
  const feed = await startScriptedFeed({
    port: Number(environment.feed.address.split(':')[1]),
    window: () => ({ earliest: slots[0] ?? 0n, latest: slots.at(-1) ?? 0n }),
    play(call) {
      for (const message of FEED) if (slotOf(message) >= (call.fromSlot ?? 0n)) call.send(feedMessage(message));
      call.end();
    },
  });
  onTestFinished(() => feed.close());
  const produce = () => connect('produce', '--end-with-feed', '--overlap', '3');

  await step('the new producer goes on where the old one stopped', async () => {
    await produce();
    expect(feed.calls[0]?.fromSlot).toBe(BigInt(FIRST_COUNTED));
    await written(312_000_039);
    await verify();
  });
  await step('everything is read once more', async () => {
    await produce();
    await connect('offsets', 'reset', '--to', 'earliest', '--yes');
  });

  await step('nothing is lost, and each position is as the feed said last', async () => {
    const rows = new Map(UPDATES.map((update) => [keyOf(update), update]));
    expect(await verify('--wait', '60s')).toMatchObject({ rows: rows.size, differences: 0, rejected: 4 });
    const stored = await query("SELECT position_account || ' ' || signature AS key, slot, mark_price FROM positions");
    for (const { key, ...row } of stored) expect(rows.get(String(key))).toMatchObject(row);
    const current = await query('SELECT position_account, signature FROM current_positions');
    expect(new Map(current.map((row) => [row.position_account, row.signature]))).toEqual(
      new Map(UPDATES.map((update) => [update.position_account, update.signature])),
    );
    expect(await query(`SELECT FROM positions WHERE (ordinal IS NULL) <> (slot < ${FIRST_COUNTED})`)).toEqual([]);
    expect(await connect('plan', '--check')).toContain('Plan: 0 to create, 0 to update');
  });
});
