import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { OWNER_KEY } from '../../../pipeline/setting-owners.ts';
import { eventually } from '../../support/eventually.ts';
import { type InProcessResult, runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture } from '../../support/sink-fixture.ts';
import { step } from '../../support/step.ts';

// The first deploy of a run makes the catalog, which takes a busy machine a while.
test('a sink is planned, deployed, held back, started elsewhere, imported and pruned', {
  timeout: 600_000,
}, async () => {
  const sink = await createSinkFixture('planned');
  onTestFinished(() => sink.test.remove());
  const { name } = sink.stream.sink;
  const run = (...args: string[]): Promise<InProcessResult> =>
    runInProcess(args, { cwd: sink.test.root, env: sink.test.env });
  const connect = (...args: string[]) => run(...args, '--only', 'positions');
  const rows = async () => Number((await sink.query('SELECT count(*) FROM positions'))[0]?.count);
  const rowsToBe = (count: number) => eventually(async () => expect(await rows()).toBe(count), { timeoutMs: 60_000 });
  const define = (from: string | RegExp, to: string): void => {
    const file = join(sink.test.root, sink.stream.file);
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  };

  await step('a deploy of what the check finds wrong is refused before anything is looked at', async () => {
    define('sink:\n', 'sink:\n  omit: [no_such_field]\n');
    const { code, stderr } = await connect('deploy', '--yes');
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /✗ 1 finding of connect check; nothing was changed\n {2}connectors\/positions\.yaml:\d+:\d+ /,
    );
    expect(await sink.api.config(name)).toBeUndefined();
    define('  omit: [no_such_field]\n', '');
  });

  await step('a saved plan is applied by its digest, once', async () => {
    const planned = await connect('plan', '--out', 'next.plan', '-o', 'json');
    const { digest } = JSON.parse(planned.stdout);
    expect(planned.stderr).toContain(`connect deploy --plan next.plan --digest ${digest}`);
    const text = readFileSync(join(sink.test.root, 'next.plan'), 'utf8');
    expect(text).not.toContain(sink.test.database.password);
    const unapproved = await run('deploy', '--plan', 'next.plan');
    expect(unapproved.code).toBe(64);
    expect(unapproved.stderr).toContain(`+ connector ${name}`);
    expect(unapproved.stderr).toContain('give --digest');
    expect((await run('deploy', '--plan', 'next.plan', '--digest', '0'.repeat(32))).stderr).toContain('another plan');
    expect((await run('deploy', '--digest', digest)).stderr).toContain('--digest is about a saved plan');
    expect(await sink.api.config(name)).toBeUndefined();
    const { code, stdout } = await run('deploy', '--plan', 'next.plan', '--digest', digest);
    expect(stdout).toContain(`+ connector ${name}  created; RUNNING 2/2 tasks\n`);
    expect(code).toBe(0);
    expect((await sink.api.config(name))?.[OWNER_KEY]).toBe(`test-${sink.test.suffix}`);
    const imported = await run('import', name);
    expect(imported.code).toBe(0);
    expect(imported.stderr).toBe(`connectors/positions.yaml as printed renders to what ${name} has\n`);
    expect(imported.stdout).toContain(`  name: ${name}\n  tasksMax: 2\n  batchSize: 1000\n`);
    const again = await run('deploy', '--plan', 'next.plan');
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(
      /out of date; nothing was changed\n.*it changed on the cluster; planned: create, now: unch/,
    );
  });

  await step('a saved plan is refused when a definition changed, and for what it is not', async () => {
    await connect('plan', '--out', 'next.plan');
    define('batchSize: 1000', 'batchSize: 250');
    const moved = await run('deploy', '--plan', 'next.plan', '-o', 'json');
    expect(moved.code).toBe(1);
    expect(JSON.parse(moved.stdout).error.details.moved).toEqual([
      `connector ${name}: its definition changed; planned: unchanged, now: update (batch.size)`,
    ]);
    expect((await sink.api.config(name))?.['batch.size']).toBe('1000');
    expect((await run('deploy', '--plan', 'next.plan', '-e', 'other')).stderr).toContain(
      'is a plan for local, not for',
    );
    expect((await connect('deploy', '--plan', 'next.plan')).stderr).toContain(
      '--only: the saved plan already says that',
    );
    expect((await run('deploy', '--plan', 'no.plan')).code).toBe(64);
  });

  await step('configuration and run state change together, and back', async () => {
    define('sink:\n', 'sink:\n  state: paused\n');
    const { stdout } = await connect('deploy', '--yes');
    expect(stdout).toMatch(
      /updated; PAUSED.*\n {4}~ batch\.size {2}"1000" → "250"\n {4}~ sink\.state {2}"running" → "paused"/,
    );
    // Kafka Connect takes a new configuration up by a restart, of a held connector as well.
    await eventually(async () => expect(await sink.api.status(name)).toMatchObject({ state: 'PAUSED' }), {
      timeoutMs: 30_000,
    });
    await sink.produce(10);
    expect((await connect('plan', '--check')).code).toBe(0);
    define('state: paused', 'state: running');
    expect((await connect('deploy', '--yes')).stdout).toContain('updated; RUNNING 2/2 tasks');
    await rowsToBe(10);
    const tasks = await sink.api.tasks(name);
    expect(tasks.map((task) => task.config['batch.size'])).toEqual(['250', '250']);
  });

  await step('what the database cannot take is not deployed, whatever the files say', async () => {
    await sink.query('ALTER TABLE positions RENAME COLUMN margin TO margins');
    const { code, stdout } = await connect('deploy', '--yes', '-o', 'json');
    await sink.query('ALTER TABLE positions RENAME COLUMN margins TO margin');
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'UNSAFE',
      message: expect.stringMatching(
        /nothing was changed\n {2}public\.positions\.margin is not there\n {2}public\.positions\.margins is NOT NULL without/,
      ),
      hint: expect.stringContaining('it was dropped by hand'),
    });
    expect((await connect('deploy', '--yes')).stdout).toContain('unchanged; RUNNING 2/2 tasks');
  });

  await step('a column is dropped once its sink leaves it out, and not before', async () => {
    const text = '-- Up Migration\n\nALTER TABLE positions DROP COLUMN bank_id;\n\n-- Down Migration\n\nSELECT 1;\n';
    writeFileSync(join(sink.test.root, 'migrations', '9001_drop_bank.sql'), text);
    const early = await run('migrate', 'up');
    expect(early.code).toBe(1);
    expect(early.stderr).toContain(
      `migrations/9001_drop_bank.sql drops public.positions.bank_id, which ${name} still writes`,
    );
    expect(early.stderr).toContain('sink.omit');
    const unlisted = await connect('deploy', '--yes');
    expect(unlisted.code).toBe(3);
    expect(unlisted.stderr).toContain('list bank_id in sink.omit, and deploy that before the migration runs');
    define('sink:\n', 'sink:\n  omit: [bank_id]\n');
    expect((await connect('deploy', '--yes')).stdout).toContain('updated; RUNNING 2/2 tasks');
    expect((await run('migrate', 'up')).code).toBe(0);
    expect((await connect('deploy', '--yes')).stdout).toContain('unchanged; RUNNING 2/2 tasks');
  });

  await step(
    'a plan tells of the offsets that a deleted sink has left, and a deploy begins where it is told',
    async () => {
      expect((await connect('deploy', '--yes', '--from', 'earliest')).stderr).toContain('all of them are there');
      await connect('delete', '--yes');
      const { stdout } = await connect('plan');
      expect(stdout).toMatch(/effect: resumes where an earlier \S+ stopped \(\S+@\d+/);
      await sink.query('DELETE FROM positions');
      const { code, stderr } = await connect('deploy', '--yes', '--from', 'earliest');
      expect(stderr).toContain('10 records are upserted again');
      expect(code).toBe(0);
      await rowsToBe(10);

      await connect('delete', '--yes');
      await sink.produce(5, 10);
      expect((await connect('deploy', '--yes', '--from', 'latest')).stderr).toContain(
        '5 records are left out of the table',
      );
      await sink.produce(1, 15);
      await rowsToBe(11);
    },
  );

  await step('a new sink that is declared paused has read nothing, and ends without a wait when told so', async () => {
    await connect('delete', '--offsets', '--yes');
    define('state: running', 'state: paused');
    expect((await connect('deploy', '--yes', '--no-wait')).stdout).toContain('created; not waited for');
    await eventually(async () => expect(await sink.api.status(name)).toMatchObject({ state: 'PAUSED' }), {
      timeoutMs: 30_000,
    });
    expect(await sink.api.offsets(name)).toEqual([]);
  });

  await step('prune deletes what this project has deployed and no longer defines, and nothing else', async () => {
    const foreign = `foreign-${sink.test.suffix}`;
    const url = sink.config['connection.url']?.replaceAll(name, foreign) ?? '';
    const config = { ...sink.config, name: foreign, 'connection.url': url, [OWNER_KEY]: 'somebody' };
    await sink.api.createHeld(foreign, config, 'STOPPED');
    await eventually(async () => expect(await sink.api.status(foreign)).toMatchObject({ state: 'STOPPED' }), {
      timeoutMs: 30_000,
    });
    const file = join(sink.test.root, sink.stream.file);
    renameSync(file, `${file}.gone`);
    const imported = await run('import', foreign, '--as', 'adopted', '-o', 'json');
    expect(imported.code).toBe(0);
    expect(imported.stderr).toContain(`a deploy marks ${foreign} as a sink of test-${sink.test.suffix}\n`);
    const { definition, guesses, differences } = JSON.parse(imported.stdout);
    expect(definition).toMatch(/name: adopted\nfeed:\n {2}proto: schemas\/adopted\.proto\n/);
    expect(definition).toContain(`  name: ${sink.stream.topic.name}\n  partitions: 4\n  key: position_account\n`);
    expect(definition).toContain('  state: stopped\n');
    expect(guesses).toHaveLength(3);
    expect(differences).toEqual([]);
    const { stdout } = await run('plan', '--prune');
    expect(stdout).toMatch(new RegExp(`- connector ${name} +deployed by this project and no longer defined`));
    expect(stdout).toContain(', 1 to delete');
    expect((await run('plan')).stdout).not.toContain(name);
    const pruned = await run('deploy', '--prune', '--yes', '-o', 'json');
    expect(JSON.parse(pruned.stdout)).toMatchObject({ streams: [{ outcome: 'created' }], pruned: [name] });
    expect(await sink.api.config(name)).toBeUndefined();
    expect(await sink.api.config(foreign)).toBeDefined();
    expect((await run('plan', '--prune', '--only', 'funding_payments')).code).toBe(64);
  });
});
