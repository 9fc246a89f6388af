import * as kafka from '@aws-sdk/client-kafka';
import * as kafkaConnect from '@aws-sdk/client-kafkaconnect';

// biome-ignore lint/suspicious/noExplicitAny: a document of the service, held to the SDK's schema instead of a type
export type Json = Record<string, any>;

/**
 * MSK Connect's contract as the SDK itself carries it: routes, members, types and what is required. The arrays' layout is the
 * SDK's own business, so a test holds it to what is assumed here.
 */
export interface SdkOperation {
  readonly name: string;
  readonly method: string;
  /** `/v1/connectors/{connectorArn}` cut at the slashes. */
  readonly segments: readonly string[];
  readonly input: Structure;
  readonly output: Structure;
}

/** `[3, namespace, name, traits, members, types, number of required members, which come first]` */
export type Structure = readonly [3, string, string, unknown, readonly string[], readonly unknown[], number?];

const OPERATION = 9;
const SIMPLE = 0;
const LIST = 1;
const MAP = 2;
const STRUCTURE = 3;
const LIST_OF_STRINGS = 64;
const MAP_OF_STRINGS = 128;

const operationsOf = (sdk: object): SdkOperation[] =>
  Object.values(sdk)
    .filter((value: unknown): boolean => Array.isArray(value) && value[0] === OPERATION)
    .map((schema: unknown) => {
      const [, , name, traits, input, output] = schema as [
        9,
        string,
        string,
        { http: [string, string, number] },
        () => Structure,
        () => Structure,
      ];
      const [method, path] = traits.http;
      return { name, method, segments: path.split('/').slice(1), input: input(), output: output() };
    });

/** Every operation of MSK Connect. */
export const sdkOperations: readonly SdkOperation[] = operationsOf(kafkaConnect);

/** The operations of MSK that are about topics. */
export const topicOperations: readonly SdkOperation[] = operationsOf(kafka).filter(({ name }) => /Topics?$/.test(name));

interface Member {
  readonly type: unknown;
  /** Where in a request it travels. */
  readonly place: 'path' | 'query' | 'body';
  /** The name that it travels by; undefined: its own. */
  readonly wireName: string | undefined;
}

/** A member's type without its traits, and how it travels. */
function memberOf(schema: unknown): Member {
  const isTraited = Array.isArray(schema) && schema.length === 2 && typeof schema[0] !== 'string';
  const [type, traits] = isTraited ? schema : [schema, 0];
  if (traits === 1) return { type, place: 'path', wireName: undefined };
  const { httpQuery, jsonName } = (typeof traits === 'object' ? traits : {}) as {
    httpQuery?: string;
    jsonName?: string;
  };
  return { type, place: httpQuery === undefined ? 'body' : 'query', wireName: httpQuery ?? jsonName };
}

/** A document of the wire with the SDK's names: MSK writes `topicName` for TopicName. */
export const fromWire = (schema: unknown, value: unknown): unknown =>
  renamed(schema, value, (member, wireName) => [wireName, member]);

/** The opposite of `fromWire`. */
export const toWire = (schema: unknown, value: unknown): unknown =>
  renamed(schema, value, (member, wireName) => [member, wireName]);

function renamed(
  schema: unknown,
  value: unknown,
  pair: (member: string, wireName: string) => readonly [from: string, to: string],
): unknown {
  const parts = resolved(schema);
  if (typeof parts === 'number') return value;
  if (parts[0] === LIST && Array.isArray(value)) return value.map((item) => renamed(parts[4], item, pair));
  if (parts[0] !== STRUCTURE || !isObject(value)) return value;
  const [, , , , members, types] = parts as unknown as Structure;
  const names = new Map(
    members.map((member, index) => {
      const [from, to] = pair(member, memberOf(types[index]).wireName ?? member);
      return [from, { to, type: types[index] }] as const;
    }),
  );
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const known = names.get(key);
      return known === undefined ? [key, item] : [known.to, renamed(known.type, item, pair)];
    }),
  );
}

function resolved(schema: unknown): number | readonly unknown[] {
  const type = typeof schema === 'function' ? (schema as () => unknown)() : memberOf(schema).type;
  return (typeof type === 'function' ? (type as () => unknown)() : type) as number | readonly unknown[];
}

/** Where each member of a request travels, by the name that it travels by. */
export const placesOf = ([, , , , members, types]: Structure): Record<string, Member['place']> =>
  Object.fromEntries(
    members.map((member, index) => {
      const { place, wireName = member } = memberOf(types[index]);
      return [wireName, place];
    }),
  );

/** What a value has against a schema: unknown and missing members, and wrong types. */
export function sdkProblems(schema: unknown, value: unknown, path = ''): string[] {
  const parts = resolved(schema);
  if (typeof parts === 'number') return simpleProblems(parts, value, path);
  switch (parts[0]) {
    case SIMPLE:
      return simpleProblems(Number(parts[4]), value, path);
    case LIST:
      return Array.isArray(value)
        ? value.flatMap((item, index) => sdkProblems(parts[4], item, `${path}[${index}]`))
        : [`${path} is no list`];
    case MAP:
      return isObject(value)
        ? Object.entries(value).flatMap(([key, item]) => sdkProblems(parts[5], item, `${path}.${key}`))
        : [`${path} is no map`];
    case STRUCTURE:
      return structureProblems(parts as unknown as Structure, value, path);
    default:
      throw new Error(`the SDK's schema of ${path} is of a kind that is not known here: ${String(parts[0])}`);
  }
}

function structureProblems(schema: Structure, value: unknown, path: string): string[] {
  const [, , name, , members, types, required = 0] = schema;
  if (!isObject(value)) return [`${path} is no ${name}`];
  return [
    ...Object.keys(value)
      .filter((key) => !members.includes(key))
      .map((key) => `${name} has no member ${key}`),
    ...members
      .slice(0, required)
      .filter((key) => value[key] === undefined)
      .map((key) => `${name} lacks ${key}`),
    ...members.flatMap((key, index) =>
      value[key] === undefined ? [] : sdkProblems(types[index], value[key], `${path}.${key}`),
    ),
  ];
}

const TYPES: Readonly<Record<number, string>> = { 0: 'string', 1: 'number', 2: 'boolean', 5: 'string' };

function simpleProblems(type: number, value: unknown, path: string): string[] {
  if (type === LIST_OF_STRINGS)
    return Array.isArray(value) && value.every((item) => typeof item === 'string')
      ? []
      : [`${path} is no list of texts`];
  if (type === MAP_OF_STRINGS)
    return isObject(value) && Object.values(value).every((item) => typeof item === 'string')
      ? []
      : [`${path} is no map of texts`];
  const expected = TYPES[type];
  if (expected === undefined) throw new Error(`the SDK's type ${type} of ${path} is not known here`);
  return typeof value === expected ? [] : [`${path} is no ${expected}`];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
