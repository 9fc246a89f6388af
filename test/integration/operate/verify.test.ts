import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresConnection, withPostgres } from '../../../core/postgres.ts';
import type { VerifyReport } from '../../../operate/verify.ts';
import { readerConnection, sinkConnection } from '../../../pipeline/connections.ts';
import { runCli, startCli, succeed } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

const UPDATES = 600;
const FAULTY = 3;

describe('connect verify', () => {
  let project: TestProject;
  let options: { cwd: string; env: NodeJS.ProcessEnv };

  beforeAll(async () => {
    project = await createTestProject({ name: 'verify' });
    options = { cwd: project.root, env: project.env };
    for (const command of ['migrate up', 'schemas register', 'deploy --yes --only positions']) {
      await succeed(command.split(' '), options);
    }
    const flags = ['--updates', String(UPDATES), '--faulty', String(FAULTY), '--oracle', 'oracle'];
    const simulator = startCli(['simulate', '--only', 'positions', ...flags], options);
    try {
      await eventually(() => expect(simulator.output.stdout).toContain('PositionFeed'), { timeoutMs: 30_000 });
      await succeed(['produce', '--only', 'positions', '--end-with-feed'], options);
    } finally {
      simulator.child.kill('SIGTERM');
      await simulator.ended;
    }
    await succeed(['verify', '--only', 'positions', '--wait', '60s'], options);
    await sql('CREATE TABLE untouched AS TABLE positions');
  });
  afterAll(() => project?.remove());

  // Each test damages the table in its own way; the next one starts from the sound rows.
  beforeEach(async () => {
    await sql(
      'ALTER TABLE positions DISABLE TRIGGER positions_keep_newest_delivery, DISABLE TRIGGER positions_mark_correction',
    );
    await sql('TRUNCATE positions');
    await sql('INSERT INTO positions SELECT * FROM untouched');
  });

  const sql = (text: string): Promise<{ rows: Record<string, string>[] }> =>
    withPostgres(project.database, (client) => client.query<Record<string, string>>(text));

  async function verify(...flags: string[]): Promise<{ code: number | null; report: VerifyReport }> {
    const words = ['verify', '--only', 'positions', '-o', 'json', ...flags];
    const { code, stdout, stderr } = await runCli(words, options);
    if (stdout === '') throw new Error(stderr);
    const [report] = (JSON.parse(stdout) as { streams: VerifyReport[] }).streams;
    return { code, report: report as VerifyReport };
  }

  it('finds sound rows exact, and every refused update in the rejected topic', async () => {
    const { code, report } = await verify('--oracle', 'oracle');
    expect(code).toBe(0);
    expect(report).toMatchObject({
      records: UPDATES - FAULTY,
      rows: UPDATES - FAULTY,
      rejected: FAULTY,
      deadLetters: 0,
      differences: 0,
      oracle: { updates: UPDATES, expectedRows: UPDATES - FAULTY, expectedRejected: FAULTY },
    });
  });

  it("lets the sink's login upsert and nothing else, and the reader's only look", async () => {
    const { environment, secrets } = project;
    const as = (connection: PostgresConnection, text: string) =>
      withPostgres({ ...connection, readOnly: undefined }, (client) => client.query(text));
    const [sink, reader] = [sinkConnection(environment, secrets), readerConnection(environment, secrets)];
    expect([sink.user, reader.user]).toEqual(['perps_worker', 'perps_viewer']);
    const refused = [
      'DELETE FROM positions',
      'TRUNCATE positions',
      'UPDATE position_days SET size = 0',
      'ALTER TABLE positions ADD COLUMN more int',
      'ALTER TABLE positions DISABLE TRIGGER ALL',
    ];
    for (const text of refused) await expect(as(sink, text), text).rejects.toThrow(/permission denied|must be owner/);
    for (const text of [...refused, 'UPDATE positions SET size = 0', 'UPDATE current_positions SET size = 0']) {
      await expect(as(reader, text), text).rejects.toThrow(/permission denied|must be owner/);
    }
    await expect(withPostgres(reader, (client) => client.query('CREATE TEMP TABLE mine ()'))).rejects.toThrow(
      'read-only',
    );
    const { id: _id, ...row } = (await sql('SELECT * FROM positions ORDER BY slot DESC LIMIT 1')).rows[0] ?? {};
    const names = Object.keys(row);
    await withPostgres(sink, (client) =>
      client.query(
        `INSERT INTO positions (${names.join(', ')}) VALUES (${names.map((_name, index) => `$${index + 1}`).join(', ')})
         ON CONFLICT (position_account, signature) DO UPDATE SET slot = EXCLUDED.slot + 1`,
        names.map((name) => row[name]),
      ),
    );
    const { rows } = await sql(`SELECT slot FROM current_positions WHERE position_account = '${row.position_account}'`);
    expect(rows).toEqual([{ slot: String(BigInt(row.slot ?? 0) + 1n) }]);
  });

  it('names the record of a missing row', async () => {
    const { rows } = await sql('DELETE FROM positions WHERE id = (SELECT min(id) FROM positions) RETURNING *');
    const { code, report } = await verify();
    expect(code).toBe(3);
    expect(report).toMatchObject({ missing: 1, differences: 1 });
    const topic = project.project.streams.find(({ name }) => name === 'positions')?.topic.name;
    expect(report.samples[0]?.record).toBe(`${topic}-${rows[0]?.kafka_partition}@${rows[0]?.kafka_offset}`);
  });

  it('sees a difference in the last of an amount’s digits', async () => {
    await sql('UPDATE positions SET margin = margin + 0.000001 WHERE id = (SELECT min(id) FROM positions)');
    const { code, report } = await verify('--oracle', 'oracle', '--show-values');
    expect(code).toBe(3);
    expect(report).toMatchObject({ missing: 0, unexpected: 0 });
    expect(report.samples.map(({ message }) => message).join()).toMatch(/margin: record \S+, row \S+/);
    const shown = report.samples.flatMap(({ key }) => Object.values(key ?? {}));
    expect(shown.length).toBeGreaterThan(0);
    const discreet = JSON.stringify((await verify('--oracle', 'oracle')).report.samples);
    expect(discreet).toMatch(/differs from its row in margin/);
    expect(shown.filter((value) => discreet.includes(String(value)))).toEqual([]);
  });

  it('sees a microsecond that the record does not have', async () => {
    await sql(
      "UPDATE positions SET block_time = block_time + interval '1 microsecond' WHERE id = (SELECT min(id) FROM positions)",
    );
    expect((await verify()).report).toMatchObject({ unequal: 1, differences: 1 });
  });

  it('sees a row that the sink did not write', async () => {
    await sql(`CREATE TEMP TABLE copy AS SELECT * FROM positions LIMIT 1;
      UPDATE copy SET id = 0, signature = 'by hand', kafka_partition = NULL, kafka_offset = NULL;
      INSERT INTO positions SELECT * FROM copy`);
    const { code, report } = await verify();
    expect(code).toBe(3);
    expect(report).toMatchObject({ missing: 0, unequal: 0, unexpected: 1 });
  });

  it('sees a row that claims the record of another', async () => {
    await sql(`CREATE TEMP TABLE copy AS SELECT * FROM positions LIMIT 1;
      UPDATE copy SET id = 0, signature = 'claims another''s record';
      INSERT INTO positions SELECT * FROM copy`);
    expect((await verify()).report).toMatchObject({ missing: 0, unequal: 0, unexpected: 1 });
  });

  it('sees a row that names an offset which the topic does not have', async () => {
    await sql(`UPDATE positions SET margin = margin + 1, kafka_offset = 1000000000
               WHERE id = (SELECT min(id) FROM positions)`);
    const { code, report } = await verify();
    expect(code).toBe(3);
    expect(report).toMatchObject({ unexpected: 1 });
    expect(report.samples.map(({ message }) => message).join()).toMatch(
      /1 rows of \S+ name offsets that \S+ does not have/,
    );
  });

  it('counts a row that somebody has corrected apart, until its record is read again', async () => {
    await sql('ALTER TABLE positions ENABLE TRIGGER positions_mark_correction');
    await sql('UPDATE positions SET margin = margin + 1 WHERE id = (SELECT min(id) FROM positions)');
    const { code, report } = await verify();
    expect({ code, ...report }).toMatchObject({ code: 0, corrected: 1, unequal: 0, differences: 0 });
  });

  it('is clean again once a damaged row has been read anew', async () => {
    await sql('UPDATE positions SET margin = margin + 1 WHERE id = (SELECT min(id) FROM positions)');
    await sql('ALTER TABLE positions ENABLE TRIGGER USER');
    expect((await verify()).code).toBe(3);
    await succeed(['offsets', 'reset', '--only', 'positions', '--to', 'earliest', '--yes'], options);
    const { code, report } = await verify('--wait', '60s');
    expect({ code, ...report }).toMatchObject({ code: 0, corrected: 0, differences: 0 });
  });

  it('sees a current state that is not the newest update of the feed', async () => {
    await sql(`DELETE FROM positions WHERE id = (
      SELECT p.id FROM positions p JOIN current_positions c USING (position_account, signature)
      WHERE EXISTS (SELECT FROM positions o WHERE o.position_account = p.position_account AND o.slot < p.slot) LIMIT 1)`);
    const { report } = await verify('--oracle', 'oracle');
    expect(report.notCurrent).toBeGreaterThan(0);
  });

  it('refuses an oracle that is none', async () => {
    const { code, stderr } = await runCli(['verify', '--only', 'positions', '--oracle', 'migrations'], options);
    expect(code).toBe(64);
    expect(stderr).toContain('positions.ndjson cannot be read');
  });
});
