import { copyFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../../../core/postgres.ts';
import { readMigrations } from '../../../migrations/files.ts';
import { migrate, migrationStatus, readMigrationStatus } from '../../../migrations/runner.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';
import { scratchFolder } from '../../support/scratch.ts';

const ours = join(packageRoot(), 'migrations');

describe('the migration runner', () => {
  let test: TestProject;
  let database: PostgresConnection;
  beforeAll(async () => {
    test = await createTestProject({ name: 'migrations' });
    database = test.database;
  });
  afterAll(() => test.remove());
  beforeEach(() => query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC'));

  const query = (sql: string) => withPostgres(test.database, (client) => client.query(sql));
  const up = (folder: string) => migrate(database, { folder, direction: 'up' });

  async function relations(): Promise<string[]> {
    const { rows } = await query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1`,
    );
    return rows.map(({ relname }) => relname as string).filter((name) => !name.startsWith('pgmigrations'));
  }

  function folderOf(parts: Readonly<Record<string, string>>): string {
    const folder = scratchFolder();
    for (const [name, sql] of Object.entries(parts)) writeMigration(folder, name, sql);
    return folder;
  }

  function writeMigration(folder: string, name: string, sql: string): void {
    const table = /CREATE TABLE (\w+)/.exec(sql)?.[1];
    const down = table === undefined ? 'SELECT 1;' : `DROP TABLE ${table};`;
    writeFileSync(join(folder, `${name}.sql`), `-- Up Migration\n${sql}\n-- Down Migration\n${down}\n`);
  }

  it('applies all of this package, says so, and has nothing to do the second time', async () => {
    const names = readMigrations(ours).map(({ name }) => name);
    const told: string[] = [];
    expect(await migrate(database, { folder: ours, direction: 'up', onMigration: (name) => told.push(name) })).toEqual(
      names,
    );
    expect(told).toEqual(names);
    expect(await relations()).toEqual(expect.arrayContaining(['current_positions', 'positions', 'user_statistics']));
    expect(await up(ours)).toEqual([]);
    const status = await migrationStatus(database, ours);
    expect(status.applied.map(({ name }) => name)).toEqual(names);
    expect(status.pending).toEqual([]);
  });

  it('rolls all of them back and leaves nothing, and applies them again', async () => {
    const count = readMigrations(ours).length;
    await up(ours);
    expect(await migrate(database, { folder: ours, direction: 'down', count })).toHaveLength(count);
    expect(await relations()).toEqual([]);
    expect(await up(ours)).toHaveLength(count);
  });

  it('tells what is pending on a database that was never migrated, and writes nothing there', async () => {
    const { applied, pending } = await migrationStatus(database, ours);
    expect(applied).toEqual([]);
    expect(pending).toEqual(readMigrations(ours).map(({ name }) => name));
    const { rows } = await query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`);
    expect(rows).toEqual([]);
  });

  it('applies as many as asked for, and rolls back one unless told how many', async () => {
    const folder = folderOf({
      '0001_a': 'CREATE TABLE a ();',
      '0002_b': 'CREATE TABLE b ();',
      '0003_c': 'CREATE TABLE c ();',
    });
    expect(await migrate(database, { folder, direction: 'up', count: 2 })).toEqual(['0001_a', '0002_b']);
    expect((await migrationStatus(database, folder)).pending).toEqual(['0003_c']);
    await up(folder);
    expect(await migrate(database, { folder, direction: 'down' })).toEqual(['0003_c']);
    expect(await migrate(database, { folder, direction: 'down', count: 9 })).toEqual(['0002_b', '0001_a']);
    expect(await migrate(database, { folder, direction: 'down' })).toEqual([]);
  });

  it('runs nothing when what was agreed to is no longer what would run', async () => {
    const folder = folderOf({ '0001_a': 'CREATE TABLE a ();', '0002_b': 'CREATE TABLE b ();' });
    await up(folder);
    const down = (expected: readonly string[]) => migrate(database, { folder, direction: 'down', expected });
    await expect(down(['0001_a'])).rejects.toMatchObject({
      code: 'UNSAFE',
      message: 'migrate down would now run 0002_b, not 0001_a',
    });
    expect(await relations()).toEqual(['a', 'b']);
    expect(await down(['0002_b'])).toEqual(['0002_b']);
  });

  it('records when a migration ran in UTC, whatever zone the database is set to', async () => {
    await query(`ALTER DATABASE ${database.database} SET timezone = 'Asia/Tokyo'`);
    try {
      await up(folderOf({ '0001_a': 'CREATE TABLE a ();' }));
      const { applied } = await migrationStatus(database, folderOf({ '0001_a': 'CREATE TABLE a ();' }));
      expect(Math.abs(Date.parse(applied[0]?.at ?? '') - Date.now())).toBeLessThan(600_000);
    } finally {
      await query(`ALTER DATABASE ${database.database} RESET timezone`);
    }
  });

  it('puts its tables into public, also for a role with a schema of its own name', async () => {
    await query('CREATE SCHEMA perps AUTHORIZATION perps');
    try {
      await up(folderOf({ '0001_a': 'CREATE TABLE a ();' }));
      expect(await relations()).toEqual(['a']);
      expect(await up(folderOf({ '0001_a': 'CREATE TABLE a ();' }))).toEqual([]);
    } finally {
      await query('DROP SCHEMA perps CASCADE');
    }
  });

  describe('when a migration fails', () => {
    const parts = {
      '0001_a': 'CREATE TABLE a ();',
      '0002_b': 'CREATE TABLE b ();\n\nALTER TABLE nowhere ADD COLUMN x int;\n',
    };

    it('rolls back all of it, keeps the ones before, and names file, line and reason', async () => {
      await expect(up(folderOf({ ...parts, '0003_c': 'CREATE TABLE c ();' }))).rejects.toMatchObject({
        code: 'REFUSED',
        message: expect.stringContaining(
          '0002_b.sql (up) failed and was rolled back: relation "nowhere" does not exist',
        ),
        details: { migration: '0002_b', direction: 'up', sqlState: '42P01' },
      });
      expect(await relations()).toEqual(['a']);
    });

    it('names the line when PostgreSQL knows it', async () => {
      await expect(up(folderOf({ '0001_a': 'CREATE TABLE a ();\n\nCREATE TABEL b ();' }))).rejects.toMatchObject({
        message: expect.stringContaining('0001_a.sql:4 (up) failed'),
        details: { line: 4 },
      });
      expect(await relations()).toEqual([]);
    });

    it('rolls back a migration that cannot be recorded', async () => {
      await expect(up(folderOf({ '0001_a': 'CREATE TABLE a ();\nDROP TABLE pgmigrations;' }))).rejects.toMatchObject({
        message: expect.stringContaining('0001_a.sql'),
        details: { migration: '0001_a', sqlState: '42P01' },
      });
      expect(await relations()).toEqual([]);
      expect(await up(folderOf({ '0001_a': 'CREATE TABLE a ();' }))).toEqual(['0001_a']);
    });

    it('goes on from there once it is mended', async () => {
      const folder = folderOf(parts);
      await expect(up(folder)).rejects.toThrow('rolled back');
      writeMigration(folder, '0002_b', 'CREATE TABLE b ();');
      expect(await up(folder)).toEqual(['0002_b']);
    });
  });

  describe('refuses to touch a database whose history is not that of the files', () => {
    let folder: string;
    beforeEach(async () => {
      folder = folderOf({ '0001_a': 'CREATE TABLE a ();', '0003_c': 'CREATE TABLE c ();' });
      await up(folder);
    });

    const refused = async (message: string) => {
      const expected = { code: 'UNSAFE', message: expect.stringContaining(message) };
      await expect(up(folder)).rejects.toMatchObject(expected);
      await expect(migrate(database, { folder, direction: 'down' })).rejects.toMatchObject(expected);
      await expect(migrationStatus(database, folder)).rejects.toMatchObject(expected);
      expect(await readMigrationStatus(database, folder)).toMatchObject({
        applied: [],
        pending: [],
        problem: expected,
      });
      expect(await relations()).toEqual(['a', 'c']);
    };

    it('when an applied migration was edited', async () => {
      writeMigration(folder, '0001_a', 'CREATE TABLE a (id int);');
      await refused('0001_a.sql was edited after it was applied');
    });

    it('when an applied migration is gone', async () => {
      rmSync(join(folder, '0003_c.sql'));
      await refused('0003_c is applied, but its file is not there');
    });

    it('when a new migration comes before an applied one', async () => {
      writeMigration(folder, '0002_b', 'CREATE TABLE b ();');
      await refused('0002_b comes before 0003_c');
    });

    it('but not when only the line endings of a file changed', async () => {
      const text = '-- Up Migration\r\nCREATE TABLE a ();\r\n-- Down Migration\r\nDROP TABLE a;\r\n';
      writeFileSync(join(folder, '0001_a.sql'), text);
      expect(await up(folder)).toEqual([]);
    });
  });

  it('takes over a database that node-pg-migrate 8 has migrated', async () => {
    const folder = folderOf({ '0001_a': 'CREATE TABLE a ();', '0002_b': 'CREATE TABLE b ();' });
    await query(`SET ROLE perps; CREATE TABLE a (); CREATE TABLE b ();
      CREATE TABLE "public"."pgmigrations" (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
      INSERT INTO "public"."pgmigrations" (name, run_on) VALUES ('0001_a', NOW());
      INSERT INTO "public"."pgmigrations" (name, run_on) VALUES ('0002_b', NOW());`);
    writeMigration(folder, '0003_c', 'CREATE TABLE c ();');
    expect((await migrationStatus(database, folder)).pending).toEqual(['0003_c']);
    expect(await up(folder)).toEqual(['0003_c']);
    expect(await migrate(database, { folder, direction: 'down', count: 2 })).toEqual(['0003_c', '0002_b']);
    expect(await relations()).toEqual(['a']);
  });

  describe('beside another migrator', () => {
    it('lets ten at once apply each migration exactly once', async () => {
      const folder = scratchFolder();
      for (const file of readdirSync(ours).filter((name) => name.endsWith('.sql'))) {
        copyFileSync(join(ours, file), join(folder, file));
      }
      const names = readMigrations(folder).map(({ name }) => name);
      const results = await Promise.all(Array.from({ length: 10 }, () => up(folder)));
      expect(results.flat().sort()).toEqual(names);
      expect((await migrationStatus(database, folder)).applied.map(({ name }) => name)).toEqual(names);
    });

    /** Runs `task` while a session holds the lock of a migration that does not end. */
    async function whileOneHangs<T>(task: (end: () => Promise<unknown>) => Promise<T>): Promise<T> {
      const slow = folderOf({ '0001_slow': 'CREATE TABLE slow ();\nSELECT pg_sleep(600);' });
      const hanging = up(slow).catch((error: unknown) => error);
      const end = () =>
        query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = '${database.database}' AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()`);
      try {
        await withPostgres(test.database, (client) => untilSleeping(client));
        return await task(end);
      } finally {
        await end();
        expect(await hanging).toBeInstanceOf(Error);
      }
    }

    async function untilSleeping(client: PostgresClient): Promise<void> {
      await expect
        .poll(
          async () => {
            const { rows } = await client.query(
              `SELECT 1 FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%pg_sleep(600)%' AND wait_event = 'PgSleep'`,
              [database.database],
            );
            return rows.length;
          },
          { timeout: 20_000 },
        )
        .toBe(1);
    }

    it('waits, says for whom, and goes on when the other one dies', async () => {
      const folder = folderOf({ '0001_a': 'CREATE TABLE a ();' });
      const done = await whileOneHangs(
        (end) =>
          new Promise<readonly string[]>((resolve, reject) => {
            const onWait = (holder: string) => {
              expect(holder).toMatch(/^process \d+, user perps, perps-connect$/);
              end().catch(reject);
            };
            migrate(database, { folder, direction: 'up', onWait }).then(resolve, reject);
          }),
      );
      expect(done).toEqual(['0001_a']);
      expect(await relations()).toEqual(['a']);
    });

    it('gives up after a while and names the session to look at', async () => {
      const folder = folderOf({ '0001_a': 'CREATE TABLE a ();' });
      await whileOneHangs(() =>
        expect(migrate(database, { folder, direction: 'up', lockWaitMs: 300 })).rejects.toMatchObject({
          code: 'TIMEOUT',
          message: expect.stringMatching(/another migration has been running for 0.3 s: process \d+, user perps/),
        }),
      );
    });

    it('stops waiting when it is interrupted', async () => {
      const folder = folderOf({ '0001_a': 'CREATE TABLE a ();' });
      const abort = new AbortController();
      await whileOneHangs(() =>
        expect(
          migrate(database, { folder, direction: 'up', signal: abort.signal, onWait: () => abort.abort() }),
        ).rejects.toThrow(/abort/i),
      );
      expect(await relations()).toEqual([]);
    });
  });

  it('says which database does not answer, or refuses', async () => {
    await expect(up('/nowhere')).rejects.toMatchObject({ code: 'INVALID_DEFINITION' });
    await expect(migrate({ ...database, port: 1 }, { folder: ours, direction: 'up' })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:1/${database.database}`),
    });
    const wrong = { ...database, password: 'wrong' };
    const error = await migrate(wrong, { folder: ours, direction: 'up' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'REFUSED' });
    expect(String((error as Error).message)).not.toContain('wrong');
  });
});
