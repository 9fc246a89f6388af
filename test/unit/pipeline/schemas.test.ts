import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it, test } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { isLocalReference, isReference } from '../../../core/reference.ts';

interface Ids {
  readonly schemaFiles: (root: string) => string[];
  readonly schemaId: (manifest: unknown, file: string) => string;
}
interface Schema {
  readonly $id: string;
  readonly definitions: Readonly<Record<string, object>>;
}

const { schemaFiles, schemaId } = (await import(
  new URL('../../../scripts/schema-ids.mjs', import.meta.url).href
)) as Ids;
const read = (file: string) => JSON.parse(readFileSync(join(packageRoot(), file), 'utf8')) as Schema;
const files = schemaFiles(`${packageRoot()}/`);
const common = read('cli/output-schemas/common.schema.json');

describe.each(files)('%s', (file) => {
  it('compiles in ajv as it comes, without a word; the documents of -o json with the schema that they share', () => {
    const said: unknown[] = [];
    const say = (...words: unknown[]) => said.push(...words);
    const ajv = new Ajv({ logger: { log: say, warn: say, error: say } });
    if (file.startsWith('cli/')) ajv.addSchema(common);
    expect(ajv.getSchema(read(file).$id) ?? ajv.compile(read(file))).toBeTypeOf('function');
    expect(said).toEqual([]);
  });

  it('has the address of this version of it', () => {
    const manifest = read('package.json');
    expect(read(file).$id, 'run `node scripts/schema-ids.mjs`').toBe(schemaId(manifest, file));
  });
});

it.each([
  ['environment', 'pipeline/environment.schema.json'],
  ['definition', 'pipeline/definition.schema.json'],
  ['output/offsets-get', 'cli/output-schemas/offsets-get.schema.json'],
  ['notification', 'operate/watch/notify/notification.schema.json'],
])('the package offers schemas/%s.json', (name, file) => {
  expect(createRequire(import.meta.url).resolve(`perps-connect/schemas/${name}.json`)).toBe(join(packageRoot(), file));
});

test.each([
  '<env:NAME>',
  '<env:a:NAME>',
  '<env::NAME>',
  '<env:9>',
  '<env:>',
  '<file:a/b.properties:key>',
  '<file:a:b:c>',
  '<file:a>',
  '<file::a>',
  '<file:a:>',
  '<secretsmanager:perps/db:password>',
  '<vault:x>',
  '<9:x>',
  'x<env:NAME>',
  '<env:NAME>x',
  '<env:A><env:B>',
  'password',
  '',
])('the schemas and the code agree on whether %s, in dollar and braces, is a reference', (text) => {
  const value = text.replace(/<([^>]*)>/g, (_all, inside: string) => `\${${inside}}`);
  const { secret = {}, workerSecret = {} } = read('pipeline/environment.schema.json').definitions;
  expect(new Ajv().validate(secret, value)).toBe(isLocalReference(value));
  expect(new Ajv().validate(workerSecret, value)).toBe(isReference(value));
});

test.each([
  ['http://registry.example.com:8081', true],
  ['https://registry.example.com/apis/ccompat/v7?a=b&c=%20#d', true],
  ['http://127.0.0.1', true],
  ['http://[::1]:8081/', true],
  ['http://', false],
  ['http:///path', false],
  ['http://a b', false],
  ['http://a:port', false],
  ['http://a/"quoted"<', false],
  ['ftp://a', false],
  ['registry:8081', false],
])('%s as a URL: %s', (value, isUrl) => {
  expect(new Ajv().validate(read('pipeline/environment.schema.json').definitions.httpUrl ?? {}, value)).toBe(isUrl);
});
