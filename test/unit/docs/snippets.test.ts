import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { packageRoot } from '../../../core/package-root.ts';
import { leafCommands } from '../../support/command-tree.ts';
import { openMigratedPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { complaints, LOCAL, POSITIONS } from '../pipeline/project-folder.ts';

const root = packageRoot();
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Pages for people. What is made from code is held by other tests, and test/e2e follows the tutorial. */
const pages = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !/^(?:reference|api)\//.test(name))
    .map((name) => join('docs', name)),
];

interface Snippet {
  /** `docs/deploy.md:29`. */
  readonly place: string;
  readonly language: string;
  /** The file that it is, where the page says so. */
  readonly title: string | undefined;
  readonly text: string;
}

const snippets: Snippet[] = pages.flatMap((page) => {
  const text = textOf(page);
  return [...text.matchAll(/^( *)```(\w+)([^\n]*)\n([\s\S]*?)^ *```/gm)].map((found) => {
    const [, indent = '', language = '', attributes = '', body = ''] = found;
    const title = /title="(.+)"/.exec(attributes)?.[1];
    const line = text.slice(0, found.index).split('\n').length;
    return { place: `${page}:${line}`, language, title, text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), '') };
  });
});
const of = (...languages: string[]) => snippets.filter(({ language }) => languages.includes(language));
const notOfTutorial = ({ place }: Snippet): boolean => !place.startsWith('docs/tutorial.md');

it('are in languages that a test reads', () => {
  // systemd: on-call.test.ts; connectors: second-store.test.ts; the others stand in the tutorial alone
  const elsewhere = ['ini', 'proto', 'json', 'text'];
  expect(
    of(...elsewhere)
      .filter(notOfTutorial)
      .map(({ place }) => place.split(':')[0]),
  ).toEqual([...Array(2).fill('docs/running.md'), ...Array(2).fill('docs/second-store.md')]);
  const known = ['sh', 'yaml', 'sql', 'ts', 'js', ...elsewhere];
  expect(snippets.filter(({ language }) => !known.includes(language))).toEqual([]);
  expect(snippets.length).toBeGreaterThan(45);
});

type Parts = Readonly<Record<string, unknown>>;

/** The environment of a page, for a part of one to be put into. */
function environmentOf(page: string): Parts {
  const snippet = of('yaml').find(({ place, text }) => place.startsWith(page) && text.startsWith('environments:'));
  const { environments } = parse(snippet?.text ?? '') as { environments: Record<string, Parts> };
  return Object.values(environments)[0] ?? {};
}

/** The project that a snippet of YAML is a part of; undefined for what is no part of one. */
function projectWith(data: Parts): Record<string, string> | undefined {
  if (data.environments !== undefined) {
    const [name] = Object.keys(data.environments as object);
    return { 'connect.yaml': stringify({ default: name, ...data }) };
  }
  if (data.secrets !== undefined) return { 'connect.yaml': LOCAL + stringify(data) };
  if (data.allow !== undefined)
    return { 'connect.yaml': LOCAL, 'connectors/positions.yaml': POSITIONS + stringify(data) };
  if (data.table !== undefined && data.name === undefined)
    return { 'connect.yaml': LOCAL, 'connectors/positions.yaml': stringify({ ...parse(POSITIONS), ...data }) };
  if (data.name !== undefined && data.sink !== undefined) {
    const { feed, schema } = data as { feed?: { proto?: string; adapter?: string }; schema: string };
    return {
      'connect.yaml': LOCAL,
      [`connectors/${data.name}.yaml`]: stringify(data),
      ...(feed === undefined ? {} : { [feed.proto ?? feed.adapter ?? '']: '' }),
      [schema]: '{}',
    };
  }
  const isPart = Object.keys(data).every((key) => ['kafka', 'registry', 'connect', 'database', 'worker'].includes(key));
  if (!isPart) return undefined;
  const isMsk = JSON.stringify(data).includes('arn:aws');
  const whole = { ...environmentOf(isMsk ? 'docs/msk.md' : 'docs/configuration.md'), ...data };
  return { 'connect.yaml': stringify({ default: 'production', environments: { production: whole } }) };
}

describe('YAML', () => {
  it.each(of('yaml').map((one) => [one.place, one] as const))('%s is what a project may say', (_place, { text }) => {
    const data = parse(text) as Parts | readonly { run: string }[];
    if (Array.isArray(data)) return expect(data.every(({ run }) => typeof run === 'string')).toBe(true);
    const project = projectWith(data as Parts);
    // Compose files, whose commands on-call.test.ts reads.
    if (project === undefined) return expect(Object.keys(data)).toEqual(['services']);
    expect(complaints(project)).toEqual([]);
  });
});

describe('commands', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const commands = leafCommands().map(({ path, command }) => ({ words: path.join(' '), command }));
  const lines = of('sh', 'yaml').flatMap(({ place, text }) => text.split('\n').map((line) => [place, line] as const));
  const ours = lines.flatMap(([place, line]) =>
    [...line.matchAll(/(?:pnpm connect|npx perps-connect|(?:&& |<\(|^)connect) ([^|)>#]+)/g)].map(
      ([, words = '']) => [place, words.trim()] as const,
    ),
  );

  it.each(ours)('%s: connect %s', (_place, line) => {
    const command = commands
      .filter(({ words }) => `${line} `.startsWith(`${words} `))
      .sort((a, b) => b.words.length - a.words.length)[0]?.command;
    const known = command?.options.flatMap(({ short, long }) => [short, long]) ?? [];
    expect(command).toBeDefined();
    expect((line.match(/(?<= )--?[a-z][\w-]*/g) ?? []).filter((flag) => !known.includes(flag))).toEqual([]);
  });

  it('of scripts are there', () => {
    const named = lines.flatMap(
      ([, line]) => line.match(/(?<=^(?:\S+=\S+ )?(?:npx -y )?pnpm )(?!connect)[\w:]+/) ?? [],
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => name !== 'install' && scripts[name] === undefined)).toEqual([]);
    const files = lines.flatMap(([, line]) => line.match(/(?<=node )scripts\/\S+/) ?? []);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

it('SQL runs on the tables of this package', { timeout: PGLITE_TIMEOUT_MS }, async () => {
  const database = await openMigratedPglite();
  try {
    await database.exec('CREATE ROLE perps LOGIN; CREATE ROLE perps_sink; CREATE ROLE perps_reader');
    for (const { place, text } of of('sql').filter(notOfTutorial))
      await database.exec(text).catch((error: Error) => {
        throw new Error(`${place}: ${error.message}`);
      });
  } finally {
    await database.close();
  }
});

it('TypeScript and JavaScript have the types that the package has', { timeout: 120_000 }, async () => {
  // Beside the installed packages, because it imports some.
  const folder = mkdtempSync(join(root, 'node_modules', '.snippets-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [index, { language, title = `${index}.${language}`, text }] of of('ts', 'js')
    .filter(notOfTutorial)
    .entries()) {
    mkdirSync(join(folder, dirname(title)), { recursive: true });
    writeFileSync(join(folder, title), text);
  }
  const paths = {
    'perps-connect': [join(root, 'app/index.ts')],
    'perps-connect/schemas/output/*.json': [join(root, 'cli/output-schemas/*.schema.json')],
  };
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { paths, noUnusedLocals: false, allowJs: true, checkJs: true },
    include: ['**/*.ts', '**/*.mjs'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  const { stdout } = await promisify(execFile)(tsc, ['-p', folder]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
});
