import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { createKafka } from '../../../core/kafka.ts';
import { topicRanges } from '../../../core/kafka-scan.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { withPostgres } from '../../../core/postgres.ts';
import type { VerifyReport } from '../../../operate/verify.ts';
import { deadLetterTopic } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { runCli, startCli, succeed } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

const UPDATES = 600;
const NAMES = ['positions', 'positions_archive'];

const page = readFileSync(join(packageRoot(), 'docs/second-store.md'), 'utf8');

/** A file that the page shows. */
function documented(language: string): { file: string; text: string } {
  const [, file, text] = new RegExp(`\`\`\`${language} title="(\\S+)"\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  if (file === undefined || text === undefined) throw new Error(`docs/second-store.md has no file of ${language}`);
  return { file, text };
}

/** The definition on the page, with the names of the test's project. */
function archiveDefinition(suffix: string): string {
  const document = parseDocument(documented('yaml').text);
  for (const path of [
    ['topic', 'name'],
    ['topic', 'derived'],
    ['sink', 'name'],
  ])
    document.setIn(path, `${String(document.getIn(path))}-${suffix}`);
  return document.toString();
}

describe('two sinks of one topic, as docs/second-store.md has them', () => {
  let project: TestProject;
  let options: { cwd: string; env: NodeJS.ProcessEnv };

  beforeAll(async () => {
    project = await createTestProject({ name: 'archive' });
    options = { cwd: project.root, env: project.env };
    writeFileSync(join(project.root, documented('yaml').file), archiveDefinition(project.suffix));
    const migration = documented('sql');
    writeFileSync(join(project.root, migration.file), migration.text);
    for (const command of ['check', 'migrate up', 'schemas register', 'deploy --yes'])
      await succeed([...command.split(' '), ...(command.startsWith('deploy') ? only() : [])], options);
    const simulator = startCli(['simulate', '--only', 'positions', '--updates', String(UPDATES)], options);
    try {
      await eventually(() => expect(simulator.output.stdout).toContain('PositionFeed'), { timeoutMs: 30_000 });
      await succeed(['produce', ...only(), '--end-with-feed'], options);
    } finally {
      simulator.child.kill('SIGTERM');
      await simulator.ended;
    }
  });
  afterAll(() => project?.remove());

  const only = (names = NAMES) => names.flatMap((name) => ['--only', name]);
  const sql = async (text: string) => (await withPostgres(project.database, (client) => client.query(text))).rows;

  async function verify(...flags: string[]): Promise<VerifyReport[]> {
    const { stdout, stderr } = await runCli(['verify', ...only(), '-o', 'json', ...flags], options);
    if (stdout === '') throw new Error(stderr);
    return (JSON.parse(stdout) as { streams: VerifyReport[] }).streams;
  }

  it('are both exact, each with offsets and topics of its own', async () => {
    const exact = { records: UPDATES, rows: UPDATES, missing: 0, differences: 0, deadLetters: 0 };
    expect(await verify('--wait', '60s')).toEqual([exact, exact].map((one) => expect.objectContaining(one)));
    expect(
      await sql(`SELECT count(*)::int AS same FROM positions p JOIN positions_archive a
                 USING (position_account, signature, size, block_time, kafka_partition, kafka_offset)`),
    ).toEqual([{ same: UPDATES }]);
  });

  it('plan nothing once they are deployed', async () => {
    const { code } = await runCli(['plan', '--check', ...only()], options);
    expect(code).toBe(0);
  });

  it('give the archive what it lacks, by the statement of the page', async () => {
    await sql('DELETE FROM positions_archive WHERE id IN (SELECT id FROM positions_archive LIMIT 200)');
    const [, statement = ''] = /`(INSERT INTO [^`]+)`/.exec(page) ?? [];
    const [{ last } = { last: 0 }] = await sql('SELECT max(id) AS last FROM positions');
    await sql(statement.replace('…', '1').replace('…', String(last)));
    expect(await verify()).toEqual(Array(2).fill(expect.objectContaining({ rows: UPDATES, differences: 0 })));
  });

  it('keep in the archive what leaves the first table', async () => {
    const [{ day } = { day: '' }] = await sql(
      "SELECT to_char(max(block_time) + interval '1 day', 'YYYY-MM-DD') AS day FROM positions",
    );
    await succeed(['prune', '--before', day, '--only', 'positions', '--yes'], options);
    const [archive, first] = await verify();
    expect(first).toMatchObject({ stream: 'positions', rows: 0, keptFrom: day, olderRecords: UPDATES, differences: 0 });
    expect(archive).toMatchObject({ stream: 'positions_archive', rows: UPDATES, olderRecords: 0, differences: 0 });
  });

  it('set a record aside that neither can read, each in a topic of its own', async () => {
    const [archive, first] = project.reload().streams.filter(({ name }) => NAMES.includes(name));
    if (archive === undefined || first === undefined) throw new Error('not two streams');
    const { kafka } = project.environment;
    const producer = createKafka({ brokers: kafka.brokers }, 'test').producer();
    await producer.connect();
    await producer.send({ topic: first.topic.name, messages: [{ key: 'nobody', value: Buffer.from('no Avro') }] });
    await producer.disconnect();
    const letters = async (stream: StreamDefinition) => {
      const ranges = await topicRanges({ brokers: kafka.brokers }, deadLetterTopic(stream), 'test');
      return ranges?.reduce((sum, { low, high }) => sum + Number(high - low), 0);
    };
    for (const { stream, open } of [
      { stream: archive, open: [1, 0] },
      { stream: first, open: [1, 1] },
    ]) {
      await eventually(
        async () => expect((await runCli(['status', '--check', '--only', stream.name], options)).code).toBe(3),
        { timeoutMs: 60_000 },
      );
      await succeed(['quarantine', '--only', stream.name, '--yes'], options);
      expect([await letters(archive), await letters(first)]).toEqual(open);
    }
    const [again] = await verify('--wait', '60s');
    expect(again).toMatchObject({ rows: UPDATES, deadLetters: 1, differences: 0 });
  });
});
