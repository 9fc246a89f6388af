import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { type CliOptions, startCli, succeed } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import { copyProject } from '../../support/project.ts';
import { createStackFolder, removeStackFolder } from '../../support/stack-folder.ts';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(packageRoot(), 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/**
 * Needs a Docker engine, which a machine that runs these tests need not have. test/unit/stack/docker tests what can be
 * tested without, and the environment's commands are the same as those of the embedded stack.
 */
const NEEDS_DOCKER = /--docker\b|-e docker\b/;

/**
 * Needs an AWS account, which a machine that runs these tests need not have. The same command is run on the local stack,
 * and what it does on MSK is tested against a stand-in for the service.
 */
const NEEDS_AWS = / -e production$/;
const NEEDS_AWS_ITSELF = ['msk prune -e production --dry-run'];
const runsElsewhere = (command: string): boolean =>
  NEEDS_AWS_ITSELF.includes(command) || (NEEDS_AWS.test(command) && WALK.includes(command.replace(NEEDS_AWS, '')));

/** The environment that docs/msk.md shows, for a project's connect.yaml. */
function documentedEnvironment(): string {
  const text = readFileSync(join(packageRoot(), 'docs/msk.md'), 'utf8');
  const [, environment] = /```yaml\nenvironments:\n([\s\S]*?)```/.exec(text) ?? [];
  if (environment === undefined) throw new Error('docs/msk.md shows no environment');
  return environment;
}

/** Every `pnpm connect …` and `npx perps-connect …` that a document tells people to run. */
function documented(): string[] {
  const commands = documents.flatMap((file) => {
    const text = readFileSync(join(packageRoot(), file), 'utf8');
    return [...text.matchAll(/`(?:(?:npx -y )?pnpm connect|npx perps-connect) ([^`]+)`/g)].map(
      (match) => match[1] as string,
    );
  });
  return [...new Set(commands)].filter((command) => !/[A-Z…]{2,}|…/.test(command)).sort();
}

/** Commands that serve until they are stopped, and what they say once they do. Of several the last goes on. */
const SERVERS: Record<string, RegExp> = { simulate: /PositionFeed/ };

/** Looks after what the commands before it have left, which may be something that it has to tell: exit code 3. */
async function runWatch(words: readonly string[], options: CliOptions): Promise<void> {
  const watch = startCli(words, options);
  await eventually(() => expect(watch.output.stdout).toContain('watch.leads'), { timeoutMs: 30_000 });
  if (!words.includes('--once')) watch.child.kill('SIGTERM');
  expect([0, 3]).toContain((await watch.ended).code);
  expect(watch.output.stdout).toContain('watch.ended');
}

/** The order in which a newcomer meets them: each finds what the ones before it have made. */
const WALK = [
  'init my-project',
  'upgrade --diff',
  'upgrade',
  'init stream trades',
  'check',
  'start --fresh',
  'up --fresh',
  'up',
  'migrate up',
  'migrate status',
  'migrate up --roles external',
  'migrate status --roles external',
  'psql',
  'schemas register',
  'render',
  'render --explain',
  'plugin build',
  'acl',
  'acl --role producer --principal User:perps-producer',
  'msk iam-policy -e production --role worker',
  'msk iam-policy -e production --role deployer',
  'msk alarms -e production',
  'msk alarms --watch -e production',
  'plan',
  'deploy',
  'plan --check',
  'check --live',
  'plan --prune',
  'deploy --prune',
  'plan --out next.plan',
  'deploy --plan next.plan',
  'status',
  'status positions',
  'simulate positions',
  'simulate',
  'produce',
  'produce --accept-gap',
  'verify',
  'rebuild',
  'prune --before 2026-01-24 --dry-run',
  'quarantine --dry-run',
  'quarantine',
  'dlq list',
  'dlq show',
  'dlq replay',
  'rejected list',
  'rejected show',
  'rejected replay',
  'doctor',
  'watch',
  'watch --once',
  'watch --partitions',
  'pause',
  'stop',
  'resume',
  'restart',
  'restart --failed',
  'offsets get',
  'offsets reset --to earliest',
  'delete',
  'logs connect',
  'migrate down',
  'down',
];

describe('the documents', () => {
  let root: string;
  let options: CliOptions;

  beforeAll(async () => {
    root = createStackFolder();
    copyProject(root);
    appendFileSync(join(root, 'connect.yaml'), documentedEnvironment());
    const ports = await freePorts(5);
    const names = ['KAFKA', 'REGISTRY', 'POSTGRES', 'CONNECT', 'FEED'];
    const settings = Object.fromEntries(names.map((name, index) => [`CONNECT_PORT_${name}`, String(ports[index])]));
    options = { cwd: root, env: { ...process.env, ...settings } };
  });
  afterAll(() => removeStackFolder(root));

  it('name no command that this test does not run', () => {
    const isCovered = (command: string) =>
      WALK.includes(command) || NEEDS_DOCKER.test(command) || runsElsewhere(command);
    expect(documented().filter((command) => !isCovered(command))).toEqual([]);
  });

  it('name only commands that work, one after the other on one stack', async () => {
    let feed: ReturnType<typeof startCli> | undefined;
    try {
      for (const command of WALK) {
        const words = command.split(' ');
        const ready = SERVERS[words[0] ?? ''];
        if (ready !== undefined) {
          feed?.child.kill('SIGTERM');
          await feed?.ended;
          feed = startCli([...words, '--updates', '500'], options);
          await eventually(() => expect(feed?.output.stdout).toMatch(ready), { timeoutMs: 30_000 });
        } else if (words[0] === 'watch') await runWatch(words, options);
        else if (words[0] === 'start') await succeed([...words, '--updates', '500'], options);
        else if (words[0] === 'produce') await succeed([...words, '--end-with-feed'], options);
        else if (/^(offsets reset|delete)\b/.test(command)) await succeed([...words, '--yes'], options);
        else if (words[0] === 'verify') await succeed([...words, '--wait', '60s'], options);
        else if (command === 'migrate down' || command === 'deploy') await succeed([...words, '--yes'], options);
        else await succeed(words, options);
      }
    } finally {
      feed?.child.kill('SIGTERM');
      expect((await feed?.ended)?.code).toBe(0);
    }
  }, 600_000);
});
