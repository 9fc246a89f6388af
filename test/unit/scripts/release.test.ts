import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { repositoryFile } from '../../support/compose-file.ts';

interface Release {
  readonly sectionOf: (changelog: string, version: string) => string | undefined;
  readonly problemsOf: (tag: string, files: { manifest: object; changelog: string; compose: string }) => string[];
}
interface Job {
  readonly needs?: string | readonly string[];
  readonly uses?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: { readonly include: readonly { os: string; node: string }[] } };
  readonly steps?: readonly { readonly uses?: string; readonly run?: string }[];
}

const { sectionOf, problemsOf } = (await import(
  new URL('../../../scripts/release.mjs', import.meta.url).href
)) as Release;
const CHANGELOG = `# Changes

## Unreleased

- more

## 1.2.3 (2027-01-31)

Run the migrations first.

- something

## 1.2.2 (2027-01-02)

## 1.2.1

- without a date
`;
const workflow = (name: string) =>
  (parse(repositoryFile(`.github/workflows/${name}.yml`)) as { jobs: Readonly<Record<string, Job>> }).jobs;

describe('a version', () => {
  it('is told by its section of the changes', () => {
    expect(sectionOf(CHANGELOG, '1.2.3')).toBe('Run the migrations first.\n\n- something');
    for (const version of ['1.2.2', '1.2.1', '1.2', '2.0.0', 'Unreleased']) {
      expect(sectionOf(CHANGELOG, version), version).toBeUndefined();
    }
  });

  it.each([
    ['v1.2.3', '1.2.3', '1.2.3', []],
    ['v1.2.2', '1.2.2', '1.2.2', ['CHANGELOG.md has no section "## 1.2.2']],
    ['v1.2.3', '1.2.2', '1.2.2', ['package.json is at 1.2.2, not at 1.2.3']],
    ['v1.2.3', '1.2.3', '1.2.2', ['docker-compose.yml runs 1.2.2, not 1.2.3']],
    ['1.2.3', '1.2.3', '1.2.3', ['1.2.3 is no version: v1.2.3']],
    ['v1.2.3-rc.1', '1.2.3-rc.1', '1.2.3-rc.1', ['is no version', 'CHANGELOG.md has no section']],
  ])('tagged %s in package.json at %s, image %s: %j', (tag, version, image, problems) => {
    const compose = `image: perps-connect/app:${image}\nimage: perps-connect/app:${image}\n`;
    expect(problemsOf(tag, { manifest: { version }, changelog: CHANGELOG, compose })).toEqual(
      problems.map((problem) => expect.stringContaining(problem)),
    );
  });

  it('of this package has nothing in its way but its section, until it is released', () => {
    const manifest = JSON.parse(repositoryFile('package.json')) as { version: string };
    const changelog = `## ${manifest.version} (2027-01-01)\n\n- all\n`;
    const compose = repositoryFile('docker-compose.yml');
    expect(problemsOf(`v${manifest.version}`, { manifest, changelog, compose })).toEqual([]);
  });
});

test('the changes have no heading but unreleased ones and versions with their day', () => {
  const headings = [...repositoryFile('CHANGELOG.md').matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings[0]).toBe('Unreleased');
  for (const heading of headings.slice(1)) expect(heading).toMatch(/^\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)$/);
});

describe('the workflow release', () => {
  const jobs = workflow('release');
  const runs = (job: Job | undefined) => (job?.steps ?? []).flatMap(({ run = [] }) => run);

  it('publishes what was checked, tested and packed, and tells of it last', () => {
    expect(Object.fromEntries(Object.entries(jobs).map(([name, { needs = [] }]) => [name, [needs].flat()]))).toEqual({
      check: [],
      test: ['check'],
      pack: ['check'],
      publish: ['test', 'pack'],
      github: ['publish'],
    });
    expect(jobs.test?.uses).toBe('./.github/workflows/ci.yml');
    expect(runs(jobs.check)).toEqual(['node scripts/release.mjs check "$GITHUB_REF_NAME"']);
  });

  it('gives a right to the one job that needs it, which checks out and builds nothing', () => {
    const rights = Object.entries(jobs).flatMap(([name, { permissions }]) =>
      permissions ? [[name, permissions]] : [],
    );
    expect(rights).toEqual([
      ['publish', { 'id-token': 'write' }],
      ['github', { contents: 'write' }],
    ]);
    for (const job of [jobs.publish, jobs.github]) {
      expect(JSON.stringify(job)).not.toContain('checkout');
      expect(runs(job)).toHaveLength(1);
    }
    expect(runs(jobs.publish)[0]).toMatch(/^npm publish --ignore-scripts --provenance --access public /);
    expect(JSON.stringify(jobs)).not.toContain('secrets.');
  });

  it('is rehearsed on each commit, but for what needs a right', () => {
    const rehearsal = workflow('ci').package;
    for (const step of runs(rehearsal)) expect(runs(jobs.pack)).toContain(step);
    expect(rehearsal?.permissions).toBeUndefined();
  });

  it('is what docs/releasing.md tells', () => {
    const document = repositoryFile('docs/releasing.md');
    for (const name of Object.keys(jobs)) expect(document).toContain(`| \`${name}\` |`);
    for (const { os, node } of workflow('ci').test?.strategy?.matrix.include ?? []) {
      expect(document).toContain(`| ${os} | ${node} |`);
    }
    expect(document).toContain(`environment \`${jobs.publish?.environment}\``);
  });
});

test('all tests run on each Node that the package supports, and on macOS', () => {
  const { include = [] } = workflow('ci').test?.strategy?.matrix ?? {};
  const { engines } = JSON.parse(repositoryFile('package.json')) as { engines: { node: string } };
  const oldest = /^>=(\d+)/.exec(engines.node)?.[1];
  const onLinux = include.filter(({ os }) => os.startsWith('ubuntu')).map(({ node }) => node);
  expect(onLinux).toEqual([oldest, '22', '24']);
  expect(include.some(({ os }) => os.startsWith('macos'))).toBe(true);
});
