import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRestApi } from '../../../connectors/rest/api.ts';
import { createRestHost } from '../../../connectors/rest/host.ts';
import { checkLive } from '../../../contract/live.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { httpConnection } from '../../../pipeline/connections.ts';
import type { Finding } from '../../../pipeline/finding.ts';
import { valueSubject } from '../../../pipeline/names.ts';
import type { Environment } from '../../../pipeline/types.ts';
import { createSchemaRegistry, type SchemaRegistry } from '../../../schemas/registry.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { restConnect } from '../../support/rest-connect.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

describe('what runs, compared with the files', () => {
  let sink: SinkFixture;
  let registry: SchemaRegistry;

  beforeAll(async () => {
    sink = await createSinkFixture('live');
    registry = createSchemaRegistry(httpConnection(sink.test.environment.registry, sink.test.secrets));
    await sink.deploy();
  }, 180_000);
  afterAll(() => sink?.test.remove(), 60_000);

  const live = (environment: Environment = sink.test.environment): Promise<readonly Finding[]> => {
    const { secrets } = sink.test;
    const host = createRestHost(createRestApi(httpConnection(restConnect(environment), secrets)), sink.groups);
    return checkLive(sink.test.reload(), environment, { secrets, host }, ['positions']);
  };
  const told = async (): Promise<string[]> => (await live()).map(({ rule, path }) => `${rule} ${path}`);
  const sql = (text: string) => withPostgres(sink.test.database, (client) => client.query(text));
  /** Does something by hand, looks, and undoes it. */
  const during = async (change: string, undo: string): Promise<readonly Finding[]> => {
    await sql(change);
    try {
      return await live();
    } finally {
      await sql(undo);
    }
  };

  it('is no difference when everything was deployed from them', { timeout: 60_000 }, async () => {
    expect(await live()).toEqual([]);
  });

  it('is told column by column', async () => {
    const findings = await during(
      `ALTER TABLE positions ADD COLUMN note TEXT, ALTER COLUMN created_at DROP DEFAULT, ALTER COLUMN owner DROP NOT NULL`,
      `ALTER TABLE positions DROP COLUMN note, ALTER COLUMN created_at SET DEFAULT (now() AT TIME ZONE 'utc'), ALTER COLUMN owner SET NOT NULL`,
    );
    expect(findings.map(({ rule, path, file }) => [rule, path, file])).toEqual([
      ['DRIFT_COLUMN', 'positions.note', 'migrations/0001_positions.sql'],
      ['DRIFT_COLUMN', 'positions.owner', 'migrations/0001_positions.sql'],
      ['DRIFT_COLUMN', 'positions.created_at', 'migrations/0001_positions.sql'],
    ]);
    expect(findings.map(({ remedy }) => remedy)).toEqual(
      Array(3).fill(expect.stringContaining('done by hand: undo it')),
    );
    expect(findings[1]?.message).toMatch(
      /column positions\.owner is varchar\(44\) COLLATE "C" in the database .*, the migrations make it varchar\(44\) COLLATE "C" NOT NULL/,
    );
  });

  it('is told for unique indexes and CHECKs', async () => {
    const findings = await during(
      `CREATE UNIQUE INDEX by_hand ON positions (slot, id); ALTER TABLE positions ADD CONSTRAINT by_hand_too CHECK (leverage < 100)`,
      `DROP INDEX by_hand; ALTER TABLE positions DROP CONSTRAINT by_hand_too`,
    );
    expect(findings.map(({ rule, path }) => `${rule} ${path}`)).toEqual([
      'DRIFT_CHECK positions.by_hand_too',
      'DRIFT_INDEX positions.by_hand',
    ]);
  });

  it('is told for triggers, functions, rules and policies, of the rollup too', async () => {
    const findings = await during(
      `ALTER TABLE positions DISABLE TRIGGER USER;
       DROP TRIGGER position_days_pending_fold ON position_days_pending;
       CREATE RULE by_hand AS ON UPDATE TO position_days DO INSTEAD NOTHING;
       ALTER FUNCTION unfold_positions SET work_mem = '8MB';
       ALTER TABLE positions ENABLE ROW LEVEL SECURITY;
       CREATE POLICY by_hand ON positions USING (side = 'Long')`,
      `ALTER TABLE positions ENABLE TRIGGER USER;
       CREATE CONSTRAINT TRIGGER position_days_pending_fold AFTER INSERT ON position_days_pending DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION fold_pending_positions();
       DROP RULE by_hand ON position_days;
       ALTER FUNCTION unfold_positions RESET work_mem;
       ALTER TABLE positions DISABLE ROW LEVEL SECURITY;
       DROP POLICY by_hand ON positions`,
    );
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['DRIFT_TRIGGER']));
    const paths = findings.map(({ path }) => path);
    for (const path of [
      'positions.positions_keep_newest_delivery',
      'positions.positions_note_insert',
      'position_days_pending.position_days_pending_fold',
      'position_days.by_hand',
      'unfold_positions',
      'positions',
      'positions.by_hand',
    ]) {
      expect(paths).toContain(path);
    }
  });

  it("is told for what the database gives and refuses the sink's role", async () => {
    const { environment, database, superuser, suffix } = sink.test;
    const role = `writer_${suffix.replaceAll(/\W/g, '_')}`;
    const asWriter = { ...environment, worker: { ...environment.worker, databaseUser: role } };
    const bySuperuser = (text: string) =>
      withPostgres({ ...superuser, database: database.database }, (client) => client.query(text));
    const roleFindings = async () =>
      (await live(asWriter))
        .filter(({ rule }) => /DRIFT_(PRIVILEGE|SESSION)/.test(rule))
        .map(({ path }) => path)
        .sort();
    expect(await roleFindings()).toEqual([`${sink.stream.sink.name}.${role}`]);
    await bySuperuser(`CREATE ROLE ${role};
      GRANT SELECT, INSERT ON positions TO ${role};
      ALTER ROLE ${role} SET synchronous_commit = off; ALTER ROLE ${role} SET statement_timeout = 0;
      ALTER DATABASE ${database.database} SET statement_timeout = '1min'`);
    try {
      expect(await roleFindings()).toEqual(
        ['public.positions.UPDATE', 'sequence positions_id_seq.USAGE', 'synchronous_commit'].map(
          (what) => `${sink.stream.sink.name}.${what}`,
        ),
      );
    } finally {
      await bySuperuser(
        `ALTER DATABASE ${database.database} RESET statement_timeout; DROP OWNED BY ${role}; DROP ROLE ${role}`,
      );
    }
  });

  it('is told for a view that is gone', async () => {
    await sql('ALTER VIEW current_positions RENAME TO current_positions_away');
    expect(await told()).toEqual(['DRIFT_TABLE current_positions']);
    await sql('ALTER VIEW current_positions_away RENAME TO current_positions');
  });

  it('is told for a registry that no longer protects the subject', async () => {
    const subject = valueSubject(sink.stream);
    await registry.setCompatibility(subject, 'NONE');
    expect(await told()).toEqual([`DRIFT_COMPATIBILITY ${subject}`]);
    await registry.setCompatibility(subject, 'FULL_TRANSITIVE');
    expect(await told()).toEqual([]);
    await registry.setCompatibility(subject, 'BACKWARD_TRANSITIVE');
  });

  it('is told setting by setting, without a secret', async () => {
    const config = { ...sink.config, 'errors.tolerance': 'all', 'connection.password': 'hunter2', 'batch.size': '100' };
    await sink.api.putConfig(sink.stream.sink.name, config);
    const findings = await live();
    expect(findings.map(({ rule, path }) => `${rule} ${path.replace(`${sink.stream.sink.name}.`, '')}`).sort()).toEqual(
      ['DRIFT_SETTING batch.size', 'DRIFT_SETTING connection.password', 'DRIFT_SETTING errors.tolerance'],
    );
    expect(JSON.stringify(findings)).not.toContain('hunter2');
    const batch = findings.find(({ path }) => path.endsWith('batch.size'));
    expect(batch?.message).toMatch(/^batch\.size is "100" on Kafka Connect at .*, the files say "1000"$/);
    expect(batch?.file).toBe('connectors/positions.yaml');
    await sink.api.putConfig(sink.stream.sink.name, sink.config);
  });

  it('is told for a connector that is not there', async () => {
    await sink.api.remove(sink.stream.sink.name);
    expect(await told()).toEqual([`DRIFT_CONNECTOR ${sink.stream.sink.name}`]);
    await sink.deploy();
  }, 120_000);

  it('is told for a migration that has not run, and for one that was edited since', async () => {
    const file = join(sink.test.root, 'migrations', '9001_note.sql');
    writeFileSync(file, '-- Up Migration\nALTER TABLE positions ADD COLUMN note TEXT;\n-- Down Migration\nSELECT 1;\n');
    expect(await told()).toEqual(['DRIFT_MIGRATION migrations/9001_note.sql']);
    const landed = join(sink.test.root, 'migrations', '0001_positions.sql');
    const text = readFileSync(landed, 'utf8');
    writeFileSync(landed, `${text}-- edited\n`);
    expect(await told()).toContain('DRIFT_MIGRATION migrations');
    writeFileSync(landed, text);
    writeFileSync(file, '-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 1;\n');
  }, 120_000);

  it('says when a schema was registered before its migration ran', async () => {
    const file = join(sink.test.root, sink.stream.schema);
    const text = readFileSync(file, 'utf8');
    const field = '{ "name": "venue", "type": ["null", "string"], "default": null, "maxLength": 20 }';
    const extended = text.replace(/\n {2}\]\n\}\s*$/, `,\n    ${field}\n  ]\n}\n`);
    expect(extended).not.toBe(text);
    await registry.register(valueSubject(sink.stream), extended);
    writeFileSync(file, extended);
    const findings = await live();
    const overdue = findings.find(({ rule }) => rule === 'DRIFT_ROLLOUT');
    expect(overdue?.message).toBe('the migration for venue is missing, but a later step has already been done');
    expect(overdue?.remedy).toBe('no pending migration makes venue: add one, then `connect migrate up`');
    writeFileSync(file, text);
    expect(await told()).toEqual([
      expect.stringMatching(/^DRIFT_MIGRATION/),
      `DRIFT_SCHEMA ${valueSubject(sink.stream)}`,
    ]);
  }, 120_000);

  it('says in which order to bring a new field live', async () => {
    const schemaFile = join(sink.test.root, sink.stream.schema);
    const [schemaText, sqlFile] = [
      readFileSync(schemaFile, 'utf8'),
      join(sink.test.root, 'migrations', '9002_fee.sql'),
    ];
    const field = '{ "name": "fee", "type": ["null", "string"], "default": null, "maxLength": 20 }';
    writeFileSync(schemaFile, schemaText.replace(/\n {2}\]\n\}\s*$/, `,\n    ${field}\n  ]\n}\n`));
    writeFileSync(
      sqlFile,
      '-- Up Migration\nALTER TABLE positions ADD COLUMN fee TEXT;\n-- Down Migration\nSELECT 1;\n',
    );
    const order = (await live()).find(({ rule }) => rule === 'DRIFT_ROLLOUT');
    expect(order).toMatchObject({ severity: 'note', message: 'not everywhere yet: fee' });
    expect(order?.remedy).toBe(
      'in this order: `connect migrate up`, `connect schemas register`, `connect deploy`, `connect produce`',
    );
    writeFileSync(schemaFile, schemaText);
    rmSync(sqlFile);
  }, 120_000);

  it('is part of `connect check --live`, beside what the files say', async () => {
    const { root, env } = sink.test;
    const { code, stdout, stderr } = await runInProcess(['check', '--live', '--only', 'positions', '-o', 'json'], {
      cwd: root,
      env,
    });
    expect(code).toBe(3);
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    expect(findings.map(({ rule }) => rule)).toContain('DRIFT_SCHEMA');
    expect(stderr).toMatch(/^✗ the files and local as it runs: \d findings/);
  }, 120_000);

  it('is an error, not a finding, when a part does not answer', async () => {
    const { environment } = sink.test;
    const nowhere = 'http://127.0.0.1:1';
    await expect(live({ ...environment, registry: { url: nowhere } })).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(live({ ...environment, connect: { target: 'rest', url: nowhere } })).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    const database = { ...environment.database, port: 1 };
    await expect(live({ ...environment, database })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  }, 120_000);
});
