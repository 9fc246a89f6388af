import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderSink } from '../../../connectors/render/render-sink.ts';
import type { SinkConfig } from '../../../connectors/sink-config.ts';
import { ensureTopics } from '../../../connectors/topics.ts';
import { createKafka, withAdmin } from '../../../core/kafka.ts';
import { headerText } from '../../../core/kafka-headers.ts';
import { type ScannedRecord, scanTopic } from '../../../core/kafka-scan.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { createMarks } from '../../../operate/marks.ts';
import { httpConnection } from '../../../pipeline/connections.ts';
import { projectFile, selectStreams } from '../../../pipeline/load.ts';
import { deadLetterTopic, valueSubject } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { registerSchema } from '../../../schemas/register.ts';
import { createSchemaRegistry } from '../../../schemas/registry.ts';
import { frame } from '../../../schemas/wire-format.ts';
import { createAvroType } from '../../support/avro-type.ts';
import { startCli } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { restConnect } from '../../support/rest-connect.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';
import { startTamperingProxy } from '../../support/tampering-proxy.ts';

/** Good records before and after the bad ones; over four partitions, so a bad one stands hundreds behind the committed offset. */
const BEFORE = 1_000;
const AFTER = 400;

describe('quarantine', () => {
  let sink: SinkFixture;
  let funding: StreamDefinition;
  let fundingConfig: SinkConfig;
  let kafka: { brokers: readonly string[] };
  /** Bad records by what is wrong with them, and the words that the proof has to say. */
  const bad: Record<string, { value: Buffer; words: RegExp }> = {};

  const connect = (...args: string[]) => runInProcess(args, { cwd: sink.test.root, env: sink.test.env });
  const quarantine = async (...args: string[]) => {
    const { code, stdout, stderr } = await connect('quarantine', '-o', 'json', ...args);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout).streams;
  };
  const rowsOf = async (table: string) => Number((await sink.query(`SELECT count(*) FROM ${table}`))[0]?.count);
  const deadLetters = async (stream = sink.stream): Promise<ScannedRecord[]> => {
    const found: ScannedRecord[] = [];
    await scanTopic(kafka, {
      topic: deadLetterTopic(stream),
      clientId: 'test',
      onRecords: async (records) => void found.push(...records),
    });
    return found;
  };
  const failed = (name: string, tasks: number) =>
    eventually(
      async () => {
        const status = await sink.api.status(name);
        expect(status?.tasks.filter(({ state }) => state === 'FAILED')).toHaveLength(tasks);
      },
      { timeoutMs: 60_000 },
    );
  const workerUrl = () => httpConnection(restConnect(sink.test.environment), sink.test.secrets).url;
  /** Runs with connect.yaml changed. */
  const withEnvironment = async <T>(find: RegExp, replace: string, task: () => Promise<T>): Promise<T> => {
    const file = join(sink.test.root, 'connect.yaml');
    const good = readFileSync(file, 'utf8');
    expect(good).toMatch(find);
    writeFileSync(file, good.replace(find, replace));
    try {
      return await task();
    } finally {
      writeFileSync(file, good);
    }
  };

  /** Runs with a proxy in front of the worker. */
  const throughProxy = async <T>(
    intercept: Parameters<typeof startTamperingProxy>[1],
    task: () => Promise<T>,
  ): Promise<T> => {
    const proxy = await startTamperingProxy(workerUrl(), intercept);
    try {
      return await withEnvironment(/target: rest, url: 'http:\/\/[^']+/, `target: rest, url: '${proxy.url}`, task);
    } finally {
      proxy.close();
    }
  };

  beforeAll(async () => {
    sink = await createSinkFixture('quarantine');
    kafka = { brokers: sink.test.environment.kafka.brokers };
    await sink.query('ALTER TABLE positions ADD CONSTRAINT no_thirteen CHECK (leverage <> 13)');
    Object.assign(bad, {
      'a bad magic byte': { value: Buffer.from('{"symbol":"BTC-USD"}'), words: /magic byte is 123, not 0/ },
      'an unknown schema id': {
        value: frame(987_654, Buffer.from('x')),
        words: /schema id 987654 is not in the registry/,
      },
      'truncated bytes': { value: sink.encode(9_003).subarray(0, 60), words: /truncated buffer/ },
      'another type': { value: frame(sink.encode(0).readUInt32BE(1), Buffer.alloc(40, 0xff)), words: /./ },
      'a symbol of 21 characters': {
        value: sink.encode(9_005, { symbol: 'X'.repeat(21) }),
        words: /PostgreSQL refuses its row \(22001\): value too long for type character varying\(20\)/,
      },
      'a row against a constraint': {
        value: sink.encode(9_006, { leverage: 13 }),
        words: /PostgreSQL refuses its row \(23514\): .*"no_thirteen"/,
      },
    });
    await sink.produce(BEFORE);
    for (const [name, { value }] of Object.entries(bad)) await sink.produceBytes(name, value);
    // What stands behind a record's own bytes is ignored by the converter: this is a good one.
    await sink.produceBytes('trailing', Buffer.concat([sink.encode(BEFORE), Buffer.from('more')]));
    await sink.produce(AFTER - 1, BEFORE + 1);
    await sink.api.putConfig(sink.stream.sink.name, sink.config);
    await prepareFunding();
    await failed(sink.stream.sink.name, 2);
  });
  afterAll(() => sink?.test.remove());

  /** The second stream, whose worker asks a registry that is not there. */
  async function prepareFunding() {
    const { test } = sink;
    [funding] = selectStreams(test.project, ['funding_payments']) as [StreamDefinition];
    const schema = loadAvroSchema(projectFile(test.project, funding.schema));
    const registry = createSchemaRegistry(httpConnection(test.environment.registry, test.secrets));
    const { id } = await registerSchema(registry, { subject: valueSubject(funding), schemaText: schema.text });
    await withAdmin(kafka, 'test', (admin) => ensureTopics(admin, funding, 1));
    const type = createAvroType(schema.raw);
    const payment = (number: number, symbol = 'BTC-USD') => ({
      position_account: `Position${number}`,
      owner: 'Owner1',
      signature: `Signature${number}`,
      slot: 1n,
      block_time: new Date('2026-01-01T00:00:00.123Z'),
      symbol,
      rate: '0.000100000000',
      amount: '-1.000001',
    });
    const producer = createKafka(kafka, 'test').producer();
    await producer.connect();
    const messages = Array.from({ length: 50 }, (_, number) => ({
      key: `Position${number}`,
      value: frame(id, type.toBuffer(payment(number, number === 25 ? 'Y'.repeat(21) : 'BTC-USD'))),
    }));
    await producer.send({ topic: funding.topic.name, messages });
    await producer.disconnect();
    fundingConfig = renderSink(funding, test.environment, schema.fields);
    const noRegistry = { 'value.converter.apicurio.registry.url': 'http://127.0.0.1:1/apis/registry/v2' };
    await sink.api.putConfig(funding.sink.name, { ...fundingConfig, ...noRegistry });
  }

  it('shows in a dry run which records it is and how that was proved, and changes nothing', async () => {
    const { code, stdout, stderr } = await connect('quarantine', '--only', 'positions', '--dry-run');
    expect(stderr).toBe('nothing was changed: this was a dry run\n');
    expect(code).toBe(0);
    const lines = stdout.split('\n').filter((line) => line.startsWith('  - '));
    expect(lines).toHaveLength(Object.keys(bad).length);
    for (const [name, { words }] of Object.entries(bad)) {
      expect(lines.find((line) => line.includes(`key ${name}:`))).toMatch(words);
    }
    expect(stdout).toMatch(/task [01] FAILED\n {2}cause/);
    expect(stdout).toContain(
      `proof    each was tried alone; ${(BEFORE + AFTER).toLocaleString('en-US')} records beside`,
    );
    expect(stdout).toMatch(/before {3}1?,?\d+ records in front of them are not committed/);
    expect(await deadLetters()).toEqual([]);
    expect(await rowsOf('positions')).toBe(0);
  });

  it('asks first, and holds more than --max records for no accident', async () => {
    const asked = await connect('quarantine', '--only', 'positions');
    expect(asked.code).toBe(64);
    expect(asked.stderr).toContain('say --yes to do it');
    const many = await connect('quarantine', '--only', 'positions', '--yes', '--max', '2');
    expect(many.code).toBe(1);
    expect(many.stderr).toMatch(/more than 2 records of \S+ cannot be stored, from \S+@\d+ on/);
  });

  it('does nothing while registry or database is the cause', async () => {
    const acted = () => connect('quarantine', '--only', 'positions', '--yes');
    const noRegistry = await withEnvironment(
      /registry: \{ url: 'http:\/\/[^/]+/,
      "registry: { url: 'http://127.0.0.1:1",
      acted,
    );
    expect(noRegistry).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/schema registry at .* is not reachable/),
    });
    const noDatabase = await withEnvironment(/port: \d+/, 'port: 1', acted);
    expect(noDatabase).toMatchObject({ code: 1, stderr: expect.stringMatching(/PostgreSQL at .* is not reachable/) });
    await sink.query('ALTER TABLE positions RENAME COLUMN mark_price TO mark');
    const noColumn = await acted();
    expect(noColumn).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/PostgreSQL would refuse any row of .*mark_price.*\n.*no fault of a record/),
    });
    await sink.query('ALTER TABLE positions RENAME COLUMN mark TO mark_price');
    await sink.query('ALTER TABLE positions ADD CONSTRAINT nothing_at_all CHECK (false)');
    expect(await acted()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no record of \S+ can be stored now, not only \S+@\d+.*\n.*no fault of one record/),
    });
    await sink.query('ALTER TABLE positions DROP CONSTRAINT nothing_at_all');
    const { database } = sink.test;
    const alter = (setting: string) =>
      withPostgres({ ...database, database: 'postgres' }, (client) =>
        client.query(`ALTER DATABASE ${database.database} ${setting}`),
      );
    await alter('SET default_transaction_read_only = on');
    expect(await acted()).toMatchObject({ code: 1, stderr: expect.stringMatching(/read-only transaction/) });
    await alter('RESET default_transaction_read_only');
    await failed(funding.sink.name, 1);
    const workersRegistry = await connect('quarantine', '--only', 'funding_payments', '--yes');
    expect(workersRegistry).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/FAILED because of the schema registry, not of a record/),
    });
    expect(await deadLetters()).toEqual([]);
    expect((await sink.api.status(sink.stream.sink.name))?.state).toBe('RUNNING');
  }, 90_000);

  it('that was broken off leaves no mark by which a later one would undo somebody’s stop', async () => {
    const { name } = sink.stream.sink;
    let breakOff = () => {};
    await throughProxy(
      (method, path) => {
        if (method === 'PUT' && path.endsWith(`${name}/stop`)) breakOff();
        return false;
      },
      async () => {
        const args = ['quarantine', '--only', 'positions', '--yes'];
        const { child, ended } = startCli(args, { cwd: sink.test.root, env: sink.test.env });
        breakOff = () => void child.kill('SIGINT');
        expect((await ended).code).not.toBe(0);
      },
    );
    expect((await sink.api.status(name))?.state).not.toBe('STOPPED');
    expect(await createMarks({ kafka, stream: sink.stream }, 'quarantine', {}).read()).toEqual(new Map());
    await connect('stop', '--only', 'positions');
    expect(await connect('quarantine', '--only', 'positions', '--yes')).toMatchObject({ code: 0 });
    expect((await sink.api.status(name))?.state).toBe('STOPPED');
    await sink.api.resume(name);
    await failed(name, 2);
  }, 90_000);

  it('killed between the copies and the offsets, it goes on where it was, doubles nothing and takes the next one as well', async () => {
    await sink.api.putConfig(funding.sink.name, fundingConfig);
    let kill = () => {};
    await throughProxy(
      (method, path) => {
        const isOffsets = method === 'PATCH' && path.endsWith('/offsets');
        if (isOffsets) kill();
        return isOffsets;
      },
      async () => {
        const args = ['quarantine', '--only', 'positions', '--yes'];
        const { child, ended } = startCli(args, { cwd: sink.test.root, env: sink.test.env });
        kill = () => void child.kill('SIGKILL');
        expect((await ended).signal).toBe('SIGKILL');
      },
    );
    expect((await sink.api.status(sink.stream.sink.name))?.state).toBe('STOPPED');
    const copied = await deadLetters();
    expect(copied).toHaveLength(Object.keys(bad).length);
    await failed(funding.sink.name, 1);

    // Another one comes in while the sink starts again: it stops once more, and the same run moves that one as well.
    let isNext = true;
    bad.late = { value: Buffer.from('late'), words: /magic byte/ };
    const [payments, positions] = await throughProxy(
      (method, path) => {
        const isStart = method === 'PUT' && path.endsWith(`${sink.stream.sink.name}/resume`);
        if (isStart && isNext) {
          isNext = false;
          void sink.produceBytes('late', Buffer.from('late'));
        }
        return false;
      },
      () => quarantine('--yes'),
    );
    expect(positions).toMatchObject({
      outcome: 'quarantined',
      state: 'RUNNING',
      plans: [{ isResumed: true }, { isResumed: false, culprits: [{ key: 'late' }] }],
    });
    expect(positions.moved.map(({ isNew }: { isNew: boolean }) => isNew)).toEqual([...copied.map(() => false), true]);
    expect(payments).toMatchObject({ outcome: 'quarantined', state: 'RUNNING', moved: [{ isNew: true }] });
    expect(await deadLetters()).toHaveLength(copied.length + 1);
    await eventually(async () => expect(await rowsOf('positions')).toBe(BEFORE + AFTER), { timeoutMs: 30_000 });
    await eventually(async () => expect(await rowsOf('funding_payments')).toBe(49), { timeoutMs: 30_000 });
  }, 150_000);

  it('copies keep key, bytes and time, and say why and where from as Kafka Connect does', async () => {
    for (const deadLetter of await deadLetters()) {
      const header = (name: string) => headerText(deadLetter.headers, name);
      const name = deadLetter.key?.toString() ?? '';
      expect(deadLetter.value).toEqual(bad[name]?.value);
      expect(header('__connect.errors.topic')).toBe(sink.stream.topic.name);
      expect(header('__connect.errors.offset')).toMatch(/^\d+$/);
      expect(header('__connect.errors.connector.name')).toBe(sink.stream.sink.name);
      const isRow = /symbol|constraint/.test(name);
      expect(header('__connect.errors.stage')).toBe(isRow ? 'TASK_PUT' : 'VALUE_CONVERTER');
      expect(header('quarantine.reason')).toBe(isRow ? 'refused-by-database' : 'does-not-decode');
    }
  });

  it('leaves topic and table exact but for the records it moved, and status agrees', async () => {
    const verified = await connect('verify', '--only', 'positions', '--wait', '60s', '-o', 'json');
    expect(JSON.parse(verified.stdout).streams[0].samples).toEqual([]);
    const moved = Object.keys(bad).length;
    expect(JSON.parse(verified.stdout).streams[0]).toMatchObject({
      rows: BEFORE + AFTER,
      deadLetters: moved,
      differences: 0,
    });
    const status = await connect('status', '--only', 'positions', '-o', 'json');
    expect(JSON.parse(status.stdout).streams[0]).toMatchObject({ deadLetters: String(moved), lag: '0' });
    expect(await quarantine('--yes')).toMatchObject([{ outcome: 'unchanged' }, { outcome: 'unchanged' }]);
  });
});
