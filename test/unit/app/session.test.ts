import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { renderSinks } from '../../../app/render.ts';
import { openEnvironment, openProject, type Runtime } from '../../../app/session.ts';
import { copyProject } from '../../support/project.ts';
import { scratchFolder } from '../../support/scratch.ts';

describe('a session', () => {
  let root: string;
  let learned: string[];
  const runtime = (env: NodeJS.ProcessEnv = {}): Runtime => ({
    cwd: join(root, 'schemas'),
    env,
    signal: new AbortController().signal,
    learn: (secrets) => void learned.push(...secrets),
  });
  const open = (env: NodeJS.ProcessEnv, only?: string[]) =>
    openEnvironment(openProject(runtime(env)), 'compose', { ...runtime(env), only });

  beforeEach(() => {
    root = scratchFolder();
    learned = [];
    copyProject(root);
  });

  it('finds the project from any folder in it', () => {
    expect(openProject(runtime()).root).toBe(root);
  });

  it('needs no secret until a part is asked for that has one', () => {
    const session = open({});
    expect(renderSinks(session).map(({ name }) => name)).toEqual(['funding-payments-sink', 'positions-sink']);
    expect(() => session.asSink).toThrow(/PERPS_WORKER_PASSWORD is not set/);
  });

  it('tells every secret of project and stack before a verb can print it', () => {
    mkdirSync(join(root, '.connect'));
    writeFileSync(join(root, '.connect', 'secrets.properties'), 'superuser.password=of-the-stack\n');
    const session = open({ PERPS_WORKER_PASSWORD: 'of-the-database' });
    expect(learned).toEqual(expect.arrayContaining(['of-the-stack', 'of-the-database']));
    expect(session.asSink.password).toBe('of-the-database');
    expect(session.scrub('password of-the-database')).not.toContain('of-the-database');
  });

  it('tells the lines of the private keys that connect.yaml names, and the fields of the records', () => {
    const file = join(root, 'connect.yaml');
    const text = readFileSync(file, 'utf8').replace(
      "kafka: { brokers: ['kafka:9092']",
      "kafka: { ssl: { certificate: c.pem, key: k.pem }, brokers: ['kafka:9092']",
    );
    writeFileSync(file, text);
    writeFileSync(join(root, 'k.pem'), '-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhki\n-----END PRIVATE KEY-----\n');
    const fields: string[] = [];
    openProject({
      ...runtime(),
      learn: (secrets, names = []) => {
        learned.push(...secrets);
        fields.push(...names);
      },
    });
    expect(learned).toContain('MIIEvAIBADANBgkqhki');
    expect(fields).toContain('position_account');
  });

  it('is about the streams that were selected, in the order of the project', () => {
    expect(open({}).streams.map(({ name }) => name)).toEqual(['funding_payments', 'positions']);
    expect(open({}, ['positions']).streams.map(({ name }) => name)).toEqual(['positions']);
    expect(() => open({}, ['position']).streams).toThrow(/no stream "position"; did you mean "positions"\?/);
  });

  it('of a project without streams opens for verbs that need none', () => {
    const session = openEnvironment({ ...openProject(runtime()), streams: [] }, undefined, runtime());
    expect(session.environment.name).toBe('local');
    expect(() => session.streams).toThrow(/no stream is defined/);
  });

  it('has one Kafka connection, because that keeps the brokers which a cluster has told', () => {
    const session = open({});
    expect(session.kafka).toBe(session.kafka);
  });

  it('reads a stream’s schema from the project', () => {
    const session = open({}, ['positions']);
    const [positions] = session.streams;
    if (positions === undefined) throw new Error('no stream positions');
    expect(session.schema(positions).text).toBe(readFileSync(join(root, 'schemas/position-update.avsc'), 'utf8'));
  });
});
