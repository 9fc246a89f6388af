import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { planUpgrade } from '../../../app/upgrade.ts';
import { checkProject } from '../../../contract/check.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { loadProject } from '../../../pipeline/load.ts';
import { leafCommands } from '../../support/command-tree.ts';

interface Script {
  readonly EXAMPLES: Readonly<Record<string, object>>;
  readonly commandsOf: (readme: string) => string[];
}
interface Job {
  readonly environment?: string;
  readonly if?: string;
  readonly steps: readonly { readonly run?: string; readonly env?: Readonly<Record<string, string>> }[];
}

const folder = join(packageRoot(), 'examples');
const textOf = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');
const { EXAMPLES, commandsOf } = (await import(
  new URL('../../../scripts/examples.mjs', import.meta.url).href
)) as Script;
/** Files of the package that an example has beside its own. */
const COPIES = [
  ['schemas/feed.proto', 'schemas/feed.proto'],
  ['feeds/bank-feed.proto', 'schemas/bank-feed.proto'],
] as const;
const names = Object.keys(EXAMPLES);
const inFolder = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

it('are all run by `pnpm examples`, and listed', () => {
  expect(inFolder.map(({ name }) => name).sort()).toEqual(names.sort());
  for (const name of names) expect(textOf('README.md')).toContain(`](${name}/README.md)`);
});

describe.each(names)('%s', (name) => {
  const root = join(folder, name);
  const commands = commandsOf(textOf(name, 'README.md'));

  it('passes the check, and is as this version of the package makes a project', { timeout: 120_000 }, async () => {
    expect((await checkProject(root, {})).filter(({ severity }) => severity !== 'note')).toEqual([]);
    expect(planUpgrade({ cwd: root, env: {} })).toMatchObject({ files: [], edited: [] });
    for (const [copy, original] of COPIES)
      if (existsSync(join(root, copy)))
        expect(textOf(name, copy)).toBe(readFileSync(join(packageRoot(), original), 'utf8'));
  });

  it('has commands and scripts that there are, and installs before it runs', () => {
    const { scripts } = JSON.parse(textOf(name, 'package.json')) as { scripts: Record<string, string> };
    const known = leafCommands().map(({ path }) => path.join(' '));
    expect(commands.length).toBeGreaterThan(5);
    expect(commands[0]).toBe('npm install');
    for (const command of commands.slice(1)) {
      const [, verb, script = verb] = /^npm (?:run )?(\w+)|^/.exec(command) ?? [];
      const words = /^npx perps-connect (.*)/.exec(command)?.[1] ?? '';
      const isKnown =
        scripts[script ?? ''] !== undefined ||
        known.some((one) => `${words} `.startsWith(`${one} `)) ||
        /^curl /.test(command);
      expect(isKnown, command).toBe(true);
    }
  });

  it('keeps secrets and what a run leaves out of git', () => {
    expect(textOf(name, '.gitignore')).toMatch(/^node_modules\/\n\.connect\/\n\.env\n/);
    expect(existsSync(join(root, '.env'))).toBe(false);
  });
});

describe('two environments', () => {
  const jobs = (workflow: string) =>
    (parse(textOf('two-environments', '.github/workflows', `${workflow}.yml`)) as { jobs: Record<string, Job> }).jobs;
  const runs = (job: Job | undefined): string[] =>
    (job?.steps ?? []).flatMap(({ run }) => run?.match(/npx perps-connect .*/g) ?? []);
  const readme = commandsOf(textOf('two-environments', 'README.md'));
  const { environments } = loadProject(join(folder, 'two-environments'), {});

  it('the workflows run what the README shows', () => {
    const shown = readme.map((command) => command.replace('$(jq -r .checksum production.plan)', '$DIGEST'));
    const { plan, deploy } = jobs('production');
    const all = [...runs(jobs('staging').deploy), ...runs(plan), ...runs(deploy)].filter((run) => !/ check /.test(run));
    expect(all).toHaveLength(9);
    expect(all.map((run) => run.replace(/ > plan\.txt$/, '')).filter((run) => !shown.includes(run))).toEqual([]);
  });

  it('what meets the logins of production is in `main`, and the plan is made by logins that only read', () => {
    const { plan, deploy } = jobs('production');
    expect(plan?.if).toContain("github.head_ref == 'main'");
    expect([plan?.environment, deploy?.environment]).toEqual(['production-plan', 'production']);
    const given = (plan?.steps ?? []).flatMap(({ env }) => Object.keys(env ?? {}));
    expect(given.filter((name) => /DATABASE|WORKER/.test(name))).toEqual([]);
  });

  it('no login of one environment is one of the other', () => {
    const logins = ['staging', 'production'].map((name) => {
      const { database } = environments[name] ?? {};
      return [database?.user, database?.migrator?.user, database?.reader?.user];
    });
    expect(new Set(logins.flat()).size).toBe(6);
    for (const [index, name] of ['staging', 'production'].entries()) {
      for (const login of logins[index] ?? [])
        expect(textOf('two-environments', 'logins', `${name}.sql`)).toContain(`CREATE ROLE ${login} LOGIN;`);
    }
  });
});
