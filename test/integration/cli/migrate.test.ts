import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { withPostgres } from '../../../core/postgres.ts';
import { readMigrations } from '../../../migrations/files.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

describe('connect migrate', () => {
  let test: TestProject;
  let names: readonly string[];
  beforeAll(async () => {
    test = await createTestProject({ name: 'climigrate' });
    names = readMigrations(join(test.root, 'migrations')).map(({ name }) => name);
  });
  afterAll(() => test.remove());
  beforeEach(() =>
    withPostgres(test.database, (client) =>
      client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC'),
    ),
  );

  const connect = (...args: readonly string[]) => runInProcess(args, { cwd: test.root, env: test.env });

  it('up applies what is pending and names it, and has nothing to do the second time', async () => {
    const first = await connect('migrate', 'up');
    expect(first.code).toBe(0);
    expect(first.stdout).toBe('');
    const lines = first.stderr.trim().split('\n');
    expect(lines).toContain('    step 1 of 6: the functions');
    expect(lines.filter((line) => !line.startsWith(' '))).toEqual([
      ...names.map((name) => `+ ${name}`),
      `${names.length} applied on local`,
    ]);
    expect((await connect('migrate', 'up')).stderr).toBe('nothing to do on local\n');
  });

  it('comes before a deploy, which refuses a database without the table', async () => {
    const { code, stdout } = await connect('deploy', '--yes', '--only', 'positions', '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'UNSAFE',
      message: expect.stringContaining('public.positions is not there'),
      hint: 'run `connect migrate up`, then deploy',
    });
  });

  it('says what to do where whoever migrates may not make roles, and prints what others have to run', async () => {
    const file = join(test.root, 'connect.yaml');
    const text = readFileSync(file, 'utf8');
    const others = ['owner', 'sink', 'reader'].map((purpose) => `${purpose}: others_${test.suffix}_${purpose}`);
    writeFileSync(
      file,
      text.replace('      user: perps_worker\n', `      user: perps_worker\n      roles: { ${others.join(', ')} }\n`),
    );
    onTestFinished(() => writeFileSync(file, text));
    const refused = await connect('migrate', 'up');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /perps may not create the role others_\w+_owner: it lacks CREATEROLE\n +hint +let a role that may/,
    );
    expect(refused.stderr).toContain('--roles external');
    const external = await connect('migrate', 'up', '--roles', 'external', '-o', 'json');
    expect(external.code, external.stderr).toBe(0);
    const { grants, migrations } = JSON.parse(external.stdout);
    expect(migrations).toEqual(names.slice(names.indexOf('0009_rights')));
    expect(grants.slice(0, 3)).toEqual(
      ['owner', 'sink', 'reader'].map((purpose) => `CREATE ROLE others_${test.suffix}_${purpose} NOLOGIN;`),
    );
    expect(grants).toContain(`GRANT SELECT ON public.pgmigrations TO others_${test.suffix}_reader;`);
    const status = await connect('migrate', 'status', '--roles', 'external');
    expect(status.stdout).toContain(`GRANT SELECT, INSERT, UPDATE ON public.positions TO others_${test.suffix}_sink;`);
    expect((await connect('migrate', 'up', '--roles', 'mine')).code).toBe(64);
  });

  it('status lists applied and pending, as text and as JSON', async () => {
    await connect('migrate', 'up', '--count', '1');
    const text = await connect('migrate', 'status');
    expect(text.stdout).toMatch(
      new RegExp(`^= ${names[0]}  applied \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z\n`),
    );
    expect(text.stdout.split('\n').filter((line) => line.startsWith('+'))).toEqual(
      names.slice(1).map((name) => `+ ${name}  pending`),
    );
    const { stdout } = await connect('migrate', 'status', '-o', 'json');
    expect(JSON.parse(stdout)).toEqual({
      environment: 'local',
      applied: [{ name: names[0], at: expect.stringMatching(/Z$/) }],
      pending: names.slice(1),
    });
  });

  it('down does nothing without a terminal and without --yes', async () => {
    await connect('migrate', 'up');
    const { code, stderr } = await connect('migrate', 'down');
    expect(code).toBe(64);
    expect(stderr).toContain(`roll back ${names.at(-1)} on local`);
    expect(stderr).toContain('--yes');
    expect(JSON.parse((await connect('migrate', 'status', '-o', 'json')).stdout).pending).toEqual([]);
  });

  it('down --yes rolls back the newest, or as many as asked for', async () => {
    await connect('migrate', 'up');
    const one = await connect('migrate', 'down', '--yes', '-o', 'json');
    expect(JSON.parse(one.stdout)).toEqual({ environment: 'local', direction: 'down', migrations: [names.at(-1)] });
    await connect('migrate', 'up');
    const all = await connect('migrate', 'down', '--yes', '--count', String(names.length));
    expect(all.stderr).toContain(`${names.length} rolled back on local`);
    expect((await connect('migrate', 'down', '--yes')).stderr).toBe('nothing to do on local\n');
  });

  it('refuses an edited migration with exit code 1 and what to do', async () => {
    await connect('migrate', 'up');
    const file = `${names[0]}.sql`;
    const path = join(test.root, 'migrations', file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `${text}\n-- edited\n`);
    try {
      const { code, stderr } = await connect('migrate', 'up');
      expect(code).toBe(1);
      expect(stderr).toContain(`migration ${file} was edited after it was applied`);
      expect(stderr).toContain('hint  restore it as it was');
      const json = await connect('migrate', 'up', '-o', 'json');
      expect(JSON.parse(json.stdout).error.code).toBe('UNSAFE');
    } finally {
      writeFileSync(path, text);
    }
  });

  it.each(['0', '-1', 'many', '1.5'])('refuses %s as a number of migrations', async (count) => {
    const { code, stderr } = await connect('migrate', 'up', `--count=${count}`);
    expect(code).toBe(64);
    expect(stderr).toContain('a whole number from 1 to 9999');
  });

  it('says which environment does not exist', async () => {
    const { code, stderr } = await connect('migrate', 'up', '-e', 'locl');
    expect(code).toBe(64);
    expect(stderr).toContain('local');
  });
});
