import { expect, test } from 'vitest';
import { runInProcess } from '../../support/in-process-cli.ts';
import type { FakeMsk } from '../../support/msk/fake-msk.ts';
import { createMskProject, type MskProject } from '../../support/msk/msk-project.ts';

const SLOW = { timeout: 60_000 };
const PROPERTIES = Buffer.from('key.converter=a\nvalue.converter=b\n').toString('base64');
const digits = (number: number, length: number) => number.toString(16).padStart(length, '0');

/** A plugin as a deploy would have left it, from a bucket. */
function addPlugin({ objects, resources }: FakeMsk, number: number, bucket = 'plugins'): string {
  const name = `perps-connect-${digits(number, 12)}`;
  const fileKey = `perps-connect-${digits(number, 64)}.zip`;
  (objects as Map<string, Buffer>).set(`${bucket}/${fileKey}`, Buffer.from('zip'));
  const location = { s3Location: { bucketArn: `arn:aws:s3:::${bucket}`, fileKey } };
  resources.handlers.CreateCustomPlugin({ name, contentType: 'ZIP', location });
  for (const plugin of resources.plugins.values()) plugin.state = 'ACTIVE';
  return name;
}

function addConfiguration({ resources }: FakeMsk, stem: string, number: number): string {
  const name = `${stem}-${digits(number, 12)}`;
  resources.handlers.CreateWorkerConfiguration({ name, propertiesFileContent: PROPERTIES });
  return name;
}

/** A sink that runs, and what earlier deploys of it and of others have left. */
async function withLeftovers() {
  const project = await createMskProject();
  const { fake } = project;
  const old = [1, 2, 3].map((number) => addPlugin(fake, number));
  const foreign = [addPlugin(fake, 4, 'bucket-of-others')];
  const configurations = [1, 2, 3].map((number) => addConfiguration(fake, 'positions-sink', number));
  const funding = addConfiguration(fake, 'funding-payments-sink', 1);
  addConfiguration(fake, 'sink-of-others', 1);
  await project.deploy();
  const [live = ''] = [...fake.resources.plugins.keys()].filter((name) => ![...old, ...foreign].includes(name));
  return { project, old, foreign, configurations, funding, live };
}

const prune = async (project: MskProject, ...args: string[]) => {
  const { code, stdout, stderr } = await project.run('msk', 'prune', '-o', 'json', ...args);
  return { code, stderr, document: JSON.parse(stdout) };
};
const deletes = ({ fake }: MskProject) => fake.calls.filter((call) => /^(Delete|DELETE)/.test(call));

test('what no connector uses goes, but for the newest of each; what others have made stays', SLOW, async () => {
  const { project, old, foreign, configurations, funding, live } = await withLeftovers();
  const { code, document } = await prune(project, '--keep', '1', '--yes');
  expect(code).toBe(0);
  const gone = document.removed.map(({ name }: { name: string }) => name);
  expect(gone.toSorted()).toEqual([old[0], old[1], configurations[0], configurations[1]].toSorted());
  const { plugins } = project.fake.resources;
  expect([...plugins.keys()].toSorted()).toEqual([old[2], live, ...foreign].toSorted());
  expect([...project.fake.resources.configurations.keys()]).toEqual(
    expect.arrayContaining([funding, configurations[2]]),
  );
  const zips = [...project.fake.objects.keys()].filter((key) => key.startsWith('plugins/'));
  expect(zips).toHaveLength(2);
  expect(document.quotas).toMatchObject([
    { kind: 'plugin', used: 5, after: 3, limit: 100 },
    { kind: 'worker configuration', used: 6, after: 4 },
  ]);
  expect((await prune(project, '--keep', '1', '--yes')).document.removed).toEqual([]);
});

test('nothing goes before it is agreed to, and a dry run only shows it', SLOW, async () => {
  const { project, old, live } = await withLeftovers();
  const refused = await prune(project);
  expect(refused.code).toBe(64);
  expect(refused.stderr).toContain(`- plugin ${old[0]}  nothing uses it, created 2026-01-01; s3://plugins/`);
  const { code, stdout } = await project.run('msk', 'prune', '--dry-run');
  expect(code).toBe(0);
  expect(stdout).toContain(`= plugin ${live}  used by positions-sink`);
  expect(stdout).toContain(`= plugin ${old[2]}  nothing uses it; kept for a rollback (1 of 2)`);
  expect(stdout).toContain('plugins: 5 of about 100 used in this account and region, 4 afterwards');
  expect(deletes(project)).toEqual([]);
});

test('a zip that may not be deleted is named, and the plugin is gone all the same', SLOW, async () => {
  const { project, old } = await withLeftovers();
  project.fake.faults.s3 = {
    method: 'DELETE',
    status: 403,
    headers: {},
    body: '<Error><Code>AccessDenied</Code></Error>',
  };
  const { code, stdout } = await project.run('msk', 'prune', '--yes');
  expect(code).toBe(0);
  expect(stdout).toContain(`- plugin ${old[0]}  deleted`);
  expect(stdout).toMatch(/! s3:\/\/plugins\/perps-connect-0+1\.zip stays: S3 could not delete/);
  expect(project.fake.resources.plugins.has(old[0] ?? '')).toBe(false);
});

test('what a stopped sink is created from again stays', SLOW, async () => {
  const { project, live } = await withLeftovers();
  expect((await project.run('stop', '--only', 'positions')).code).toBe(0);
  const { code, document } = await prune(project, '--keep', '0', '--yes');
  expect(code).toBe(0);
  expect(document.parts).toContainEqual(
    expect.objectContaining({ name: live, action: 'keep', reason: 'used by positions-sink' }),
  );
  const { plugins, configurations } = project.fake.resources;
  expect([...plugins.keys()]).toContain(live);
  expect([...configurations.keys()].filter((name) => name.startsWith('positions-sink-'))).toHaveLength(1);
});

test('what the files want stays, although no connector uses it yet', SLOW, async () => {
  const { project, live } = await withLeftovers();
  project.fake.resources.handlers.DeleteCustomPlugin({
    customPluginArn: project.fake.resources.plugins.get(live)?.arn,
  });
  const [connector] = project.fake.connectors.values();
  delete connector?.settings.workerConfiguration;
  const { document } = await prune(project, '--keep', '0', '--dry-run');
  const wanted = document.parts.filter(({ reason }: { reason: string }) => reason === 'the files want it');
  expect(wanted).toMatchObject([{ kind: 'worker configuration', action: 'keep' }]);
});

test('while a sink is being changed nobody knows what it will use', SLOW, async () => {
  const { project } = await withLeftovers();
  for (const connector of project.fake.connectors.values()) connector.state = 'UPDATING';
  const { code, document } = await prune(project, '--yes');
  expect(code).toBe(1);
  expect(document.error).toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining('positions-sink is UPDATING'),
  });
  expect(deletes(project)).toEqual([]);
});

test('it is for MSK Connect', SLOW, async () => {
  const project = await createMskProject();
  const { code, stderr } = await runInProcess(['msk', 'prune', '-e', 'local'], { cwd: project.root, env: {} });
  expect([code, stderr]).toEqual([64, expect.stringContaining('is not on MSK Connect')]);
});

test('a quota that is used up is told as that, with the command that makes room', SLOW, async () => {
  const project = await createMskProject();
  project.fake.resources.limits.plugins = 0;
  await expect(project.deploy()).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining('Limit exceeded: custom plugins.'),
    hint: expect.stringContaining('`connect msk prune`'),
  });
});
