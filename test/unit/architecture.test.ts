import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** Which rooms each room may import. `bench` and `test` may import every room. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  pipeline: ['core'],
  schemas: ['core', 'pipeline'],
  producer: ['core', 'pipeline', 'schemas'],
  connectors: ['core', 'pipeline', 'schemas'],
  migrations: ['core'],
  contract: ['core', 'pipeline', 'schemas', 'connectors', 'migrations'],
  operate: ['core', 'pipeline', 'schemas', 'producer', 'connectors', 'migrations', 'contract'],
  stack: ['core'],
  app: ['core', 'pipeline', 'schemas', 'producer', 'connectors', 'migrations', 'contract', 'operate', 'stack'],
};

/** Packages with one importer each: the adapter that hides them. Their types may be named anywhere. */
const ADAPTERS: Record<string, readonly string[]> = {
  axios: ['core/http.ts'],
  pg: ['core/postgres.ts'],
  'libpg-query': ['contract/sql-parser.ts'],
  'prom-client': ['core/metrics.ts'],
};

/** Packages of which not even a type is named outside of one folder. */
const HIDDEN: readonly (readonly [packages: RegExp, folder: string])[] = [
  [/^kafkajs$/, 'core/'],
  [/^@aws-sdk\/|^aws-/, 'connectors/msk/sdk/'],
];

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function sourcesOf(room: string): string[] {
  return readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(room, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm,
  );
  return [...statements].map((match) => ({
    file,
    specifier: match[2] ?? match[3] ?? '',
    typeOnly: match[1] !== undefined,
  }));
}

/** Without what stands in comments. */
const codeOf = (file: string): string => readFileSync(join(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');

const roomOf = (file: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? relative(root, resolve(root, file, '..', specifier)).split('/')[0] : undefined;

const rooms = Object.keys(MAY_IMPORT).filter((room) =>
  readdirSync(root, { withFileTypes: true }).some((entry) => entry.isDirectory() && entry.name === room),
);

/** Every source file of the package and what it imports of it, types included. */
const graph = new Map(
  [...rooms, 'cli']
    .flatMap(sourcesOf)
    .map((file) => [
      file,
      importsOf(file).flatMap(({ specifier }) =>
        specifier.startsWith('.') ? [relative(root, resolve(root, file, '..', specifier))] : [],
      ),
    ]),
);

/** The first way along imports that ends where it began. */
function findCircle(): string[] | undefined {
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    way.push(file);
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next);
      if (circle !== undefined) return circle;
    }
    way.pop();
    done.add(file);
    return undefined;
  };
  return [...graph.keys()].map(visit).find((circle) => circle !== undefined);
}

