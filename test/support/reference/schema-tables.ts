import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What these documents read of a JSON Schema of draft-07. */
interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly then?: Schema;
  readonly else?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

interface Place {
  readonly file: string;
  readonly schema: Schema;
}

const fileOf = (path: string): Schema => JSON.parse(readFileSync(path, 'utf8')) as Schema;

/** Follows references. What stands beside one wins over what it leads to. */
function resolved({ file, schema }: Place): Place {
  if (schema.$ref === undefined) return { file, schema };
  const [path = '', pointer = ''] = schema.$ref.split('#');
  const target = path === '' ? file : join(dirname(file), basename(path));
  const steps = pointer.split('/').filter((step) => step !== '');
  const found = steps.reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], fileOf(target));
  const { $ref: _, ...beside } = schema;
  const whole = resolved({ file: target, schema: found as Schema });
  return { file: whole.file, schema: { ...whole.schema, ...beside } };
}

const branchesOf = (schema: Schema): Schema[] =>
  [schema.else, schema.then, ...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(
    (one) => one !== undefined,
  );

/** An object's shapes: itself, or each of its branches. */
const shapesOf = (place: Place): Place[] => {
  const { file, schema } = resolved(place);
  const branches = branchesOf(schema);
  if (branches.length === 0 || schema.properties !== undefined) return [{ file, schema }];
  return branches.flatMap((branch) => shapesOf({ file, schema: branch }));
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

function typeOf(place: Place): string {
  const { file, schema } = resolved(place);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  const types = [schema.type ?? []].flat();
  const branches = types.length > 0 ? [] : branchesOf(schema);
  if (branches.length > 0) {
    return [...new Set(branches.map((branch) => typeOf({ file, schema: branch })))]
      .filter((one) => one !== '')
      .join(' or ');
  }
  if (types.includes('array') && schema.items !== undefined) return `list of ${typeOf({ file, schema: schema.items })}`;
  const named = types.length === 0 && schema.properties !== undefined ? ['object'] : types;
  return named.join(' or ');
}

/** The key that stands for any: `environments.NAME`. */
const ANY = 'NAME';

function rowsOf(place: Place, path: string, seen: Set<string>): string[] {
  const shapes = shapesOf(place);
  // What only one of several branches demands can be left out in another.
  const isRequired = (name: string): boolean => shapes.every(({ schema }) => schema.required?.includes(name) === true);
  return shapes.flatMap(({ file, schema }) => {
    const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) =>
      keyRows({ file, schema: property }, `${path}${name}`, isRequired(name), seen),
    );
    const { additionalProperties: others, items } = schema;
    const any = typeof others === 'object' ? rowsOf({ file, schema: others }, `${path}${ANY}.`, seen) : [];
    const inItems = items === undefined ? [] : rowsOf({ file, schema: items }, `${path.slice(0, -1)}[].`, seen);
    return [...own, ...any, ...inItems];
  });
}

function keyRows(place: Place, path: string, isRequired: boolean, seen: Set<string>): string[] {
  const { file, schema } = resolved(place);
  const deeper = rowsOf({ file, schema }, `${path}.`, seen);
  const row = rowOf({ file, schema }, path, isRequired);
  // Branches of one object share keys; each is told once.
  if (seen.has(path)) return deeper;
  seen.add(path);
  return [row, ...deeper];
}

function rowOf(place: Place, path: string, isRequired: boolean): string {
  const { schema } = place;
  const [example] = schema.examples ?? [];
  const notes = [
    schema.description ?? '',
    schema.default === undefined ? '' : `Default: ${code(schema.default)}.`,
    example === undefined || schema.enum !== undefined ? '' : `Example: ${code(example)}.`,
  ].filter((note) => note !== '');
  return `| \`${path}\`${isRequired ? ' *' : ''} | ${cell(typeOf(place))} | ${cell(notes.join(' '))} |`;
}

/** A table of every key that a JSON Schema knows, or one of its definitions; `*` marks those that must be given. */
export function keyTable(path: string, definition?: string): string[] {
  const whole = fileOf(path);
  const schema = definition === undefined ? whole : (whole.definitions?.[definition] ?? {});
  return ['| key | type | what it is |', '|---|---|---|', ...rowsOf({ file: path, schema }, '', new Set())];
}

/** The title of a JSON Schema. */
export const titleOf = (path: string): string => fileOf(path).title ?? '';
