import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mayReadFile, mayReadVariable } from '../../../pipeline/secret-rules.ts';
import { resolveSecret } from '../../../pipeline/secrets.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { complaints, projectFolder } from './project-folder.ts';

const reference = (inside: string): string => `$\{${inside}}`;

const remote = (registry: string, top = ''): string => `default: prod
${top}
environments:
  prod:
    kafka: { brokers: ['b:9092'], ssl: true }
    registry: { url: 'https://r', username: u, password: '${registry}' }
    database: { host: db, name: perps, user: app, password: '${reference('env:PERPS_DATABASE_PASSWORD')}' }
    connect: { target: rest, url: 'https://c' }
    worker: { databasePassword: '${reference('env:ANY_NAME_OF_THE_WORKER')}' }
    feed: { address: 'f:443' }
`;

const complaintsOf = (registry: string, top?: string): string[] =>
  complaints({ 'connect.yaml': remote(registry, top) });

describe('references of connect.yaml', () => {
  it.each([
    ['a variable of this package', 'env:PERPS_REGISTRY', undefined],
    ['a file of the project', 'file:secrets/a.properties:k', undefined],
    ["the local stack's own file", 'file:.connect/secrets.properties:k', 'secrets: { files: [".env"] }'],
    ["the password of PostgreSQL's own clients", 'env:PGPASSWORD', undefined],
    ['a variable by its name', 'env:KAFKA_PASSWORD', 'secrets: { environment: [KAFKA_PASSWORD, "PERPS_*"] }'],
    ['a variable by its beginning', 'env:TEAM_REGISTRY', 'secrets: { environment: ["TEAM_*", "PERPS_*"] }'],
    [
      'the login of a tool by its name',
      'env:AWS_SECRET_ACCESS_KEY',
      'secrets: { environment: [AWS_SECRET_ACCESS_KEY, "PERPS_*"] }',
    ],
    ['a file elsewhere that is listed', 'file:/run/secrets/perps:k', 'secrets: { files: [/run/secrets/] }'],
  ])('may read %s', (_what, inside, top) => {
    expect(complaintsOf(reference(inside), top)).toEqual([]);
  });

  it.each([
    [
      'env:AWS_SECRET_ACCESS_KEY',
      '',
      "connect.yaml:6:58  environments.prod.registry.password reads the variable AWS_SECRET_ACCESS_KEY, which is not allowed; write at the top: secrets: { environment: ['AWS_SECRET_ACCESS_KEY', 'PERPS_DATABASE_PASSWORD'] }",
    ],
    ['env:PGPASSWORD', 'secrets: { environment: ["PERPS_*"] }', "add 'PGPASSWORD' to secrets.environment"],
    ['env:AWS_SESSION_TOKEN', 'secrets: { environment: ["A*", "PERPS_*"] }', "add 'AWS_SESSION_TOKEN' to"],
    [
      'file:/etc/x.properties:k',
      '',
      "reads /etc/x.properties, which is not allowed; write at the top: secrets: { files: ['/etc/x.properties'] }",
    ],
    ['file:../../.aws/credentials:aws_secret_access_key', '', 'which is not allowed'],
    ['file:secrets/../../x:k', 'secrets: { files: ["secrets/"] }', 'which is not allowed'],
    ['file:secretsx:k', 'secrets: { files: ["secrets/"] }', "add 'secretsx' to secrets.files"],
  ])('may not read %s', (inside, top, message) => {
    const problems = complaintsOf(reference(inside), top);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('a pattern has a beginning', () => {
    expect(complaintsOf(reference('env:PERPS_X'), 'secrets: { environment: ["*"] }')[0]).toContain(
      'the beginning of one and a star',
    );
  });
});

describe('when a reference is resolved', () => {
  it('the same holds, whoever has written it', () => {
    const sources = { root: '/', env: { AWS_SECRET_ACCESS_KEY: 'a-long-value' }, rules: {} };
    expect(() => resolveSecret(reference('env:AWS_SECRET_ACCESS_KEY'), sources)).toThrow(
      'does not allow AWS_SECRET_ACCESS_KEY',
    );
    expect(() => resolveSecret(reference('file:/etc/passwd:root'), sources)).toThrow('does not allow /etc/passwd');
  });

  it('a link that leads out of the project is not followed, unless its end is listed', () => {
    const outside = scratchFolder();
    writeFileSync(join(outside, 'x.properties'), 'k=a-long-value\n');
    const root = projectFolder({ 'real.properties': 'k=a-long-value\n' });
    mkdirSync(join(root, 'secrets'));
    symlinkSync(join(outside, 'x.properties'), join(root, 'secrets', 'out'));
    symlinkSync(outside, join(root, 'folder'));
    symlinkSync(join(root, 'real.properties'), join(root, 'secrets', 'in'));
    const read = (path: string, files?: string[]) =>
      resolveSecret(reference(`file:${path}:k`), { root, env: {}, rules: { files } });
    expect(read('secrets/in')).toBe('a-long-value');
    expect(() => read('secrets/out')).toThrow(`does not allow ${join(outside, 'x.properties')}`);
    expect(() => read('folder/x.properties')).toThrow('does not allow');
    expect(() => read('secrets/out', ['secrets/out'])).toThrow('does not allow');
    expect(read('secrets/out', ['secrets/', `${outside}/`])).toBe('a-long-value');
  });

  it('a value that no output could be kept free of is refused, without its value', () => {
    const sources = { root: '/', env: { PERPS_A: 'hunter2', PERPS_B: 'hunter23' }, rules: {} };
    expect(() => resolveSecret(reference('env:PERPS_A'), sources)).toThrow(/fewer than 8 characters/);
    expect(() => resolveSecret(reference('env:PERPS_A'), sources)).not.toThrow(/hunter2/);
    expect(resolveSecret(reference('env:PERPS_B'), sources)).toBe('hunter23');
  });

  it('a device is no file of properties', () => {
    expect(() => resolveSecret(reference('file:/dev/zero:k'), { root: '/', env: {} })).toThrow('no file of properties');
  });
});

it('rules by themselves', () => {
  expect(mayReadVariable({}, 'PERPS_')).toBe(true);
  expect(mayReadVariable({}, 'perps_x')).toBe(false);
  expect(mayReadFile({}, './a/../b')).toBe(true);
  expect(mayReadFile({}, 'a/../../b')).toBe(false);
  expect(mayReadFile({ files: ['./.env'] }, '.env')).toBe(true);
});
