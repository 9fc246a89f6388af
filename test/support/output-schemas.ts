import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { packageRoot } from '../../core/package-root.ts';

const folder = join(packageRoot(), 'cli', 'output-schemas');
const read = (name: string): { readonly $id: string } =>
  JSON.parse(readFileSync(join(folder, `${name}.schema.json`), 'utf8'));

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
const common = read('common');
ajv.addSchema(common);
const compiled = new Map<string, ValidateFunction>();

/** Names of the commands whose JSON document is described: `offsets-get`. */
export const describedCommands = (): string[] =>
  readdirSync(folder)
    .map((file) => file.replace('.schema.json', ''))
    .filter((name) => name !== 'common')
    .sort();

function validator(name: string): ValidateFunction {
  const validate = compiled.get(name) ?? ajv.compile(name === 'error' ? ERROR : read(name));
  compiled.set(name, validate);
  return validate;
}

const ERROR = { $ref: `${common.$id}#/definitions/error` };

/** Throws when what a command printed for `-o json` is not as its published schema says. Other command lines pass. */
export function requireDescribed(args: readonly string[], stdout: string): void {
  const wantsJson = args.some(
    (word, index) => word === 'json' && /^(-o|--output|--format)$/.test(args[index - 1] ?? ''),
  );
  if (!wantsJson || stdout === '') return;
  const words = args.slice(0, 2).filter((word) => /^[a-z-]+$/.test(word) && !word.startsWith('-'));
  const aliased = words.map((word) => (word === 'diff' ? 'plan' : word));
  const name = [aliased.join('-'), aliased[0] ?? ''].find((one) => existsSync(join(folder, `${one}.schema.json`)));
  for (const document of documentsOf(stdout)) {
    const isError = typeof document === 'object' && document !== null && 'error' in document;
    if (!isError && name === undefined) throw new Error(`no schema of ${args.join(' ')} in cli/output-schemas`);
    const validate = validator(isError ? 'error' : (name ?? ''));
    if (validate(document)) continue;
    const problems = (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
    throw new Error(
      `connect ${args.join(' ')}: its JSON is not as cli/output-schemas says\n${problems.join('\n')}\n${stdout}`,
    );
  }
}

/** One document, or one a line. */
function documentsOf(stdout: string): unknown[] {
  try {
    return [JSON.parse(stdout)];
  } catch {
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  }
}
