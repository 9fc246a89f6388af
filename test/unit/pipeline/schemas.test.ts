import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';

const folder = join(packageRoot(), 'pipeline');
const schemas = readdirSync(folder).filter((name) => name.endsWith('.schema.json'));

test.each(schemas)('%s is a valid JSON Schema', (name) => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const schema = JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;
  expect(ajv.validateSchema(schema)).toBe(true);
});
