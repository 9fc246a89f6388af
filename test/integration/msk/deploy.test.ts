import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { parseDocument } from 'yaml';
import { ROLES, type Role } from '../../../connectors/msk/iam/commands.ts';
import type { MskEnvironment } from '../../../connectors/msk/iam/policy.ts';
import { rolePolicy } from '../../../connectors/msk/iam/role-policy.ts';
import { ensureTopics } from '../../../connectors/topics.ts';
import { withAdmin } from '../../../core/kafka.ts';
import { documentedSteps } from '../../support/documented-steps.ts';
import { eventually } from '../../support/eventually.ts';
import { failTasks } from '../../support/fail-tasks.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { type FakeMsk, REGION, startFakeMsk } from '../../support/msk/fake-msk.ts';
import { deniedBy, type IamRequest } from '../../support/msk/iam-requests.ts';
import { type RealWorkers, realWorkers } from '../../support/msk/real-worker.ts';
import { logEvents } from '../../support/msk/worker-logs.ts';
import { startScriptedFeed } from '../../support/scripted-feed.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

// The fake's connectors are real workers: Kafka Connect 3.7.2 on Java 17, with the built zip as its plugin and the worker
// configuration as its properties.
describe('a sink on MSK Connect', { timeout: 240_000 }, () => {
  let sink: SinkFixture;
  let fake: FakeMsk;
  let workers: RealWorkers;

  /** What each command line asked of AWS. */
  const asked: { readonly command: string; readonly requests: readonly IamRequest[] }[] = [];

  const run = async (...args: string[]) => {
    const before = fake.requests.length;
    const { code, stdout, stderr } = await runInProcess([...args, '--only', 'positions', '-o', 'json'], {
      cwd: sink.test.root,
      env: sink.test.env,
    });
    const command = args[0] === 'check' ? 'check --live' : (args[0] ?? '');
    asked.push({ command, requests: fake.requests.slice(before) });
    return { code, stderr, document: JSON.parse(stdout) };
  };
  const succeed = async (...args: string[]) => {
    const { code, stderr, document } = await run(...args);
    expect(code, `${stderr}${JSON.stringify(document)}`).toBe(0);
    return document;
  };
  /** Runs while the definition declares a state. */
  const whileDeclared = async (state: string, task: () => Promise<void>) => {
    const file = join(sink.test.root, 'connectors/positions.yaml');
    const good = readFileSync(file, 'utf8');
    const document = parseDocument(good);
    document.setIn(['sink', 'state'], state);
    writeFileSync(file, document.toString());
    await task().finally(() => writeFileSync(file, good));
  };
  /** All columns that a row's record decides. */
  const rows = async (count: number) =>
    eventually(
      async () => {
        const found = await sink.query('SELECT * FROM positions ORDER BY position_account');
        expect(found).toHaveLength(count);
        return found.map(({ id: _id, created_at: _at, ...row }) => row);
      },
      { timeoutMs: 60_000 },
    );

  beforeAll(async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test');
    sink = await createSinkFixture('msk');
    const start = realWorkers(process.env, { PERPS_WORKER_PASSWORD: sink.test.env.PERPS_WORKER_PASSWORD ?? '' });
    fake = await startFakeMsk({
      workers: (resources) => {
        workers = start(resources);
        return workers;
      },
    });
    addEnvironment(sink, fake.url);
    const built = await runInProcess(['plugin', 'build', '-e', 'msk'], { cwd: sink.test.root, env: sink.test.env });
    expect(built.code, built.stderr).toBe(0);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await workers.close();
    await fake.close();
    await sink.test.remove();
  });

  it('is planned, deployed, and writes every row exactly; then there is nothing left to plan', async () => {
    const plan = await succeed('plan', '-e', 'msk');
    expect(plan.entries.map(({ kind, action }: { kind: string; action: string }) => `${kind} ${action}`)).toEqual(
      expect.arrayContaining(['plugin create', 'worker configuration create', 'connector create']),
    );
    await sink.produce(500);
    await whileDeclared('paused', async () => {
      const { code, document } = await run('deploy', '-e', 'msk', '--yes');
      expect({ code, message: document.error.message }).toMatchObject({
        code: 1,
        message: expect.stringContaining('cannot begin paused'),
      });
      expect(fake.connectors.size).toBe(0);
    });
    const { streams } = await succeed('deploy', '-e', 'msk', '--yes', '--preflight');
    expect(streams).toMatchObject([{ outcome: 'created', tasks: [{ state: 'RUNNING' }, { state: 'RUNNING' }] }]);
    const topics = await withAdmin({ brokers: sink.test.environment.kafka.brokers }, 'test', (admin) =>
      admin.listTopics(),
    );
    expect([...topics].filter((topic) => topic.includes('preflight'))).toEqual([]);
    await rows(500);
    await succeed('verify', '-e', 'msk');
    await succeed('plan', '-e', 'msk', '--check');
  });

  it('is sound to doctor, and as the files say to check --live', async () => {
    const port = Number(sink.test.environment.feed.address.split(':')[1]);
    const feed = await startScriptedFeed({ play: () => {}, port });
    const { checks } = await succeed('doctor', '-e', 'msk');
    feed.close();
    const verdicts = checks.map(({ check, verdict }: { check: string; verdict: string }) => `${verdict} ${check}`);
    expect(verdicts.filter((line: string) => line.startsWith('unknown'))).toEqual([]);
    expect(verdicts).toContain('ok sinks.running');
    await succeed('check', '--live', '-e', 'msk');
  });

  it('is shown with its tasks and its lag, held back, and started again', async () => {
    const [status] = (await succeed('status', '-e', 'msk')).streams;
    expect(status).toMatchObject({ state: 'RUNNING', tasks: [{ state: 'RUNNING' }, { state: 'RUNNING' }], lag: '0' });
    expect((await succeed('pause', '-e', 'msk')).streams).toMatchObject([{ state: 'PAUSED' }]);
    const blocked = await run('deploy', '-e', 'msk', '--yes');
    expect(blocked.document.error.message).toContain('someone holds it back on purpose');
    expect((await succeed('resume', '-e', 'msk')).streams).toMatchObject([{ state: 'RUNNING' }]);
    expect((await succeed('restart', '-e', 'msk')).streams).toMatchObject([{ outcome: 'restarted' }]);
  });

  it('takes a change of its polls and batches, worker first, and goes on', async () => {
    const file = join(sink.test.root, 'connectors/positions.yaml');
    const document = parseDocument(readFileSync(file, 'utf8'));
    document.setIn(['sink', 'batchSize'], 500);
    document.setIn(['sink', 'maxPollRecords'], 500);
    writeFileSync(file, document.toString());
    const { streams } = await succeed('deploy', '-e', 'msk', '--yes');
    expect(streams[0].changes.map(({ key }: { key: string }) => key)).toEqual([
      'batch.size',
      'worker consumer.max.poll.records',
    ]);
    await sink.produce(100, 500);
    await rows(600);
    await succeed('plan', '-e', 'msk', '--check');
  });

  it('is refused by a preflight whose worker does not start with its config provider, in the words of that worker', async () => {
    const file = join(sink.test.root, 'connect.yaml');
    const good = readFileSync(file, 'utf8');
    const document = parseDocument(good);
    const setting = 'config.providers.env.param.allowlist.pattern';
    document.setIn(['environments', 'msk', 'connect', 'workerConfiguration', setting], '[not a pattern');
    writeFileSync(file, document.toString());
    try {
      const { code, document: answer } = await run('deploy', '-e', 'msk', '--yes', '--preflight');
      expect({ code, error: answer.error }).toMatchObject({
        code: 1,
        error: {
          code: 'ENVIRONMENT',
          message: expect.stringMatching(/the local worker has ended:[\s\S]*PatternSyntaxException/),
        },
      });
    } finally {
      writeFileSync(file, good);
    }
  });

  it('is not deployed to a database that cannot take what it writes, and loses no column that it writes', async () => {
    await sink.query('ALTER TABLE positions RENAME COLUMN margin TO margins');
    const { code, document } = await run('deploy', '-e', 'msk', '--yes');
    await sink.query('ALTER TABLE positions RENAME COLUMN margins TO margin');
    expect(code).toBe(1);
    expect(document.error).toMatchObject({ code: 'UNSAFE', message: expect.stringContaining('margin is not there') });
    const file = join(sink.test.root, 'migrations', '9001_drop_bank.sql');
    writeFileSync(file, '-- Up Migration\nALTER TABLE positions DROP COLUMN bank_id;\n-- Down Migration\nSELECT 1;\n');
    const { stderr } = await runInProcess(['migrate', 'up', '-e', 'msk'], { cwd: sink.test.root, env: sink.test.env });
    rmSync(file);
    expect(stderr).toContain(`drops public.positions.bank_id, which ${sink.stream.sink.name} still writes`);
  });

  it('writes the same rows as on a Connect cluster by REST', async () => {
    const onMsk = await rows(600);
    await succeed('delete', '-e', 'msk', '--offsets', '--yes');
    await sink.query('TRUNCATE positions');
    await succeed('deploy', '-e', 'local', '--yes');
    expect(await rows(600)).toEqual(onMsk);
    await succeed('delete', '-e', 'local', '--yes');
  });

  it('that does not run leaves the offsets as they were, although it was to begin elsewhere', async () => {
    const committed = async () =>
      Object.fromEntries((await sink.groups.positions(sink.stream)).map((one) => [one.partition, one.committed]));
    const before = await committed();
    await sink.produce(50, 600);
    const file = join(sink.test.root, 'connect.yaml');
    const good = readFileSync(file, 'utf8');
    const document = parseDocument(good);
    document.setIn(['environments', 'msk', 'worker', 'databaseUser'], 'nobody');
    writeFileSync(file, document.toString());
    try {
      const { code, document: answer } = await run('deploy', '-e', 'msk', '--from', 'latest', '--yes');
      expect({ code, message: answer.error.message }).toMatchObject({
        code: 4,
        message: expect.stringMatching(/the connector was removed again/),
      });
    } finally {
      writeFileSync(file, good);
    }
    expect(await committed()).toEqual(before);
  });

  it('is not started behind records that Kafka deleted before it read them, unless that is accepted', async () => {
    await sink.produce(100, 600);
    await sink.expire();
    const created = await run('deploy', '-e', 'msk', '--yes');
    expect(created.document.error).toMatchObject({ code: 'UNSAFE', details: { connector: sink.stream.sink.name } });
    await succeed('deploy', '-e', 'msk', '--yes', '--accept-gap');
    await succeed('pause', '-e', 'msk');
    await sink.produce(50, 700);
    await sink.expire();
    const resumed = await run('resume', '-e', 'msk');
    expect(resumed.document.error).toMatchObject({ code: 'UNSAFE', message: expect.stringContaining('were deleted') });
    await succeed('resume', '-e', 'msk', '--accept-gap');
    await sink.produce(10, 750);
    await rows(610);
    const [{ gaps }] = (await succeed('status', '-e', 'msk')).streams;
    expect(gaps.map(({ state }: { state: string }) => state)).not.toContain('open');
    const [report] = (await succeed('verify', '-e', 'msk', '--wait', '60s')).streams;
    const sizes = report.gaps.map(({ from, to }: { from: string; to: string }) => Number(to) - Number(from) + 1);
    expect(sizes.reduce((sum: number, size: number) => sum + size, 0)).toBe(200);
  });

  it('reads every partition of a topic that grows while it runs', async () => {
    const file = join(sink.test.root, 'connectors/positions.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('partitions: 4', 'partitions: 6'));
    await succeed('deploy', '-e', 'msk', '--grow-topics', '--yes');
    await sink.produce(100, 760);
    await rows(710);
    const [grown] = await sink.query('SELECT count(DISTINCT kafka_partition) FROM positions WHERE slot >= 250000760');
    expect(grown?.count).toBe('6');
  });

  it('names a poison record within a minute, and goes on behind it: only that record is moved, and none is lost', async () => {
    await sink.produce(20, 860);
    await sink.query('ALTER TABLE positions ADD CONSTRAINT no_thirteen CHECK (leverage <> 13)');
    await sink.produceBytes('poison', sink.encode(9_000, { leverage: 13 }));
    await sink.produce(20, 880);
    const named = await eventually(
      async () => {
        fake.logs.events.splice(0, Number.POSITIVE_INFINITY, ...logEvents(await workers.logOf(sink.stream.sink.name)));
        const [{ tasks }] = (await succeed('status', '-e', 'msk')).streams;
        const [record] = tasks.flatMap(({ failure }: { failure?: { record?: string } }) => failure?.record ?? []);
        expect(record).toBeDefined();
        return record;
      },
      { timeoutMs: 60_000 },
    );
    const [result] = (await succeed('quarantine', '-e', 'msk', '--yes')).streams;
    expect(result).toMatchObject({
      outcome: 'quarantined',
      state: 'RUNNING',
      plans: [{ effects: [expect.stringContaining('created anew')] }],
      moved: [{ isNew: true }],
    });
    expect(named).toContain(result.moved[0].record.split('@')[0]);
    await rows(750);
    await succeed('verify', '-e', 'msk', '--wait', '60s');
    await succeed('plan', '-e', 'msk', '--check');
    await sink.query('ALTER TABLE positions DROP CONSTRAINT no_thirteen');
    expect((await succeed('dlq', 'replay', '-e', 'msk', '--yes')).streams).toMatchObject([{ replayed: 1, arrived: 1 }]);
    await rows(751);
  });

  it('is restarted by a watch after its sessions were ended in the middle of a write', async () => {
    await failTasks(sink, 20, 9_100);
    const hasFailed = async () => {
      fake.logs.events.splice(0, Number.POSITIVE_INFINITY, ...logEvents(await workers.logOf(sink.stream.sink.name)));
      const [{ tasks }] = (await succeed('status', '-e', 'msk')).streams;
      expect(tasks.map(({ state }: { state: string }) => state)).toContain('FAILED');
    };
    await eventually(hasFailed, { timeoutMs: 60_000 });
    const before = fake.requests.length;
    const watch = ['watch', '--once', '-e', 'msk', '--only', 'positions', '-o', 'json'];
    const { stdout, stderr } = await runInProcess(watch, { cwd: sink.test.root, env: sink.test.env });
    asked.push({ command: 'watch', requests: fake.requests.slice(before) });
    expect(stdout, stderr).toContain('"event":"sink.restarted","cause":"database"');
    await rows(771);
  });

  it('is not called RUNNING once its worker was killed, although its tasks are members for a while yet', async () => {
    await workers.lose(sink.stream.sink.name);
    expect((await succeed('stop', '-e', 'msk')).streams).toMatchObject([{ state: 'STOPPED' }]);
    const { code, document } = await run('resume', '-e', 'msk', '--timeout', '8s');
    expect({ code, message: document.error.message }).toMatchObject({
      code: 1,
      message: expect.stringContaining('0 of 2 tasks are RUNNING'),
    });
    const [{ tasks }] = (await succeed('status', '-e', 'msk')).streams;
    expect(tasks.map(({ state }: { state: string }) => state)).toEqual(['UNASSIGNED', 'UNASSIGNED']);
    workers.find();
  });

  it('goes on in a topic that was created anew, by the documented steps', async () => {
    const stream = { ...sink.stream, topic: { ...sink.stream.topic, partitions: 6 } };
    const [stop = '', ...steps] = documentedSteps('The topic was created anew');
    const step = async (text: string) => {
      if (!text.startsWith('pnpm connect')) return void (await sink.query(text));
      const { root: cwd, env } = sink.test;
      const { code, stdout, stderr } = await runInProcess([...text.split(' ').slice(2), '-e', 'msk'], { cwd, env });
      expect(code, `${text}\n${stdout}${stderr}`).toBe(0);
    };
    await step(stop);
    expect(fake.connectors.size).toBe(0);
    await withAdmin({ brokers: sink.test.environment.kafka.brokers }, 'test', async (admin) => {
      await admin.deleteTopics([stream.topic.name]);
      const isGone = async () => expect(await admin.listTopics()).not.toContain(stream.topic.name);
      await eventually(isGone, { timeoutMs: 30_000 });
      await ensureTopics(admin, stream, 1);
    });
    // As where the offsets of another cluster were copied: they lie ahead of what the new topic has.
    await sink.groups.setOffsets(stream, new Map([0, 1, 2, 3, 4, 5].map((partition) => [partition, 1_000n])));
    await sink.produce(30, 900);
    for (const one of steps) await step(one);
    await rows(801);
  });

  it('gets a history in days whose key begins with the slot, and goes on where it was', async () => {
    const file = join(sink.test.root, 'connectors/positions.yaml');
    const document = parseDocument(readFileSync(file, 'utf8'));
    document.setIn(['table', 'key'], ['slot', 'position_account', 'signature', 'block_time']);
    document.setIn(['table', 'partition'], { by: 'block_time', every: 'day', ahead: 1 });
    writeFileSync(file, document.toString());
    const offline = async (words: string) => {
      const { root: cwd, env } = sink.test;
      const { code, stdout, stderr } = await runInProcess(words.split(' '), { cwd, env });
      expect(code, `${words}\n${stdout}${stderr}`).toBe(0);
    };
    await offline('partitions migration positions');
    await succeed('delete', '-e', 'msk', '--yes');
    await sink.produce(40, 10_000);
    await offline('migrate up -e msk');
    await succeed('deploy', '-e', 'msk', '--yes');
    await rows(841);
    await offline('partitions apply positions --yes -e msk');
    await succeed('verify', '-e', 'msk', '--wait', '60s');
    await succeed('plan', '-e', 'msk', '--check');
  });

  it('has asked AWS for nothing that the policies of whoever may run a command do not allow', () => {
    const { environments, streams } = sink.test.reload();
    const environment = { ...environments.msk } as MskEnvironment;
    const denied = asked.flatMap(({ command, requests }) =>
      (Object.keys(ROLES) as Role[])
        .filter((role) => (ROLES[role] as readonly string[]).includes(command))
        .flatMap((role) => deniedBy(rolePolicy(role, environment, streams), requests).map((one) => `${role}: ${one}`)),
    );
    expect(denied).toEqual([]);
    expect(asked.filter(({ requests }) => requests.length > 0).length).toBeGreaterThan(10);
  });
});

