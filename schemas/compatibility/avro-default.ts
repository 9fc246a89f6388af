import type { Finding } from '../../pipeline/finding.ts';
import { type AvroDoc, type AvroType, describe, type TypeUse } from './avro-model.ts';

/**
 * Defaults of a schema that do not fit their type. Readers fill absent fields with them, and most Avro libraries
 * refuse such a schema outright; registries let many of them pass.
 */
export function checkDefaults(doc: AvroDoc): Finding[] {
  const findings: Finding[] = [];
  for (const type of doc.types.values()) {
    if (type.kind !== 'record') continue;
    for (const field of type.fields) {
      const problem = field.default === undefined ? undefined : defaultProblem(field.use, field.default.value);
      if (problem === undefined) continue;
      const at = [...field.at, 'default'];
      findings.push({
        rule: 'DEFAULT_INVALID',
        path: doc.displayPath(at),
        ...doc.placeOf(at),
        message: `the default of ${field.name} does not fit its type: ${problem}; readers refuse the schema, or fail on the first record without the field`,
        remedy: remedyFor(field.use, field.default?.value),
        severity: 'error',
      });
    }
  }
  return findings;
}

/** Why a JSON value is no default of a type, or undefined when it is one. */
export function defaultProblem(use: TypeUse, value: unknown): string | undefined {
  const { type } = use;
  switch (type.kind) {
    case 'union': {
      // Avro up to 1.11, and avsc to this day, take a union's default from its first branch only.
      const [first] = type.branches;
      return first === undefined ? 'an empty union has no values' : defaultProblem(first, value);
    }
    case 'array':
      if (!Array.isArray(value)) return mismatch(use, value);
      return firstProblem(value.map((item) => defaultProblem(type.items, item)));
    case 'map':
      if (!isObject(value)) return mismatch(use, value);
      return firstProblem(Object.values(value).map((item) => defaultProblem(type.values, item)));
    case 'record':
      if (!isObject(value)) return mismatch(use, value);
      return firstProblem(
        type.fields.map((field) => {
          if (field.name in value) return defaultProblem(field.use, value[field.name]);
          return field.default === undefined ? `field ${field.name} of ${type.name} is missing` : undefined;
        }),
      );
    case 'enum':
      return type.symbols.some((symbol) => symbol === value) ? undefined : mismatch(use, value);
    default:
      return fits(type, value) ? undefined : mismatch(use, value);
  }
}

function fits(
  type: Exclude<AvroType, { kind: 'union' | 'array' | 'map' | 'record' | 'enum' }>,
  value: unknown,
): boolean {
  switch (type.kind) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31 && value !== 2 ** 31;
    case 'long':
      return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 63 && value !== 2 ** 63;
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return isByteText(value);
    case 'fixed':
      return isByteText(value) && value.length === type.size;
  }
}

function remedyFor({ type }: TypeUse, value: unknown): string {
  if (type.kind === 'union') {
    const branch = type.branches.find((candidate) => defaultProblem(candidate, value) === undefined);
    if (branch !== undefined) {
      return `put ${describe(branch)} first in the union: a union's default belongs to its first branch`;
    }
  }
  return 'give a default of the field’s own type; for an optional field ["null", …] with default null';
}

/** Bytes stand in JSON as characters of one byte each. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is exactly the 256 byte values
const isByteText = (value: unknown): value is string => typeof value === 'string' && /^[\u0000-\u00ff]*$/.test(value);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mismatch = (use: TypeUse, value: unknown): string => `${JSON.stringify(value)} is no ${describe(use)}`;

const firstProblem = (problems: readonly (string | undefined)[]): string | undefined =>
  problems.find((problem) => problem !== undefined);
