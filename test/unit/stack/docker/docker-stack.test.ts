import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../core/package-root.ts';
import { dockerDown, dockerUp } from '../../../../stack/docker/docker-stack.ts';
import { fakeDocker } from '../../../support/fake-docker.ts';
import { scratchFolder } from '../../../support/scratch.ts';

const listed = (name: string, state: string, port?: number) =>
  JSON.stringify({
    ID: `${name}0123456789abcdef`,
    Service: name,
    State: state,
    Health: state === 'running' ? 'healthy' : '',
    Publishers: [{ PublishedPort: 0 }, ...(port === undefined ? [] : [{ PublishedPort: port }])],
  });

/** A project's folder as far as Docker is concerned. */
function project(): string {
  const root = scratchFolder();
  for (const file of ['docker-compose.yml', '.env.example']) copyFileSync(join(packageRoot(), file), join(root, file));
  return root;
}

describe('dockerUp', () => {
  it('lets compose wait for health, and tells what runs and where', async () => {
    const root = project();
    const { env, calls } = fakeDocker(root, { ps: { stdout: `${listed('kafka', 'running', 19492)}\n` } });
    const parts = await dockerUp({ root, env });
    expect(calls().filter((call) => !call.includes(' ps '))).toEqual(['compose up --detach --wait']);
    expect(parts).toEqual([
      {
        name: 'kafka',
        container: 'kafka0123456',
        state: 'running',
        health: 'healthy',
        port: 19492,
        startedByThisCall: false,
      },
    ]);
  });

  it('also reads the list of older versions of Compose, which is one array', async () => {
    const root = project();
    const { env } = fakeDocker(root, {
      ps: { stdout: `[${listed('kafka', 'running')},${listed('migrate', 'exited')}]` },
    });
    expect((await dockerUp({ root, env })).map(({ name, port }) => [name, port])).toEqual([
      ['kafka', undefined],
      ['migrate', undefined],
    ]);
  });

  it('deletes containers of every profile and their data first when asked to start fresh', async () => {
    const root = project();
    const { env, calls } = fakeDocker(root, {});
    await dockerUp({ root, env, fresh: true });
    expect(calls()[0]).toBe('compose --profile * down --volumes');
    expect(calls()).toContain('compose up --detach --wait');
  });

  it('makes up passwords when there is no .env, for its owner alone, and keeps one that is there', async () => {
    const root = project();
    const { env } = fakeDocker(root, {});
    const notes: string[] = [];
    await dockerUp({ root, env, onNote: (note) => notes.push(note) });
    const file = join(root, '.env');
    const values = [...readFileSync(file, 'utf8').matchAll(/^PERPS_\w+=([0-9a-f]{48})$/gm)].map(([, value]) => value);
    expect([values.length, new Set(values).size]).toEqual([6, 6]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(notes).toEqual(['wrote .env with new passwords']);
    writeFileSync(file, 'PERPS_DATABASE_PASSWORD=mine\n');
    await dockerUp({ root, env });
    expect(readFileSync(file, 'utf8')).toBe('PERPS_DATABASE_PASSWORD=mine\n');
  });

  it('passes on what compose says', async () => {
    const root = project();
    const { env } = fakeDocker(root, { up: { stderr: ' Container kafka  Healthy\n' } });
    let said = '';
    await dockerUp({
      root,
      env,
      onOutput: (text) => {
        said += text;
      },
    });
    expect(said).toBe(' Container kafka  Healthy\n');
  });

  it.each([
    ['docker: unknown command: docker compose', 'ENVIRONMENT', '`docker compose` is missing or too old'],
    ["docker: 'compose' is not a docker command.", 'ENVIRONMENT', '`docker compose` is missing or too old'],
    ['unknown flag: --profile\n\nUsage:  docker [OPTIONS]', 'ENVIRONMENT', '`docker compose` is missing or too old'],
    ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock.', 'ENVIRONMENT', 'no Docker engine answers'],
    [
      'error while interpolating x: required variable PERPS_DATABASE_PASSWORD is missing a value: copy it',
      'USAGE',
      'PERPS_DATABASE_PASSWORD has no value in .env',
    ],
    ['container kafka is unhealthy', 'ENVIRONMENT', 'docker compose ps failed: container kafka is unhealthy'],
  ])('says what is wrong and what to do: %s', async (stderr, code, message) => {
    const root = project();
    const { env } = fakeDocker(root, { ps: { stderr, code: 1 } });
    await expect(dockerUp({ root, env })).rejects.toMatchObject({ code, message, hint: expect.any(String) });
  });

  it('names the program that is missing', async () => {
    const root = project();
    await expect(dockerUp({ root, env: { PATH: root } })).rejects.toMatchObject({
      code: 'ENVIRONMENT',
      message: 'there is no `docker` on the PATH',
      hint: expect.stringContaining('connect up'),
    });
  });

  it('asks for nothing where there is no compose file', async () => {
    const root = scratchFolder();
    const { env, calls } = fakeDocker(root, {});
    await expect(dockerUp({ root, env })).rejects.toMatchObject({ code: 'USAGE' });
    expect(calls()).toEqual([]);
  });
});

describe('dockerDown', () => {
  it('stops every profile and keeps the data', async () => {
    const root = project();
    const { env, calls } = fakeDocker(root, {
      ps: { stdout: `${listed('kafka', 'running')}\n${listed('grafana', 'running')}\n` },
    });
    expect(await dockerDown({ root, env })).toEqual(['kafka', 'grafana']);
    expect(calls().at(-1)).toBe('compose --profile * down');
  });
});
