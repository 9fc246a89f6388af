import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

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

const roomOf = (file: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? relative(root, resolve(root, file, '..', specifier)).split('/')[0] : undefined;

const rooms = Object.keys(MAY_IMPORT).filter((room) =>
  readdirSync(root, { withFileTypes: true }).some((entry) => entry.isDirectory() && entry.name === room),
);

describe('the rooms', () => {
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
      .filter((file) => /\bconsole\.|process\.(env|argv|exit)\b/.test(readFileSync(join(root, file), 'utf8')));
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
      /\bprocess\.|from '(commander|node:readline\/promises)'/.test(readFileSync(join(root, file), 'utf8')),
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