/** The same parts, with MSK Connect instead of the worker's REST API. */
function addEnvironment({ test }: SinkFixture, url: string): void {
  const path = join(test.root, 'connect.yaml');
  const document = parseDocument(readFileSync(path, 'utf8'));
  const local = document.toJS().environments.local;
  // A preflight uses the broker of the embedded stack, which here is the one that the tests share.
  document.setIn(['environments', 'embedded'], { stack: { kind: 'embedded', ports: inject('stackPorts') } });
  document.setIn(['environments', 'msk'], {
    ...local,
    connect: {
      target: 'msk',
      region: REGION,
      brokers: local.kafka.brokers,
      authentication: 'none',
      encryption: 'plaintext',
      role: 'arn:aws:iam::123456789012:role/perps-connect',
      subnets: ['subnet-0a1b2c3d4e5f6a7b8'],
      securityGroups: ['sg-0a1b2c3d4e5f6a7b8'],
      capacity: { provisioned: { mcuCount: 1, workerCount: 1 } },
      plugin: { bucket: 'plugins' },
      workerConfiguration: {
        'config.providers': 'env',
        'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
        'offset.flush.interval.ms': 1000,
        // So long the tasks of a worker that was killed are members.
        'consumer.session.timeout.ms': 6_000,
      },
      logs: { cloudWatch: { logGroup: '/perps/connect' } },
      endpoints: { kafkaConnect: url, kafka: url, s3: url, logs: url },
    },
  });
  writeFileSync(path, document.toString());
}