describe('the rooms', () => {
  it('import each other in no circle, types included', () => {
    expect(graph.size).toBeGreaterThan(300);
    expect(findCircle()).toBeUndefined();
  });

  it('tell targets apart in one place outside of connectors/msk', () => {
    const branching = [...graph.keys()].filter(
      (file) =>
        !file.startsWith('connectors/msk/') && /[!=]== '(?:msk|rest)'/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(branching).toEqual(['app/choose-host.ts']);
  });

  it.each(rooms)('%s imports only the rooms it may', (room) => {
    const allowed = [room, ...(MAY_IMPORT[room] ?? [])];
    const wrong = sourcesOf(room)
      .flatMap(importsOf)
      .filter(({ file, specifier }) => {
        const target = roomOf(file, specifier);
        return target !== undefined && !allowed.includes(target);
      });
    expect(wrong).toEqual([]);
  });

  it('are described as they are held: docs/architecture.md lists the same imports', () => {
    const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    const names = (cell = '') => [...cell.matchAll(/`(\w+)\/`/g)].map(([, name = '']) => name);
    const above: string[] = [];
    for (const [, room = '', cell] of text.matchAll(/^\| `(\w+)\/` \|.*\| ([^|]*) \|$/gm)) {
      if (room !== 'cli') {
        const listed = cell === 'all rooms above' ? [...above] : names(cell);
        expect({ [room]: listed.sort() }).toEqual({ [room]: [...(MAY_IMPORT[room] ?? [])].sort() });
      }
      above.push(room);
    }
    expect(above.sort()).toEqual([...Object.keys(MAY_IMPORT), 'cli'].sort());
  });

  it.each(Object.entries(ADAPTERS))('only its adapter imports the package %s', (name, adapters) => {
    const users = [...rooms, 'cli']
      .flatMap(sourcesOf)
      .flatMap(importsOf)
      .filter(({ specifier, typeOnly }) => specifier === name && !typeOnly)
      .map(({ file }) => file);
    expect(users.filter((file) => !adapters.includes(file))).toEqual([]);
  });

  it.each(HIDDEN)('packages %s are named, types included, only in %s', (packages, folder) => {
    const users = [...rooms, 'cli', 'bench']
      .flatMap(sourcesOf)
      .flatMap(importsOf)
      .filter(({ specifier }) => packages.test(specifier))
      .map(({ file }) => file);
    expect(users.filter((file) => !file.startsWith(folder))).toEqual([]);
  });

  it('no room but cli writes to the console or reads the process environment', () => {
    const wrong = rooms
      .flatMap(sourcesOf)
      .filter((file) => /\bconsole\.|process\.(env|argv|exit)\b/.test(codeOf(file)));
    expect(wrong).toEqual([]);
  });

  it('cli imports app and core, and types of pipeline', () => {
    const wrong = sourcesOf('cli')
      .flatMap(importsOf)
      .filter(({ file, specifier, typeOnly }) => {
        const room = roomOf(file, specifier);
        return room !== undefined && !['cli', 'app', 'core', ...(typeOnly ? ['pipeline'] : [])].includes(room);
      });
    expect(wrong).toEqual([]);
  });

  it('app knows no command line: it reads no process, draws nothing and parses no flags', () => {
    const wrong = sourcesOf('app').filter((file) =>
      /\bprocess\.|from '(commander|@commander-js|node:readline\/promises)'/.test(codeOf(file)),
    );
    expect(wrong).toEqual([]);
  });

  it('AWS packages are loaded only when used', () => {
    const eager = rooms
      .flatMap(sourcesOf)
      .filter((file) => /^import\s+(?!type\b)[^;]*from '@aws-sdk\//m.test(readFileSync(join(root, file), 'utf8')));
    expect(eager).toEqual([]);
  });
});

describe('the packages', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies: Record<string, string>;
    readonly peerDependencies: Record<string, string>;
    readonly devDependencies: Record<string, string>;
  };
  const installed = { ...manifest.dependencies, ...manifest.peerDependencies };
  const packageOf = (specifier: string) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '';
  const used = [...graph.keys(), ...sourcesOf('bench')]
    .flatMap(importsOf)
    .filter(({ specifier }) => !/^(?:\.|node:)/.test(specifier));

  it('that are installed with this one are imported by it', () => {
    const names = new Set(used.filter(({ typeOnly }) => !typeOnly).map(({ specifier }) => packageOf(specifier)));
    const mentioned = (name: string) =>
      [...graph.keys()].some((file) => readFileSync(join(root, file), 'utf8').includes(`'${name}'`));
    expect(Object.keys(installed).filter((name) => !names.has(name) && !mentioned(name))).toEqual([]);
  });

  it('that the rooms import are installed with this one', () => {
    const wanted = used.filter(({ file, typeOnly }) => !typeOnly && !file.startsWith('bench/'));
    expect(wanted.filter(({ specifier }) => installed[packageOf(specifier)] === undefined)).toEqual([]);
  });

  it('have the names that are imported of them, as Node sees them without a bundler', async () => {
    const statements = [...graph.keys(), ...sourcesOf('bench')].flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/^import (?!type\b)([^;]*?)from '([^.'][^']*)';/gm)].map(
        ([, names = '', specifier = '']) => {
          const values = names.replaceAll(/\btype [\w ]+,?/g, '').replaceAll(/\b([\w$]+) as [\w$]+/g, '$1');
          return `import(${JSON.stringify(specifier)}).then((all) => ${JSON.stringify([...values.matchAll(/[{,]\s*(\w+)/g)].map(([, name]) => name))}.filter((name) => !(name in all)).forEach((name) => console.log(${JSON.stringify(`${file}: ${specifier} has no `)} + name)));`;
        },
      ),
    );
    expect(statements.length).toBeGreaterThan(100);
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', statements.join('\n')], {
      cwd: root,
    });
    expect(stdout).toBe('');
  });
});

it('every exported function and value is used by something other than a test', () => {
  const scripts = readdirSync(join(root, 'scripts'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => join('scripts', name));
  const texts = [...graph.keys(), ...sourcesOf('bench'), ...scripts].map(
    (file) => [file, readFileSync(join(root, file), 'utf8')] as const,
  );
  const unused = texts.flatMap(([file, text]) =>
    [...text.matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => {
        const word = new RegExp(`\\b${name}\\b`, 'g');
        // In its own file it stands where it is defined.
        return !texts.some(([other, content]) => (content.match(word)?.length ?? 0) > (other === file ? 1 : 0));
      })
      .map((name) => `${file}: ${name}`),
  );
  // docker-compose.yml has them in its text; a test holds it to them.
  const composed = ['stack/docker/files.ts: postgresCommand', 'stack/docker/places.ts: METRICS_PORT'];
  expect(unused).toEqual(composed);
});
