import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { fakeDocker } from '../../support/fake-docker.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { scratchFolder } from '../../support/scratch.ts';

const container = (name: string, port: number) =>
  `${JSON.stringify({
    ID: `${name}0123456789abcdef`,
    Service: name,
    State: 'running',
    Health: 'healthy',
    Publishers: [{ PublishedPort: port }],
  })}\n`;

/** Runs `connect …` in a project whose Docker answers as told. */
async function connect(args: string[], answers: Parameters<typeof fakeDocker>[1]) {
  const root = scratchFolder();
  for (const file of ['docker-compose.yml', '.env.example', 'connect.yaml']) {
    copyFileSync(join(packageRoot(), file), join(root, file));
  }
  const docker = fakeDocker(root, answers);
  const result = await runInProcess(args, { cwd: root, env: docker.env });
  return { ...result, calls: docker.calls() };
}

describe('connect up --docker', () => {
  it('shows what runs and where, as `connect up` does', async () => {
    const { code, stdout, stderr } = await connect(['up', '--docker'], {
      ps: { stdout: container('kafka', 19492) + container('postgres', 19432) },
    });
    expect([code, stdout.split('\n')]).toEqual([
      0,
      [
        'PART      STATE             ADDRESS          CONTAINER',
        'kafka     running, healthy  127.0.0.1:19492  kafka0123456',
        'postgres  running, healthy  127.0.0.1:19432  postgres0123',
        '',
      ],
    ]);
    expect(stderr).toContain('everything was running already; use it with `-e docker`');
  });

  it('says the same in JSON', async () => {
    const { stdout } = await connect(['up', '--docker', '-o', 'json'], { ps: { stdout: container('kafka', 19492) } });
    expect(JSON.parse(stdout)).toEqual({
      parts: [
        {
          name: 'kafka',
          container: 'kafka0123456',
          state: 'running',
          health: 'healthy',
          port: 19492,
          startedByThisCall: false,
        },
      ],
    });
  });

  it('fails with what Docker lacks and the way without it', async () => {
    const stderrOfDocker = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.';
    const { code, stderr } = await connect(['up', '--docker'], { ps: { stderr: stderrOfDocker, code: 1 } });
    expect(code).toBe(1);
    expect(stderr).toContain('✗ no Docker engine answers');
    expect(stderr).toContain('`connect up` needs no Docker');
  });

  it('takes no environment: docker is the one', async () => {
    const { code, stderr, calls } = await connect(['up', '--docker', '-e', 'local'], {});
    expect([code, calls]).toEqual([64, []]);
    expect(stderr).toContain("'--docker' cannot be used with option '-e, --env <name>'");
  });
});

describe('connect down --docker', () => {
  it('stops every profile and names what it stopped', async () => {
    const { stderr, calls } = await connect(['down', '--docker'], { ps: { stdout: container('kafka', 19492) } });
    expect(calls.at(-1)).toBe('compose --profile * down');
    expect(stderr).toContain('stopped kafka');
  });
});
