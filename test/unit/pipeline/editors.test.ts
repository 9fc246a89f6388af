import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { getLanguageService } from 'yaml-language-server';
import { TextDocument } from 'yaml-language-server/out/server/src/languageservice/jsonLanguageTypes.js';
import { packageRoot } from '../../../core/package-root.ts';

const root = packageRoot();
const idOf = (file: string) => (JSON.parse(readFileSync(join(root, file), 'utf8')) as { $id: string }).$id;

/** The language server of an editor without a network: of the package's addresses it knows what the package holds. */
function editor() {
  const asked: string[] = [];
  const service = getLanguageService({
    schemaRequestService: async (uri) => {
      const path = uri.startsWith('file:')
        ? fileURLToPath(uri)
        : join(root, uri.replace(/^https:\/\/cdn\.jsdelivr\.net\/npm\/[^/]+\//, ''));
      asked.push(relative(root, path));
      if (!existsSync(path)) throw new Error(`no network: ${uri}`);
      return readFileSync(path, 'utf8');
    },
    workspaceContext: { resolveRelativePath: (path, resource) => new URL(path, resource).href },
  });
  service.configure({ validate: true, hover: true, completion: true });
  return { service, asked };
}

let version = 0;
/** The server keeps what it has read of one version. */
function documentOf(file: string, lines: string) {
  version += 1;
  return TextDocument.create(pathToFileURL(join(root, file)).href, 'yaml', version, lines);
}

/** What it says of a text: each problem with the line that it stands in. */
async function problemsIn(file: string, lines: string): Promise<string[]> {
  const found = await editor().service.doValidation(documentOf(file, lines), false);
  return found.map(({ range, message, source }) => `${range.start.line + 1} ${message} (${source})`);
}

/** The document with a cut where `|` stands. */
function cut(file: string, lines: string) {
  const document = documentOf(file, lines.replace('|', ''));
  return { document, position: document.positionAt(lines.indexOf('|')) };
}

const header = (schema: string) => `# yaml-language-server: $schema=${schema}\n`;
const text = (file: string) => readFileSync(join(root, file), 'utf8');

it.each(['connect.yaml', 'connectors/positions.yaml', 'connectors/funding_payments.yaml'])(
  '%s names its schema, and an editor finds nothing wrong in it and asks for no second file',
  async (file) => {
    const { service, asked } = editor();
    expect(await service.doValidation(documentOf(file, text(file)), false)).toEqual([]);
    const schema = file === 'connect.yaml' ? 'environment' : 'definition';
    expect(asked).toEqual([`pipeline/${schema}.schema.json`]);
  },
);

it.each([
  ['connect.yaml', 'pipeline/environment.schema.json'],
  ['connectors/positions.yaml', 'pipeline/definition.schema.json'],
])('an editor may be given the address in place of a path: %s', async (file, schema) => {
  const lines = text(file).replace(/^# yaml-language-server.*\n/, header(idOf(schema)));
  expect(await problemsIn(file, lines)).toEqual([]);
  expect(await problemsIn(file, `${lines}\nnonsense: 1\n`)).toEqual([
    expect.stringMatching(/Property nonsense is not allowed/),
  ]);
});

it('an editor marks a wrong key, says a form in words, and knows the keys of both targets', async () => {
  const definition = text('connectors/positions.yaml')
    .replace('  tasksMax: 2', '  taskMax: 2')
    .replace('name: public.positions', 'name: Positions')
    .replace('retention.ms: 604800000', 'retention.ms: [1]');
  const line = (part: string) => definition.split('\n').findIndex((one) => one.includes(part)) + 1;
  expect(await problemsIn('connectors/positions.yaml', definition)).toEqual([
    expect.stringMatching(`^${line('retention.ms')} Incorrect type. Expected .string \\| integer \\| boolean`),
    expect.stringMatching(`^${line('Positions')} .*pattern.*schema-qualified and in lower case .*public\\.positions`),
    expect.stringMatching(`^${line('taskMax')} Property taskMax is not allowed`),
  ]);
  const msk = `${header('pipeline/environment.schema.json')}default: a\nenvironments:\n  a:\n    connect:\n      target: msk\n      regoin: x\n`;
  expect((await problemsIn('connect.yaml', msk)).join('\n')).toMatch(/Property regoin is not allowed/);
});

it('an editor completes keys and values', async () => {
  const labels = async (file: string, lines: string) => {
    const { document, position } = cut(file, lines);
    const { items } = await editor().service.doComplete(document, position, false);
    return items.map(({ label }) => label);
  };
  const definition = header('../pipeline/definition.schema.json');
  expect(await labels('connectors/a.yaml', `${definition}sink:\n  name: a\n  ta|\n`)).toContain('tasksMax');
  expect(await labels('connectors/a.yaml', `${definition}sink:\n  onUndecodable: |\n`)).toEqual(
    expect.arrayContaining(['fail', 'dlq']),
  );
  const environment = `${header('pipeline/environment.schema.json')}default: a\nenvironments:\n  a:\n`;
  expect(await labels('connect.yaml', `${environment}    database:\n      pa|\n`)).toContain('password');
  expect(await labels('connect.yaml', `${environment}    connect:\n      target: msk\n      re|\n`)).toContain(
    'region',
  );
});

it('an editor tells what a key is for and what its value looks like', async () => {
  const hover = async (file: string, lines: string) => {
    const { document, position } = cut(file, lines);
    return JSON.stringify(await editor().service.doHover(document, position));
  };
  const definition = header('../pipeline/definition.schema.json');
  const table = await hover('connectors/a.yaml', `${definition}table:\n  na|me: public.a\n`);
  expect(table).toContain('The table, schema-qualified.');
  expect(table).toContain('the sink writes unquoted names');
  const environment = header('pipeline/environment.schema.json');
  expect(await hover('connect.yaml', `${environment}def|ault: local\n`)).toContain('when -e is left out');
});
