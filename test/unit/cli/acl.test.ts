import { expect, test } from 'vitest';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createMskProject } from '../../support/msk/msk-project.ts';

const acl = (...args: string[]) => runInProcess(['acl', '--only', 'positions', ...args], { cwd: process.cwd() });

test('one role is printed as commands for Kafka, for the principal of the flag', async () => {
  const { code, stdout } = await acl('--role', 'sink', '--principal', "User:CN=o'neill,O=Perps");
  expect(code).toBe(0);
  const add =
    "kafka-acls.sh --bootstrap-server 127.0.0.1:19392 --command-config admin.properties --add --allow-principal 'User:CN=o'\\''neill,O=Perps'";
  expect(stdout.trimEnd().split('\n')).toEqual([
    '# sink (local)',
    `${add} --operation Read --topic positions`,
    `${add} --operation Delete --operation Read --group connect-positions-sink`,
  ]);
});

test('watch may not read the records of the stream, and only old brokers ask for a right of the cluster', async () => {
  const of = async (...args: string[]) => JSON.parse((await acl('-o', 'json', ...args)).stdout).roles;
  const [watch] = await of('--role', 'watch');
  expect(watch.acls[0]).toEqual({
    resourceType: 'Topic',
    resourceName: 'positions',
    patternType: 'Literal',
    operations: ['Describe', 'DescribeConfigs'],
  });
  const cluster = (role: { acls: { resourceType: string }[] }) =>
    role.acls.find(({ resourceType }) => resourceType === 'Cluster');
  expect(cluster(watch)).toBeUndefined();
  const [old] = await of('--role', 'watch', '--idempotent-write');
  expect(cluster(old)).toMatchObject({ operations: ['IdempotentWrite'] });
});

test('a principal is one login, of one role', async () => {
  expect(await acl('--principal', 'User:perps')).toMatchObject({ code: 64 });
  expect(await acl('--role', 'sink', '--principal', 'User:*')).toMatchObject({ code: 64 });
});

test('on MSK Connect commands set the offsets of groups themselves', { timeout: 60_000 }, async () => {
  const project = await createMskProject();
  const { stdout } = await project.run('acl', '--role', 'operator', '--only', 'positions', '-o', 'json');
  const [{ acls }] = JSON.parse(stdout).roles;
  const group = acls.find(({ resourceName }: { resourceName: string }) => resourceName === 'connect-positions-sink');
  expect(group.operations).toEqual(['Delete', 'Read']);
  expect(project.fake.calls).toEqual([]);
});
