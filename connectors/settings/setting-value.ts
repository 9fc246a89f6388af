import { holdsReference } from '../../core/reference.ts';
import { didYouMean } from '../../pipeline/did-you-mean.ts';
import type { ConnectorKeys, KeyDefinition } from './connector-keys.ts';

/**
 * The words that an enumerated setting of the sink knows, from the connector's own classes. The worker's validation does
 * not check them: it has nothing against `insert.mode=upsrt`, and then every task fails.
 */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'insert.mode': ['insert', 'upsert', 'update'],
  'primary.key.mode': ['none', 'kafka', 'record_key', 'record_value', 'record_header'],
  'schema.evolution': ['none', 'basic'],
  'errors.tolerance': ['none', 'all'],
  'config.action.reload': ['none', 'restart'],
};

const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  SHORT: [-(2n ** 15n), 2n ** 15n - 1n],
  INT: [-(2n ** 31n), 2n ** 31n - 1n],
  LONG: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** What is wrong with a setting's value by its type, its bounds and its words; undefined when nothing is. */
export function valueProblem(keys: ConnectorKeys, definition: KeyDefinition, value: string): string | undefined {
  if (holdsReference(value)) return undefined;
  const words = WORDS[definition.name];
  if (words !== undefined && !words.includes(value)) return oneOf(words, value);
  switch (definition.type) {
    case 'BOOLEAN':
      return /^(true|false)$/i.test(value) ? undefined : 'must be true or false';
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return numberProblem(definition, value);
    case 'DOUBLE':
      return value.trim() !== '' && Number.isFinite(Number(value)) ? undefined : 'must be a number';
    case 'CLASS':
      return classProblem(keys, definition, value);
    default:
      return wordProblem(definition, value);
  }
}

function numberProblem({ type, valid }: KeyDefinition, value: string): string | undefined {
  if (!/^[+-]?\d+$/.test(value.trim())) return 'must be a whole number';
  const number = BigInt(value.trim());
  const [lowest, highest] = RANGES[type] ?? [number, number];
  if (number < lowest || number > highest) return `must be between ${lowest} and ${highest}`;
  const [, least, most] = /^\[(-?\d+),\.\.\.(?:,(-?\d+))?\](?: or (-?\d+))?$/.exec(valid ?? '') ?? [];
  if (least === undefined || valid?.endsWith(` or ${number}`)) return undefined;
  if (number < BigInt(least)) return `must be at least ${least}`;
  return most !== undefined && number > BigInt(most) ? `must be at most ${most}` : undefined;
}

/** Only for the places where a class of ours or Connect's belongs: others are the user's business. */
function classProblem(keys: ConnectorKeys, { name }: KeyDefinition, value: string): string | undefined {
  if (name === 'connector.class') {
    return value === keys.connectorClass ? undefined : `must be ${keys.connectorClass}`;
  }
  if (!/^((key|value|header)\.converter|type)$/.test(name) || keys.plugins.has(value)) return undefined;
  const classes = [...keys.plugins.keys()];
  return `is no plugin of the pinned worker${didYouMean(value, classes)}`;
}

function wordProblem({ type, valid = '' }: KeyDefinition, value: string): string | undefined {
  const [, insensitive, list] = /^(\(case insensitive\) )?\[([A-Za-z_][\w, -]*)\]$/.exec(valid) ?? [];
  if (list === undefined) return undefined;
  const allowed = list.split(', ');
  const fold = (word: string): string => (insensitive === undefined ? word : word.toLowerCase());
  const given = type === 'LIST' ? value.split(',').map((word) => word.trim()) : [value];
  const wrong = given.find((word) => word !== '' && !allowed.some((one) => fold(one) === fold(word)));
  return wrong === undefined ? undefined : oneOf(allowed, wrong);
}

const oneOf = (allowed: readonly string[], value: string): string =>
  `must be one of ${allowed.join(', ')}${didYouMean(value, allowed)}`;
