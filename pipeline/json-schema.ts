import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { packageFile } from '../core/package-root.ts';
import { didYouMean, nearest } from './did-you-mean.ts';
import type { Problem } from './finding.ts';
import type { Path, YamlFile } from './yaml-file.ts';

export type SchemaName = 'definition' | 'environment';

const validators = new Map<SchemaName, ValidateFunction>();

function validatorOf(name: SchemaName): ValidateFunction {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    // Each costs every command more than it is worth: a test holds the schemas against their meta-schema, and the code runs once.
    meta: false,
    validateSchema: false,
    code: { optimize: false },
  });
  const validate = ajv.compile(JSON.parse(packageFile(`pipeline/${name}.schema.json`)) as object);
  validators.set(name, validate);
  return validate;
}

/**
 * Checks a file against its JSON Schema and fills in the schema's defaults: the schema is the one place they are written.
 * Returns every problem; `file.data` is complete when there are none.
 */
export function validateFile(name: SchemaName, file: YamlFile): Problem[] {
  const validate = validatorOf(name);
  if (validate(file.data)) return [];
  const errors = validate.errors ?? [];
  const excused = excusedRequirements(errors);
  const told = alternativesTold(errors);
  return errors
    .filter((error) => error.keyword !== 'if' && error.propertyName === undefined)
    .filter((error) => !excused(error) && !told(error))
    .map((error) => toProblem(error, file));
}

function toProblem(error: ErrorObject, file: YamlFile): Problem {
  const path = pathOf(error.instancePath);
  const where = path.length === 0 ? 'the file' : dotted(path);
  const { params, parentSchema } = error;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      const allowed = Object.keys((parentSchema?.properties ?? {}) as object);
      const list = `allowed: ${allowed.join(', ')}${didYouMean(key, knownKeys(error))}`;
      return file.problemAtKey([...path, key], `unknown key "${key}"; ${list}`);
    }
    case 'required':
      return file.problemAtKey(path, `${where} lacks "${params.missingProperty}"${describe(error)}`);
    case 'dependencies':
      return file.problemAtKey(path, `${where} has "${params.property}" but lacks "${params.deps}"`);
    case 'propertyNames': {
      const key = String(params.propertyName);
      const rule = (error.schema as { title?: string }).title ?? 'another name';
      return file.problemAtKey([...path, key], `the name "${key}" is not allowed here; allowed: ${rule}`);
    }
    default:
      return file.problemAt(path, `${where} ${COMPLAINTS[error.keyword]?.(error) ?? error.message ?? 'is not valid'}`);
  }
}

/** What is wrong with a value and what is allowed. Values are only quoted where they can hold no secret: enumerations and numbers. */
const COMPLAINTS: Readonly<Record<string, (error: ErrorObject) => string>> = {
  type: ({ params, data }) => `must be ${types(params.type)}, not ${typeName(data)}`,
  enum: ({ params, data }) => {
    const allowed = (params.allowedValues as unknown[]).map(String);
    const guess = typeof data === 'string' ? didYouMean(data, allowed) : '';
    return `must be ${allowed.length === 1 ? '' : 'one of '}${allowed.join(', ')}${guess}`;
  },
  anyOf: ({ schema, data }) => {
    const alternatives = (schema as { type?: string }[]).map(({ type }) => type ?? 'object');
    return `must be ${types(alternatives)}, not ${typeName(data)}`;
  },
  pattern: ({ parentSchema }) => `is not in the right form${allowedText(parentSchema)}`,
  minimum: ({ params, data }) => `must be at least ${params.limit}, not ${data}`,
  maximum: ({ params, data }) => `must be at most ${params.limit}, not ${data}`,
  minLength: ({ params: { limit } }) => (limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`),
  maxLength: ({ params }) => `must have at most ${params.limit} characters`,
  maxProperties: ({ params }) => `must have at most ${params.limit} entries`,
  minItems: () => 'must not be empty; at least one entry',
  minProperties: ({ params: { limit } }) =>
    limit === 1 ? 'must not be empty; at least one entry' : `must have at least ${limit} entries`,
  uniqueItems: () => 'holds an entry twice',
};

/** The title of a pattern says in words what it allows: here, and in editors. */
const allowedText = (schema: unknown): string => {
  const text = (schema as { title?: string } | undefined)?.title;
  return text === undefined ? '' : `; allowed: ${text}`;
};

function describe(error: ErrorObject): string {
  const properties = (error.parentSchema?.properties ?? {}) as Record<string, { description?: string }>;
  const text = properties[String(error.params.missingProperty)]?.description;
  return text === undefined ? '' : ` (${text.replace(/\.$/, '')})`;
}

/** Keys that a misspelt one may have meant; at an environment both of its forms count. */
function knownKeys(error: ErrorObject): string[] {
  const own = Object.keys((error.parentSchema?.properties ?? {}) as object);
  return isEnvironment(error) ? [...own, 'stack'] : own;
}

const isEnvironment = (error: ErrorObject): boolean => /^\/environments\/[^/]+$/.test(error.instancePath);

/**
 * A misspelt key is one problem, not two: the key it meant is not also reported as missing.
 * Who misspells `stack` meant the other form of an environment, so none of this form's keys is missing.
 */
function excusedRequirements(errors: readonly ErrorObject[]): (error: ErrorObject) => boolean {
  const meant = new Set<string>();
  for (const error of errors) {
    if (error.keyword !== 'additionalProperties') continue;
    const guess = nearest(String(error.params.additionalProperty), knownKeys(error));
    if (guess !== undefined) meant.add(`${error.instancePath}/${guess}`);
  }
  return (error) =>
    error.keyword === 'required' &&
    (meant.has(`${error.instancePath}/${String(error.params.missingProperty)}`) ||
      (isEnvironment(error) && meant.has(`${error.instancePath}/stack`)));
}

/**
 * Of a value that is none of its alternatives, one problem tells: what is wrong with it as one of them, else that it has
 * the type of none.
 */
function alternativesTold(errors: readonly ErrorObject[]): (error: ErrorObject) => boolean {
  const choices = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath);
  const isType = ({ keyword, instancePath }: ErrorObject) => keyword === 'type' && choices.includes(instancePath);
  const isMore = (error: ErrorObject, choice: string) =>
    error.keyword !== 'anyOf' &&
    !isType(error) &&
    (error.instancePath === choice || error.instancePath.startsWith(`${choice}/`));
  return (error) =>
    isType(error) || (error.keyword === 'anyOf' && errors.some((other) => isMore(other, error.instancePath)));
}

const pathOf = (pointer: string): Path =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** `environments.local.kafka.brokers[0]` */
const dotted = (path: Path): string =>
  path.map((step, index) => (/^\d+$/.test(String(step)) ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a map of keys',
  array: 'a list',
};

const types = (type: unknown): string =>
  [type]
    .flat()
    .map((name) => TYPE_NAMES[String(name)] ?? String(name))
    .join(' or ');

function typeName(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'number' ? 'a number' : 'text';
}
